import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator } from '@jupyterlab/translation';

import { PluginIds } from '../core/ids';
import { INotifications } from '../core/tokens';
import { cellsPlugin } from './cells';
import { historyPlugin } from './history';

/** What the platform, programs and people tell the user: kept fresh, and shown as toasts. */
const notificationsPlugin: JupyterFrontEndPlugin<INotifications> = {
  id: PluginIds.notifications,
  description: 'Notifications of the platform, of programs and of people.',
  autoStart: true,
  requires: [ITranslator],
  optional: [ICommandPalette, ISettingRegistry, IStatusBar],
  provides: INotifications,
  activate: async (
    app: JupyterFrontEnd,
    translator: ITranslator,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null,
    statusBar: IStatusBar | null
  ): Promise<INotifications> => {
    const { createNotifications } = await import('./setup');
    return createNotifications({
      app,
      translator,
      palette,
      settings,
      statusBar
    });
  }
};

export const notificationsPlugins: JupyterFrontEndPlugin<unknown>[] = [
  notificationsPlugin,
  historyPlugin,
  cellsPlugin
];
