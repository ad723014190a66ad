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
    return (
      (error instanceof ApiError && this._reason(error.reason)) || error.message
    );
  }

  /** The server's sentence in the user's language, null for a reason that says little without it. */
  private _reason(reason: string): string | null {
    const path = this._options.view.path || '/';
    switch (reason) {
      case 'permission_denied':
        return this._trans.__(
          'You have no permission to list “%1”. Ask its owner for access.',
          path
        );
      case 'not_found':
        return this._trans.__(
          '“%1” does not exist. It may have been moved or deleted.',
          path
        );
      case 'not_a_directory':
        return this._trans.__('“%1” is not a folder.', path);
      case 'vanished':
        return this._trans.__(
          '“%1” was moved or deleted while it was read.',
          path
        );
      case 'not_answering':
        return this._trans.__(
          'The file system of “%1” does not answer. Try again in a moment.',
          path
        );
      case 'root_unavailable':
        return this._trans.__(
          'The root of “%1” is not available now. It is shown again as soon as it is back.',
          path
        );
      default:
        return null;
    }
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
