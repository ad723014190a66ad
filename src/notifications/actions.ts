import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import { safeUrl } from './links';
import type { IAction, ILink, INotification } from './types';

/** The command of the history panel. */
export const SHOW_HISTORY = 'notifications:show-history';

/** What a reader may do about a notification: a closed list, in our words and with commands of our choice. */
export class Actions {
  constructor({ commands, trans }: Actions.IOptions) {
    this._commands = commands;
    this._trans = trans;
  }

  /** The words on the button; null for what this page does not know, and cannot do. */
  labelOf(action: IAction): string | null {
    const command = this._commandOf(action);
    const isThere = command === null || this._commands.hasCommand(command[0]);
    if (!isThere) {
      return null;
    }
    switch (action.kind) {
      case 'open':
        return action.path ? this._trans.__('Open') : null;
      case 'open_folder':
        return this._trans.__('Show in File Browser');
      case 'reload':
        return this._trans.__('Reload Page');
      case 'save_all':
        return this._trans.__('Save All');
      case 'show_notifications':
        return this._trans.__('Show All');
      default:
        return null;
    }
  }

  /** Rejects with the command's error. */
  async run(action: IAction): Promise<void> {
    if (this.labelOf(action) === null) {
      return;
    }
    const command = this._commandOf(action);
    if (command) {
      await this._commands.execute(...command);
    } else {
      // The browser asks when there is something unsaved.
      window.location.reload();
    }
  }

  private _commandOf({
    kind,
    path
  }: IAction): [string, Record<string, string | boolean>] | null {
    switch (kind) {
      case 'open':
        return ['docmanager:open', { path: path ?? '' }];
      case 'open_folder':
        return [
          'filebrowser:go-to-path',
          { path: `/${(path ?? '').replace(/^\/+/, '')}` }
        ];
      case 'save_all':
        return ['docmanager:save-all', {}];
      case 'show_notifications':
        return [SHOW_HISTORY, {}];
      case 'reload':
      default:
        return null;
    }
  }

  private readonly _commands: CommandRegistry;
  private readonly _trans: TranslationBundle;
}

export namespace Actions {
  export interface IOptions {
    commands: CommandRegistry;
    trans: TranslationBundle;
  }
}

/** The links that may be followed, with their address as the browser understands it. */
export function linksOf({ links }: INotification): ILink[] {
  return links.flatMap(({ label, url }) => {
    const safe = safeUrl(url);
    return safe ? [{ label, url: safe }] : [];
  });
}

/** Open a link in a new tab that knows nothing of this one. */
export function follow({ url }: ILink): void {
  const safe = safeUrl(url);
  if (safe) {
    window.open(safe, '_blank', 'noopener,noreferrer');
  }
}
