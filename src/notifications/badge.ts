import type { ITranslator } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { bundle, formatCount } from '../core/i18n';
import type { INotifications } from './types';

/** How many are unread, in the status bar: in words, since JupyterLab's bell beside it counts what is in its own list. */
export class UnreadBadge extends Widget {
  constructor(private readonly _options: UnreadBadge.IOptions) {
    super();
    this.addClass('cj-Unread');
    this._button = document.createElement('button');
    this._button.type = 'button';
    this._button.className = 'cj-Unread-button jp-StatusBar-TextItem';
    this._button.addEventListener('click', _options.open);
    this.node.append(this._button);
    _options.model.changed.connect(this._draw, this);
    this._draw();
  }

  /** Whether there is anything to be told. */
  get isActive(): boolean {
    return this._count > 0;
  }

  get activeChanged(): ISignal<this, void> {
    return this._activeChanged;
  }

  override dispose(): void {
    this._options.model.changed.disconnect(this._draw, this);
    Signal.clearData(this);
    super.dispose();
  }

  private _draw(): void {
    const { model, translator } = this._options;
    const count = model.unread;
    if (count === this._count) {
      return;
    }
    const wasActive = this.isActive;
    this._count = count;
    const trans = bundle(translator);
    const shown = formatCount(count, translator);
    // The languages' forms go by the number, and the number is written as they do.
    this._button.textContent = trans
      ._n('%1 unread', '%1 unread', count)
      .replace(String(count), shown);
    const label = trans
      ._n('%1 unread notification', '%1 unread notifications', count)
      .replace(String(count), shown);
    this._button.setAttribute('aria-label', label);
    this._button.title = trans.__('%1. Show all notifications', label);
    if (wasActive !== this.isActive) {
      this._activeChanged.emit();
    }
  }

  private readonly _activeChanged = new Signal<this, void>(this);
  private readonly _button: HTMLButtonElement;
  private _count = 0;
}

export namespace UnreadBadge {
  export interface IOptions {
    model: INotifications;
    translator: ITranslator;
    open: () => void;
  }
}
