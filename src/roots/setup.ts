import type {
  ILabShell,
  ILayoutRestorer,
  JupyterFrontEnd
} from '@jupyterlab/application';
import type {
  ICommandPalette,
  IToolbarWidgetRegistry
} from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { FileBrowser, IFileBrowserFactory } from '@jupyterlab/filebrowser';
import type { ServiceManager } from '@jupyterlab/services';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IStateDB } from '@jupyterlab/statedb';
import type { ITranslator } from '@jupyterlab/translation';

import type { IRoots } from '../core/tokens';
import { RootsApi } from './api';
import { BrowserRoots } from './attach';
import { addCommands, CommandIDs } from './commands';
import { DocumentTargets } from './documents';
import { FolderMemory } from './favourites';
import { LauncherGuards } from './launcher';
import type { RootsMenu } from './menu';
import { Roots } from './model';
import { Navigator } from './navigate';
import { RootPanels } from './panels';
import { WriteGuard } from './readonly';
import { MenuReasons } from './reasons';
import { RootWords } from './words';

/** Ask the server for its roots, from now on. */
export function createRoots({
  serverSettings
}: ServiceManager.IManager): Roots {
  return new Roots({ api: new RootsApi(serverSettings) });
}

export interface ISwitcherOptions {
  app: JupyterFrontEnd;
  roots: IRoots;
  factory: IFileBrowserFactory;
  translator: ITranslator;
  labShell: ILabShell | null;
  palette: ICommandPalette | null;
  restorer: ILayoutRestorer | null;
  settings: ISettingRegistry | null;
  state: IStateDB | null;
  toolbars: IToolbarWidgetRegistry | null;
  documents: IDocumentManager | null;
}

/** Give every file browser a root switcher, and all that goes with roots. */
export function setUpSwitchers(options: ISwitcherOptions): void {
  const { app, roots, factory, translator, labShell } = options;
  const { tracker } = factory;
  const { commands } = app;
  const words = new RootWords(translator);
  const memory = new FolderMemory(options.state);
  const navigator = new Navigator(roots, memory, words);
  const attached = new Map<FileBrowser, BrowserRoots>();
  const current = (): FileBrowser | null =>
    tracker.currentWidget ?? attached.keys().next().value ?? null;
  const guard = new WriteGuard({
    commands,
    roots,
    trans: words.trans,
    current,
    browsers: () => attached.keys(),
    documents: options.documents
      ? new DocumentTargets(app, options.documents)
      : null
  });
  const reasons = new MenuReasons(command => guard.reasonOf(command));
  if (labShell) {
    const launchers = new LauncherGuards({
      shell: labShell,
      commands,
      guard,
      roots
    });
    app.shell.disposed.connect(() => launchers.dispose());
  }
  const panels = labShell
    ? new RootPanels({ ...options, shell: labShell })
    : null;

  const actionsOf = (browser: FileBrowser): RootsMenu.IActions => ({
    choose: root => navigator.go(browser, root).catch(console.error),
    openFolder: (root, folder) =>
      navigator.open(browser, root, folder).catch(console.error),
    openPanel: panels
      ? root => commands.execute(CommandIDs.openPanel, { root: root.name })
      : null,
    add: () => commands.execute(CommandIDs.add),
    remove: root => commands.execute(CommandIDs.remove, { root: root.name }),
    refresh: () => commands.execute(CommandIDs.refresh) as Promise<void>,
    closePanel: () => {
      if (panels?.has(browser)) {
        memory.forgetBrowser(browser.id);
        panels.close(browser);
      }
    },
    mayClosePanel: () => panels?.has(browser) ?? false
  });
  const attach = (browser: FileBrowser): void => {
    // Browsers of other drives have no roots of ours.
    if (browser.model.driveName || attached.has(browser)) {
      return;
    }
    const actions = actionsOf(browser);
    attached.set(
      browser,
      new BrowserRoots({ browser, roots, memory, words, guard, actions })
    );
    browser.disposed.connect(() => attached.delete(browser));
  };
  app.shell.disposed.connect(() => {
    reasons.dispose();
    guard.dispose();
  });
  tracker.forEach(attach);
  tracker.widgetAdded.connect((_, browser) => attach(browser));
  tracker.currentChanged.connect(() => guard.update());

  addCommands({
    ...options,
    commands,
    memory,
    words,
    navigator,
    panels,
    current,
    switcherOf: browser => attached.get(browser)?.switcher,
    browsers: () => attached.keys()
  });
}
