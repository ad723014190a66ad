import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { JupyterLab } from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import type { FileBrowser } from '@jupyterlab/filebrowser';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator } from '@jupyterlab/translation';

import { PluginIds } from '../core/ids';
import { IListing } from '../core/tokens';
import { completePaths } from './completion';
import { installDialogs } from './dialog/install';
import { BrowserFactory } from './factory';
import { BulkActions } from './jobs/actions';
import { BulkJobs } from './jobs/model';
import { JobNotifications } from './jobs/notifications';
import { announceTruncation } from './truncation';
import type { WindowedBrowser } from './widget';

/** The namespace of the stock tracker, which layouts are restored by. */
const NAMESPACE = 'filebrowser';

/** Makes the file browsers, in place of `@jupyterlab/filebrowser-extension:factory`. */
export const browserPlugin: JupyterFrontEndPlugin<IFileBrowserFactory> = {
  id: PluginIds.browser,
  description: 'A file browser for directories of any size.',
  provides: IFileBrowserFactory,
  requires: [IDocumentManager, ITranslator],
  optional: [IListing, ISettingRegistry, IStateDB, JupyterLab.IInfo],
  activate: async (
    app,
    docManager: IDocumentManager,
    translator: ITranslator,
    listing: IListing | null,
    settings: ISettingRegistry | null,
    stateDB: IStateDB | null,
    info: JupyterLab.IInfo | null
  ) => {
    const isWanted = listing !== null && (await wantsWindow(settings));
    const menu = app.contextMenu.menu;
    const browsers = new Set<WindowedBrowser>();
    let bulk: BulkActions | null = null;
    announceTruncation(app.serviceManager.contents, translator);
    if (isWanted) {
      const complete = (browser: FileBrowser): void =>
        completePaths(browser, listing, translator);
      installDialogs({ listing, translator, prepare: complete });
      const jobs = new BulkJobs({ service: listing.jobs });
      new JobNotifications({ jobs, translator });
      bulk = new BulkActions({ jobs, translator });
      void app.restored.then(() => jobs.resume()).catch(console.warn);
      menu.aboutToClose.connect(() => {
        browsers.forEach(browser => browser.rows.hold.menuClosed());
      });
    }
    return new BrowserFactory({
      docManager,
      translator,
      stateDB,
      bulk,
      listing: isWanted ? listing : null,
      tracker: new WidgetTracker<FileBrowser>({ namespace: NAMESPACE }),
      refreshStandby: () =>
        info ? !info.isConnected || 'when-hidden' : 'when-hidden',
      isMenuOpen: () => menu.isAttached,
      created: browser => {
        if (listing) {
          completePaths(browser, listing, translator);
        }
        browsers.add(browser);
        browser.disposed.connect(() => browsers.delete(browser));
      }
    });
  }
};

/** Whether to draw windows of rows: not in Notebook 7, whose tree patches the stock listing, and not where the user prefers stock. */
async function wantsWindow(
  settings: ISettingRegistry | null
): Promise<boolean> {
  if (PageConfig.getOption('notebookPage')) {
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
