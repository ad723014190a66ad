import { ServerConnection } from '@jupyterlab/services';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { bundle } from '../core/i18n';
import { ApiError } from '../core/request';
import type { IDirectoryView } from '../core/tokens';

/** Says in the panel why rows are missing or old, with a way to try again. */
export class Problem extends Widget {
  constructor(private readonly _options: Problem.IOptions) {
    super();
    this.addClass('cj-Problem');
    this._trans = bundle(_options.translator);
    this.node.setAttribute('role', 'alert');
    this._text = document.createElement('span');
    this._text.className = 'cj-Problem-text';
    const retry = document.createElement('button');
    retry.className = 'cj-Problem-button';
    retry.textContent = this._trans.__('Retry');
    retry.addEventListener('click', () => {
      // What goes wrong again is told here again.
      void _options.retry().catch(() => undefined);
    });
    this.node.append(this._text, retry);
    this.hide();
    _options.view.changed.connect(this._onChanged, this);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._options.view.changed.disconnect(this._onChanged, this);
      super.dispose();
    }
  }

  protected override onUpdateRequest(msg: Message): void {
    const { error } = this._options.view;
    this._text.textContent = error ? this._describe(error) : '';
  }

  private _describe(error: Error): string {
    if (error instanceof ServerConnection.NetworkError) {
      return this._trans.__('The server does not answer.');
    }
    if (error instanceof ApiError && !error.reason && error.status === 404) {
      return this._trans.__(
        'The server half of cloudru-jlab is not running, so directories cannot be shown. Enable the server extension, or set the file browser to “stock” in the settings and reload.'
      );
    }
    return error.message;
  }

  private _onChanged(): void {
    const { error } = this._options.view;
    this.setHidden(!error);
    if (error) {
      this.update();
    }
  }

  private readonly _text: HTMLElement;
  private readonly _trans: TranslationBundle;
}

export namespace Problem {
  export interface IOptions {
    view: IDirectoryView;
    retry: () => Promise<void>;
    translator: ITranslator;
  }
}
