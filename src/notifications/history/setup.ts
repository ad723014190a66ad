import type {
  ILabShell,
  ILayoutRestorer,
  JupyterFrontEnd
} from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { ITranslator } from '@jupyterlab/translation';
import { bellIcon } from '@jupyterlab/ui-components';

import { Actions, linksOf, SHOW_HISTORY } from '../actions';
import type { INotifications } from '../types';
import { HistoryPanel } from './panel';
import { HistoryWords } from './words';

/** Below JupyterLab's own panels. */
const RANK = 900;

export interface IHistoryOptions {
  app: JupyterFrontEnd;
  notifications: INotifications;
  translator: ITranslator;
  shell: ILabShell;
  palette: ICommandPalette | null;
  restorer: ILayoutRestorer | null;
}

/** Add the history, and the command that shows it. */
export function setUpHistory(options: IHistoryOptions): HistoryPanel {
  const { app, notifications, translator, shell, palette, restorer } = options;
  const { commands } = app;
  const words = new HistoryWords(translator);
  const { trans } = words;
  const actions = new Actions({ commands, trans });
  const panel = new HistoryPanel({
    notifications,
    words,
    linksOf,
    // The history is shown already.
    labelOf: ({ action }) =>
      action && action.kind !== 'show_notifications'
        ? actions.labelOf(action)
        : null,
    run: async ({ action }) => {
      if (action) {
        await actions.run(action);
      }
    }
  });
  shell.add(panel, 'right', { rank: RANK, type: 'Notifications' });
  restorer?.add(panel, HistoryPanel.ID);

  commands.addCommand(SHOW_HISTORY, {
    label: trans.__('Notification History'),
    caption: trans.__('Show all notifications that were sent to you'),
    icon: bellIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          id: {
            type: 'string',
            description: trans.__('The notification to open')
          }
        }
      }
    },
    execute: args => {
      if (typeof args.id === 'string') {
        panel.reveal(args.id);
      }
      shell.activateById(panel.id);
    }
  });
  palette?.addItem({
    command: SHOW_HISTORY,
    category: trans.__('Notifications')
  });
  return panel;
}
