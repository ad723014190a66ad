import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { bundle } from '../../core/i18n';
import { iconOfRoot } from '../../core/icons';
import { whyClosed } from '../../core/rootpaths';
import type { IRoot, IRoots } from '../../core/tokens';

/** Chooses one of the roots in a dialog. Hidden where there is one alone. */
export class RootSelect extends Widget {
  constructor(private readonly _options: RootSelect.IOptions) {
    super({ node: document.createElement('label') });
    this.addClass('cj-RootSelect');
    this._trans = bundle(_options.translator);
    this._icon = document.createElement('span');
    this._icon.className = 'cj-RootSelect-icon';
    this._select = document.createElement('select');
    this._select.className = 'jp-mod-styled';
    const label = _options.label ?? this._trans.__('Root');
    this._select.setAttribute('aria-label', label);
    this._select.addEventListener('change', () => {
      const root = this._roots().find(
        ({ name }) => name === this._select.value
      );
      if (root) {
        this._chosen.emit(root);
      }
    });
    this.node.append(this._icon, this._select);
    _options.roots.changed.connect(this._draw, this);
    this._draw();
  }

  /** The user has chosen another root. */
  get chosen(): ISignal<this, IRoot> {
    return this._chosen;
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._options.roots.changed.disconnect(this._draw, this);
    Signal.clearData(this);
    super.dispose();
  }

  /** Show the root of a path as the chosen one. */
  showRootOf(path: string): void {
    this._path = path;
    const root = this._options.roots.rootOf(path)?.root;
    if (!root) {
      return;
    }
    this._select.value = root.name;
    this._icon.replaceChildren();
    iconOfRoot(root).element({
      container: this._icon,
      stylesheet: 'menuItem'
    });
  }

  private _draw(): void {
    const roots = this._roots();
    this.setHidden(roots.length < 2);
    this._select.replaceChildren(...roots.map(root => this._option(root)));
    this.showRootOf(this._path);
  }

  private _option(root: IRoot): HTMLOptionElement {
    const option = document.createElement('option');
    const closed = whyClosed(root, this._trans);
    option.value = root.name;
    option.textContent =
      root.state !== 'available'
        ? this._trans.__('%1 (not available)', root.title)
        : closed === null
          ? root.title
          : this._trans.__('%1 (read-only)', root.title);
    option.title = closed ?? '';
    option.disabled =
      root.state !== 'available' ||
      ((this._options.isForWriting ?? false) && closed !== null);
    return option;
  }

  private _roots(): readonly IRoot[] {
    return this._options.roots.roots;
  }

  private readonly _chosen = new Signal<this, IRoot>(this);
  private readonly _icon: HTMLElement;
  private _path = '';
  private readonly _select: HTMLSelectElement;
  private readonly _trans: TranslationBundle;
}

export namespace RootSelect {
  export interface IOptions {
    roots: IRoots;
    translator: ITranslator;
    label?: string;
    /** Whether read-only roots cannot be chosen. */
    isForWriting?: boolean;
  }
}
