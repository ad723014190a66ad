import type { TranslationBundle } from '@jupyterlab/translation';

import type { Actions } from './actions';
import { follow, linksOf } from './actions';
import type { IAlert, IButton } from './alerts';
import type { IDrawn } from './centre';
import { cut, messageOf, withProgress } from './message';
import { typeOf } from './severity';
import type { INotification, INotifications } from './types';

/** Of a critical one this much of the body is shown. */
const MAX_BODY = 600;

/** Words and buttons of toasts and alerts. */
export class Drawing {
  constructor(private readonly _options: Drawing.IOptions) {}

  /** As a toast of JupyterLab, and in its list. */
  toast(row: INotification): IDrawn {
    const { model, trans } = this._options;
    const { text, isCut } = messageOf(model.textOf(row), row.progress, trans);
    const actions = this._buttons(row).map(({ label, run }) => ({
      label,
      callback: run
    }));
    const { label, run } = this._showAll(row);
    const showAll = {
      label,
      callback: (event: Event) => {
        // It is not done with: JupyterLab would dismiss it.
        event.preventDefault();
        run();
      }
    };
    return {
      message: text,
      type: typeOf(row),
      actions: isCut ? [...actions, showAll] : actions
    };
  }

  /** As an alert of ours. */
  alert(row: INotification): IAlert {
    const { model, trans, done } = this._options;
    const { id, progress } = row;
    const { title, body } = model.textOf(row);
    const buttons = this._buttons(row).map(({ label, run }) => ({
      label,
      run: () => {
        run();
        done(id);
      }
    }));
    const shown = cut(body, MAX_BODY);
    return {
      id,
      title: withProgress(title, progress, trans),
      body: shown,
      buttons: shown === body ? buttons : [...buttons, this._showAll(row)]
    };
  }

  private _showAll({ id }: INotification): IButton {
    const { trans, showAll } = this._options;
    return { label: trans.__('Show All'), run: () => showAll(id) };
  }

  private _buttons(row: INotification): IButton[] {
    const { actions } = this._options;
    const { action } = row;
    const label = action && actions.labelOf(action);
    const links = linksOf(row).map(link => ({
      label: link.label,
      run: () => follow(link)
    }));
    if (!action || !label) {
      return links;
    }
    const run = (): void => {
      actions.run(action).catch(reason => {
        console.error('cloudru-jlab: the action failed.', reason);
      });
    };
    return [{ label, run }, ...links];
  }
}

export namespace Drawing {
  export interface IOptions {
    model: INotifications;
    actions: Actions;
    trans: TranslationBundle;
    /** The user wants to read all of it. */
    showAll: (id: string) => void;
    /** The user has done what it asks for. */
    done: (id: string) => void;
  }
}
