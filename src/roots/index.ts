import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILabShell, ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette, IToolbarWidgetRegistry } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import { PluginIds } from '../core/ids';
import { IRoots } from '../core/tokens';
import { rootsPathsPlugin } from './paths';

// Where the server has one root alone, none of this is needed.
const setUp =
  PageConfig.getOption('cloudruRoots') === 'true' ? import('./setup') : null;
// A page that cannot load it says so where it is needed.
setUp?.catch(() => undefined);

/** Tells which roots the server has. */
const rootsPlugin: JupyterFrontEndPlugin<IRoots> = {
  id: PluginIds.roots,
  description: 'The folders of the server that JupyterLab shows.',
  provides: IRoots,
  activate: async app =>
    setUp ? (await setUp).createRoots(app.serviceManager) : noRoots()
};

/** A root switcher above every file browser. */
const switcherPlugin: JupyterFrontEndPlugin<void> = {
  id: PluginIds.rootSwitcher,
  description: 'A switcher between the folders of the server.',
  autoStart: true,
  requires: [IRoots, IFileBrowserFactory, ITranslator],
  optional: [
    ILabShell,
    ICommandPalette,
    ILayoutRestorer,
    ISettingRegistry,
    IStateDB,
    IToolbarWidgetRegistry,
    IDocumentManager
  ],
  activate: async (
    app,
    roots: IRoots,
    factory: IFileBrowserFactory,
    translator: ITranslator,
    labShell: ILabShell | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    settings: ISettingRegistry | null,
    state: IStateDB | null,
    toolbars: IToolbarWidgetRegistry | null,
    documents: IDocumentManager | null
  ) => {
    (await setUp)?.setUpSwitchers({
      app,
      roots,
      factory,
      translator,
      labShell,
      palette,
      restorer,
      settings,
      state,
      toolbars,
      documents
    });
  }
};

export const rootsPlugins: JupyterFrontEndPlugin<unknown>[] = [
  rootsPlugin,
  ...(setUp ? [switcherPlugin, rootsPathsPlugin] : [])
];

/** One root alone, of which nothing needs to be known. */
function noRoots(): IRoots {
  const none = (): Promise<never> =>
    Promise.reject(new Error('The server has one root.'));
  const owner = {} as IRoots;
  return Object.assign(owner, {
    roots: [],
    ready: Promise.resolve(),
    changed: new Signal<IRoots, void>(owner),
    mayAdd: false,
    rootOf: () => null,
    refresh: () => Promise.resolve(),
    realPath: none,
    add: none,
    remove: none
  });
}
