import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { ITranslator } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';

import { bundle, languageOf } from '../../core/i18n';
import type { IConnection } from '../../core/tokens';
import { DeathsApi } from './api';
import { addCommands } from './commands';
import { Deaths } from './deaths';
import { silenceDialog } from './internals';
import { KernelMemory } from './memory';
import { isKernelPanel, isNotebook } from './panels';
import { PanelWatch } from './watch';

export interface IKernelsOptions {
  app: JupyterFrontEnd;
  translator: ITranslator;
  palette: ICommandPalette | null;
  connection: IConnection | null;
}

/** Follow all notebooks and consoles. */
export function setUpKernels(options: IKernelsOptions): void {
  const { app, translator, palette, connection } = options;
  const { commands, docRegistry, serviceManager, shell } = app;
  const { events, serverSettings } = serviceManager;
  const trans = bundle(translator);
  const deaths = new Deaths({
    api: new DeathsApi(serverSettings),
    events,
    connection
  });
  const memory = new KernelMemory(
    storage(),
    `cloudru-jlab:kernels:${serverSettings.baseUrl}`
  );
  const language = languageOf(translator);
  const watches = new Map<Widget, PanelWatch>();
  const add = (widget: Widget): void => {
    if (watches.has(widget) || !isKernelPanel(widget)) {
      return;
    }
    if (isNotebook(widget) && !silenceDialog(widget)) {
      // JupyterLab's dialog stays, and one explanation is enough.
      console.warn('The dialog “Kernel Restarting” cannot be replaced.');
      return;
    }
    const watch = new PanelWatch(widget, {
      commands,
      deaths,
      memory,
      language,
      trans
    });
    watches.set(widget, watch);
    widget.disposed.connect(() => {
      watches.delete(widget);
      watch.dispose();
    });
  };
  const addAll = (): void => {
    for (const widget of shell.widgets('main')) {
      add(widget);
    }
  };
  const extension: DocumentRegistry.WidgetExtension = { createNew: add };
  docRegistry.addWidgetExtension('Notebook', extension);
  // Consoles have no such extensions, and widgets that are there already are not asked any more.
  const { layoutModified } = shell as {
    layoutModified?: ISignal<unknown, unknown>;
  };
  (layoutModified ?? shell.currentChanged)?.connect(addAll);
  addAll();
  shell.disposed.connect(() => {
    watches.forEach(watch => watch.dispose());
    deaths.dispose();
  });
  addCommands({
    commands,
    palette,
    trans,
    current: () =>
      (shell.currentWidget && watches.get(shell.currentWidget)) ?? null
  });
}

/** A browser that keeps nothing of this site refuses even to say so. */
function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
