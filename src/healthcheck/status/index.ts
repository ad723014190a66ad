import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILabShell, ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator } from '@jupyterlab/translation';

import { PluginIds } from '../../core/ids';
import { IConnection } from '../../core/tokens';

/** How the server is: in the status bar, and in a panel of the right sidebar. */
export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: PluginIds.healthcheck,
  description: 'Memory, processors, GPUs, disks and kernels of the server.',
  autoStart: true,
  requires: [ITranslator, ILabShell],
  optional: [
    IConnection,
    ICommandPalette,
    ILayoutRestorer,
    ISettingRegistry,
    IStatusBar
  ],
  activate: async (
    app: JupyterFrontEnd,
    translator: ITranslator,
    _shell: ILabShell,
    connection: IConnection | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    settings: ISettingRegistry | null,
    statusBar: IStatusBar | null
  ) => {
    const { setUpStatus } = await import('./setup');
    setUpStatus({
      app,
      translator,
      connection,
      palette,
      restorer,
      settings,
      statusBar
    });
  }
};
