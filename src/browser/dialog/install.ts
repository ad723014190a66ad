import { Dialog } from '@jupyterlab/apputils';
import { DirListing, FileBrowser, FileDialog } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import type { ITranslator } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';
import { Throttler } from '@lumino/polling';
import type { Widget } from '@lumino/widgets';
import { PanelLayout } from '@lumino/widgets';

import { languageOf } from '../../core/i18n';
import type { IListing, IRoots } from '../../core/tokens';
import { DIALOG_FUNCTIONS, missingMembers } from '../internals';
import { DialogContents } from './contents';
import { RootSelect } from './roots';
import { DialogSearch } from './search';

/** The class by which JupyterLab marks the body of its file dialog. */
const BODY_CLASS = 'jp-Open-Dialog';

/** The least time between two refreshes of a dialog that changes of the directory cause, in ms. */
const REFRESH_INTERVAL = 250;

type Result = Promise<Dialog.IResult<Contents.IModel[]>>;

/** The two functions by which everything in JupyterLab opens a file dialog. */
interface IFileDialogs {
  getOpenFiles(options: FileDialog.IFileOptions): Result;
  getExistingDirectory(options: FileDialog.IDirectoryOptions): Result;
}

export interface IDialogOptions {
  listing: IListing;
  translator: ITranslator;
  /** Null where there is one root alone. */
  roots?: IRoots | null;
  /** Called with the browser of every dialog, once it is there. */
  prepare?: (browser: FileBrowser) => void;
}

/**
 * Make JupyterLab's file dialogs cope with directories of any size: they show the first rows, say so, and search the rest.
 *
 * They stay JupyterLab's in all else. Disposing brings the stock dialogs back.
 */
export function installDialogs(options: IDialogOptions): IDisposable {
  const dialogs: IFileDialogs = FileDialog;
  if (missingMembers(dialogs, DIALOG_FUNCTIONS).length > 0) {
    console.warn('cloudru-jlab: the file dialogs are JupyterLab’s own.');
    return new DisposableDelegate(() => undefined);
  }
  const { getOpenFiles, getExistingDirectory } = dialogs;
  dialogs.getOpenFiles = asked => {
    const { filter } = asked;
    const contents = createContents(asked, options, {
      dirsOnly: false,
      accepts: filter ? row => filter(row) !== null : null
    });
    return show(contents, asked, options, () =>
      getOpenFiles({ ...asked, manager: contents.manager })
    );
  };
  dialogs.getExistingDirectory = asked => {
    const contents = createContents(asked, options, {
      dirsOnly: true,
      accepts: null
    });
    return show(contents, asked, options, () =>
      getExistingDirectory({ ...asked, manager: contents.manager })
    );
  };
  return new DisposableDelegate(() => {
    dialogs.getOpenFiles = getOpenFiles;
    dialogs.getExistingDirectory = getExistingDirectory;
  });
}

function createContents(
  asked: FileDialog.IDirectoryOptions,
  { listing, translator }: IDialogOptions,
  {
    dirsOnly,
    accepts
  }: Pick<DialogContents.IOptions, 'accepts'> & {
    dirsOnly: boolean;
  }
): DialogContents {
  return new DialogContents({
    manager: asked.manager,
    view: listing.createView({
      params: { dirsOnly, locale: languageOf(translator) }
    }),
    accepts
  });
}

async function show(
  contents: DialogContents,
  asked: FileDialog.IDirectoryOptions,
  options: IDialogOptions,
  launch: () => Result
): Result {
  const added: Dialog<unknown>[] = [];
  const onAdded = (_: unknown, dialog: Dialog<unknown>): void => {
    added.push(dialog);
  };
  try {
    // The dialog is built before the call returns its promise.
    Dialog.tracker.widgetAdded.connect(onAdded);
    const result = launch();
    Dialog.tracker.widgetAdded.disconnect(onAdded);
    const body = added.map(findBody).find(found => found !== null);
    if (body) {
      void equip(body, contents, asked, options);
    }
    return await result;
  } finally {
    Dialog.tracker.widgetAdded.disconnect(onAdded);
    contents.dispose();
  }
}

/** Add the search to a dialog, and keep its rows up to date. */
async function equip(
  body: Widget & { ready?: Promise<void> },
  contents: DialogContents,
  asked: FileDialog.IDirectoryOptions,
  { translator, roots, prepare }: IDialogOptions
): Promise<void> {
  await body.ready;
  const { layout } = body;
  if (!(layout instanceof PanelLayout) || contents.isDisposed) {
    return;
  }
  const place = layout.widgets.findIndex(
    widget => widget instanceof FileBrowser
  );
  const browser = layout.widgets[place];
  if (!(browser instanceof FileBrowser)) {
    return;
  }
  prepare?.(browser);
  const search = new DialogSearch(translator);
  layout.insertWidget(place, search);
  if (roots && !asked.root) {
    layout.insertWidget(place, selectRoot(browser, roots, translator));
  }
  search.describe(contents.excerpt);
  const refresh = new Throttler(() => browser.model.refresh(), {
    limit: REFRESH_INTERVAL,
    edge: 'trailing'
  });
  contents.excerptChanged.connect((_, excerpt) => search.describe(excerpt));
  contents.outdated.connect(() => {
    // Disposal rejects what waits.
    refresh.invoke().catch(() => undefined);
  });
  search.queried.connect((_, query) => {
    contents.search(query).catch(reason => {
      console.warn('A file dialog could not search.', reason);
    });
  });
  search.left.connect(() => {
    find(browser, widget => widget instanceof DirListing)?.activate();
  });
  body.disposed.connect(() => refresh.dispose());
}

/** The choice of the root that a dialog's browser shows. */
function selectRoot(
  browser: FileBrowser,
  roots: IRoots,
  translator: ITranslator
): RootSelect {
  const { model } = browser;
  const select = new RootSelect({ roots, translator });
  const follow = (): void =>
    select.showRootOf(model.manager.services.contents.localPath(model.path));
  model.pathChanged.connect(follow);
  follow();
  select.chosen.connect((_, root) => {
    model
      .cd(`/${root.prefix}`)
      .catch(reason => {
        console.warn('A file dialog could not show a root.', reason);
      })
      .finally(follow);
  });
  return select;
}

function findBody(dialog: Dialog<unknown>): Widget | null {
  return find(dialog, widget => widget.hasClass(BODY_CLASS));
}

/** The first widget below another that meets a condition. */
function find(
  widget: Widget,
  meets: (widget: Widget) => boolean
): Widget | null {
  for (const child of widget.children()) {
    const found = meets(child) ? child : find(child, meets);
    if (found) {
      return found;
    }
  }
  return null;
}
