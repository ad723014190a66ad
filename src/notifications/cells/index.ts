import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator } from '@jupyterlab/translation';

import { PluginIds } from '../../core/ids';
import { INotifications } from '../types';

/** Tells when a cell ends, also when the page is closed meanwhile. */
export const cellsPlugin: JupyterFrontEndPlugin<void> = {
  id: PluginIds.notificationsCells,
  description: 'Notifications of cells that end.',
  autoStart: true,
  requires: [INotifications, ITranslator],
  optional: [ICommandPalette, ISettingRegistry, IStateDB],
  activate: async (
    app: JupyterFrontEnd,
    notifications: INotifications,
    translator: ITranslator,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null,
    state: IStateDB | null
  ) => {
    const { setUpCells } = await import('./setup');
    setUpCells({ app, notifications, translator, palette, settings, state });
  }
};
