import type { JupyterFrontEnd, JupyterLab } from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { FileBrowser, IFileBrowserFactory } from '@jupyterlab/filebrowser';
import type { IStateDB } from '@jupyterlab/statedb';
import type { ITranslator } from '@jupyterlab/translation';

import type { IListing, IRoots } from '../core/tokens';
import { completePaths } from './completion';
import { installDialogs } from './dialog/install';
import { installSaveDialogs } from './dialog/save';
import { BrowserFactory } from './factory';
import { BulkActions } from './jobs/actions';
import { Crossing } from './jobs/crossing';
import { BulkJobs } from './jobs/model';
import { MovedDocuments } from './jobs/moved';
import { JobNotifications } from './jobs/notifications';
import { announceTruncation } from './truncation';
import type { WindowedBrowser } from './widget';

/** The namespace of the stock tracker, which layouts are restored by. */
const NAMESPACE = 'filebrowser';

export interface ISetupOptions {
  app: JupyterFrontEnd;
  docManager: IDocumentManager;
  translator: ITranslator;
  stateDB: IStateDB | null;
  info: JupyterLab.IInfo | null;
  /** Null where the stock browser is wanted. */
  listing: IListing | null;
  /** Null, and without roots in it, where there is one root alone. */
  roots: IRoots | null;
}

/** Build the factory of file browsers, and all that goes with browsers of ours. */
export function setUpBrowser(options: ISetupOptions): IFileBrowserFactory {
  const { app, docManager, translator, stateDB, info, listing, roots } =
    options;
  const menu = app.contextMenu.menu;
  const browsers = new Set<WindowedBrowser>();
  const bulk = listing ? setUpActions(options, listing, browsers) : null;
  announceTruncation(app.serviceManager.contents, translator);
  return new BrowserFactory({
    docManager,
    translator,
    stateDB,
    listing,
    bulk,
    roots,
    crossing: bulk && roots ? new Crossing({ roots, bulk, translator }) : null,
    tracker: new WidgetTracker<FileBrowser>({ namespace: NAMESPACE }),
    refreshStandby: () =>
      info ? !info.isConnected || 'when-hidden' : 'when-hidden',
    isMenuOpen: () => menu.isAttached,
    created: browser => {
      if (listing) {
        completePaths(browser, listing, translator, roots);
      }
      browsers.add(browser);
      browser.disposed.connect(() => browsers.delete(browser));
    }
  });
}

function setUpActions(
  { app, docManager, translator, roots }: ISetupOptions,
  listing: IListing,
  browsers: ReadonlySet<WindowedBrowser>
): BulkActions {
  const prepare = (browser: FileBrowser): void =>
    completePaths(browser, listing, translator, roots);
  installDialogs({ listing, translator, roots, prepare });
  if (roots) {
    installSaveDialogs(roots, translator);
  }
  const moved = new MovedDocuments({
    service: listing.jobs,
    contents: app.serviceManager.contents,
    paths: () => openPaths(app, docManager)
  });
  const jobs = new BulkJobs({
    service: listing.jobs,
    ended: job => moved.follow(job)
  });
  const notifications = new JobNotifications({ jobs, translator });
  app.shell.disposed.connect(() => {
    notifications.dispose();
    moved.dispose();
    jobs.dispose();
  });
  void app.restored.then(() => jobs.resume()).catch(console.warn);
  app.contextMenu.menu.aboutToClose.connect(() => {
    browsers.forEach(browser => browser.rows.hold.menuClosed());
  });
  return new BulkActions({ jobs, translator, roots });
}

/** The areas of the application in which documents may be. */
const AREAS = ['main', 'left', 'right', 'down'] as const;

/** The paths of the documents that are open. */
function* openPaths(
  { shell }: JupyterFrontEnd,
  docManager: IDocumentManager
): Iterable<string> {
  for (const area of AREAS) {
    for (const widget of shell.widgets(area)) {
      const context = docManager.contextForWidget(widget);
      if (context) {
        yield context.path;
      }
    }
  }
}
