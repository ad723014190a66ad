/** Matches the selector that JupyterLab's shortcuts for the selected file are bound to. */
const TEXT_CLASS = 'jp-DirListing-itemText';

/** Holds the keyboard focus while the row that has it is not drawn, so that shortcuts and arrow keys go on working. */
export class Sentinel {
  constructor(private readonly _parent: HTMLElement) {
    this._node = document.createElement('li');
    this._node.className = 'cj-Sentinel';
    this._node.setAttribute('role', 'presentation');
    this._text = document.createElement('span');
    this._text.className = TEXT_CLASS;
    this._text.tabIndex = -1;
    this._node.appendChild(this._text);
    // It is there only while it is needed: whoever counts names in the listing is to find none too many.
    this._text.addEventListener('blur', () => this._remove());
  }

  get hasFocus(): boolean {
    return document.activeElement === this._text;
  }

  focus(): void {
    this._parent.appendChild(this._node);
    this._text.focus({ preventScroll: true });
  }

  private _remove(): void {
    // Not during the event: removing a node that is losing the focus makes Chromium throw.
    queueMicrotask(() => {
      if (!this.hasFocus) {
        this._node.remove();
      }
    });
  }

  private readonly _node: HTMLElement;
  private readonly _text: HTMLElement;
}
