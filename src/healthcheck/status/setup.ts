import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IStatusBar } from '@jupyterlab/statusbar';
import type { ITranslator } from '@jupyterlab/translation';

import { PluginIds } from '../../core/ids';
import type { IConnection } from '../../core/tokens';
import { Kernels } from './actions';
import { SamplesApi } from './api';
import { addCommands, SHOW_HEALTH } from './commands';
import { StatusItem } from './item';
import { HealthSamples } from './model';
import { HealthPanel } from './panel';
import { HealthPreferences } from './preferences';
import { HealthWords } from './words';

/** Below the history of notifications. */
const RANK = 910;

const SETTINGS = 'settingeditor:open';

export interface IStatusOptions {
  app: JupyterFrontEnd;
  translator: ITranslator;
  connection: IConnection | null;
  palette: ICommandPalette | null;
  restorer: ILayoutRestorer | null;
  settings: ISettingRegistry | null;
  statusBar: IStatusBar | null;
}

/** Add the panel, its command, and the item of the status bar. */
export function setUpStatus(options: IStatusOptions): HealthPanel {
  const { app, translator, connection, palette, restorer } = options;
  const { commands, serviceManager, shell } = app;
  const words = new HealthWords(translator);
  const preferences = new HealthPreferences(options.settings);
  const model = new HealthSamples({
    api: new SamplesApi(serviceManager.serverSettings),
    connection
  });
  const panel = new HealthPanel({
    model,
    preferences,
    words,
    kernels: new Kernels({ commands, services: serviceManager, words }),
    openSettings: options.settings
      ? () => {
          commands
            .execute(SETTINGS, { query: words.trans.__('Health') })
            .catch(console.error);
        }
      : null
  });
  shell.add(panel, 'right', { rank: RANK, type: 'Health' });
  restorer?.add(panel, HealthPanel.ID);
  const show = (): void => shell.activateById(panel.id);
  addCommands({ commands, palette, show, trans: words.trans });

  if (options.statusBar) {
    const item = new StatusItem({
      model,
      preferences,
      words,
      open: () => void commands.execute(SHOW_HEALTH)
    });
    options.statusBar.registerStatusItem(PluginIds.healthcheck, {
      item,
      align: 'left',
      // Right of the counts of kernels and terminals.
      rank: 3,
      priority: 1,
      isActive: () => item.isActive,
      activeStateChanged: item.activeChanged
    });
  }
  return panel;
}
