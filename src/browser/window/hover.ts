import type { IDisposable } from '@lumino/disposable';

/** How long the pointer rests on a row before its hover text is completed, in milliseconds: browsers show it later still. */
const HOVER_DELAY = 100;

/** Tells on which row the pointer rests. */
export class Hover implements IDisposable {
  constructor(
    private readonly _content: HTMLElement,
    private readonly _itemClass: string,
    private readonly _rests: (row: HTMLElement) => void
  ) {}

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this.detach();
    }
  }

  attach(): void {
    this._content.addEventListener('mouseover', this._onOver);
  }

  detach(): void {
    clearTimeout(this._timer);
    this._content.removeEventListener('mouseover', this._onOver);
  }

  private readonly _onOver = (event: Event): void => {
    const row = (event.target as Element).closest<HTMLElement>(
      `.${this._itemClass}`
    );
    clearTimeout(this._timer);
    if (row) {
      this._timer = window.setTimeout(() => this._rests(row), HOVER_DELAY);
    }
  };

  private _isDisposed = false;
  private _timer = -1;
}
