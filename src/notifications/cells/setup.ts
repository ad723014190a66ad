import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import { showErrorMessage } from '@jupyterlab/apputils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IStateDB } from '@jupyterlab/statedb';
import type { ITranslator } from '@jupyterlab/translation';
import { Throttler } from '@lumino/polling';
import type { Widget } from '@lumino/widgets';

import { bundle } from '../../core/i18n';
import { PluginIds } from '../../core/ids';
import type { INotifications } from '../types';
import { WatchesApi } from './api';
import { CellWatches } from './cells';
import { addCommands } from './commands';
import { LongCells } from './long';
import { CellMemory } from './memory';
import type { INotebookPanel } from './notebooks';
import { Watches } from './watches';

/** Time between two looks at what is still watched, in ms. */
const PAUSE = 500;

export interface ICellsOptions {
  app: JupyterFrontEnd;
  notifications: INotifications;
  translator: ITranslator;
  palette: ICommandPalette | null;
  settings: ISettingRegistry | null;
  state: IStateDB | null;
}

/** Follow all notebooks, and all sessions for long cells. */
export function setUpCells(options: ICellsOptions): void {
  const { app, notifications, translator, palette, state } = options;
  const { commands, docRegistry, serviceManager, shell } = app;
  const trans = bundle(translator);
  const watches = new Watches(new WatchesApi(serviceManager.serverSettings));
  const failed = (error: Error): void => {
    void showErrorMessage(trans.__('Cannot Watch the Cell'), error);
  };
  const cells = new CellWatches({
    watches,
    memory: new CellMemory(state, window.sessionStorage),
    trans,
    failed
  });
  const long = new LongCells({ sessions: serviceManager.sessions, watches });
  const look = new Throttler(
    async () => {
      if (watches.all.length > 0 || !watches.isKnown) {
        await watches.refresh();
      }
    },
    { limit: PAUSE, edge: 'trailing' }
  );
  shell.disposed.connect(() => {
    look.dispose();
    long.dispose();
    cells.dispose();
    watches.dispose();
  });

  const extension: DocumentRegistry.WidgetExtension = {
    createNew: (panel: Widget) => cells.add(panel as INotebookPanel)
  };
  // The extensions of a widget that is there already are not asked any more.
  docRegistry.addWidgetExtension('Notebook', extension);
  for (const widget of shell.widgets('main')) {
    if (widget.hasClass('jp-NotebookPanel')) {
      cells.add(widget as INotebookPanel);
    }
  }

  // What ends is told by a notification.
  notifications.changed.connect(() => {
    look.invoke().catch(() => undefined);
  });
  watches.refresh().catch(console.warn);

  addCommands({ commands, cells, palette, shell, trans, failed });
  void readSettings(options, long);
}

/** Watch long cells as the settings say. */
async function readSettings(
  { app, settings }: ICellsOptions,
  long: LongCells
): Promise<void> {
  if (!settings) {
    return;
  }
  try {
    const [own] = await Promise.all([
      settings.load(PluginIds.notifications),
      app.restored,
      app.serviceManager.sessions.ready
    ]);
    const read = (): void => {
      const minutes = Number(own.get('longCells').composite);
      long.minutes = minutes > 0 ? minutes : 0;
    };
    own.changed.connect(read);
    read();
  } catch (error) {
    console.warn(error);
  }
}
