import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator } from '@jupyterlab/translation';

import { PluginIds } from '../core/ids';
import { INotifications } from '../core/tokens';

/** What the platform, programs and people tell the user: kept fresh, and shown as toasts. */
const notificationsPlugin: JupyterFrontEndPlugin<INotifications> = {
  id: PluginIds.notifications,
  description: 'Notifications of the platform, of programs and of people.',
  autoStart: true,
  requires: [ITranslator],
  provides: INotifications,
  activate: async (
    app: JupyterFrontEnd,
    translator: ITranslator
  ): Promise<INotifications> => {
    const { createNotifications } = await import('./setup');
    return createNotifications({ app, translator });
  }
};

export const notificationsPlugins: JupyterFrontEndPlugin<unknown>[] = [
  notificationsPlugin
];
