import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { JupyterLab } from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator } from '@jupyterlab/translation';

import { PluginIds } from '../core/ids';
import { IListing, IRoots } from '../core/tokens';

// Asked for with the plugins themselves, and not one after another as JupyterLab starts them: its first rows wait for this.
const setUp = import('./setup');
// A page that cannot load it says so where it is needed.
setUp.catch(() => undefined);

/** Makes the file browsers, in place of `@jupyterlab/filebrowser-extension:factory`. */
export const browserPlugin: JupyterFrontEndPlugin<IFileBrowserFactory> = {
  id: PluginIds.browser,
  description: 'A file browser for directories of any size.',
  provides: IFileBrowserFactory,
  requires: [IDocumentManager, ITranslator],
  optional: [IListing, ISettingRegistry, IStateDB, JupyterLab.IInfo, IRoots],
  activate: async (
    app,
    docManager: IDocumentManager,
    translator: ITranslator,
    listing: IListing | null,
    settings: ISettingRegistry | null,
    stateDB: IStateDB | null,
    info: JupyterLab.IInfo | null,
    roots: IRoots | null
  ) => {
    const [{ setUpBrowser }, isWanted] = await Promise.all([
      setUp,
      wantsWindow(settings)
    ]);
    return setUpBrowser({
      app,
      docManager,
      translator,
      stateDB,
      info,
      listing: isWanted ? listing : null,
      roots
    });
  }
};

/**
 * Whether to draw windows of rows: not in Notebook 7, whose tree patches the stock listing, not where the server has no
 * listing service or no local files, and not where the user prefers stock.
 */
async function wantsWindow(
  settings: ISettingRegistry | null
): Promise<boolean> {
  if (
    PageConfig.getOption('notebookPage') ||
    PageConfig.getOption('cloudruListing') !== 'true'
  ) {
    return false;
  }
  try {
    const loaded = await settings?.load(PluginIds.browser);
    return loaded?.get('mode').composite !== 'stock';
  } catch (error) {
    console.warn('cloudru-jlab: the settings cannot be read.', error);
    return true;
  }
}
