import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILabShell, ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator } from '@jupyterlab/translation';

import { PluginIds } from '../../core/ids';
import { INotifications } from '../types';

/** All that the user was told, in a panel of the right sidebar. */
export const historyPlugin: JupyterFrontEndPlugin<void> = {
  id: PluginIds.notificationsHistory,
  description: 'The history of notifications, in a sidebar.',
  autoStart: true,
  requires: [INotifications, ITranslator, ILabShell],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: async (
    app: JupyterFrontEnd,
    notifications: INotifications,
    translator: ITranslator,
    shell: ILabShell,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    const { setUpHistory } = await import('./setup');
    setUpHistory({ app, notifications, translator, shell, palette, restorer });
  }
};
