import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification, showErrorMessage } from '@jupyterlab/apputils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { DocumentWidget } from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';
import type { ITranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';

import type { IConnection } from '../../core/health';
import { bundle, languageOf } from '../../core/i18n';
import { Announcer } from './announce';
import { Told } from './told';
import { DraftsApi } from './api';
import { Drafts } from './drafts';
import { OfferLine } from './line';
import type { IFound } from './offers';
import { Offers } from './offers';
import { Pages } from './pages';
import { IndexedDraftStore } from './store';

/** The commands that end the user's session. */
const LOGOUTS = new Set(['filemenu:logout', 'hub:logout']);

export interface ISetupOptions {
  app: JupyterFrontEnd;
  connection: IConnection | null;
  translator: ITranslator;
}

/** Keep the unsaved edits of all documents from now on, and offer those that pages left behind. */
export function createDrafts(options: ISetupOptions): Drafts {
  const { app, connection, translator } = options;
  const { serverSettings, user } = app.serviceManager;
  const trans = bundle(translator);
  const api = new DraftsApi(serverSettings);
  const store = new IndexedDraftStore({
    baseUrl: serverSettings.baseUrl,
    user: () => userKey(user.identity?.username ?? ''),
    factory: databases()
  });
  const pages = new Pages(serverSettings.baseUrl);
  const offers = new Offers({ api, pages, store });
  const drafts = new Drafts({ api, offers, pages, store, trans });
  followAll(app.docRegistry, drafts, translator);

  announceAll(options, offers);

  connection?.returned.connect(() => drafts.hurry());
  window.addEventListener('pagehide', () => drafts.sendLast());
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      void drafts.flush();
    }
  });
  app.commands.commandExecuted.connect((_, { id }) => {
    if (LOGOUTS.has(id)) {
      drafts.sendLast();
      void store.purge();
    }
  });
  return drafts;
}

/** Tell of drafts whose documents are not open, once all that were open before are open again. */
function announceAll({ app, translator }: ISetupOptions, offers: Offers): void {
  const trans = bundle(translator);
  const { contents } = app.serviceManager;
  const open = (path: string): void => {
    app.commands
      .execute('docmanager:open', { path })
      .catch((error: unknown) => console.warn(error));
  };
  const recreate = async (draft: IFound): Promise<void> => {
    const { format, path, type } = draft.head;
    const isThere = await contents.get(path, { content: false }).then(
      () => true,
      (error: unknown) => {
        if ((error as { response?: Response }).response?.status !== 404) {
          throw error;
        }
        return false;
      }
    );
    // Somebody else has made it meanwhile: the document offers the edits.
    if (!isThere) {
      const content = await offers.wholeOf(draft);
      await contents.save(path, {
        type,
        format: format as Contents.FileFormat,
        content
      });
      await offers.remove(draft);
    }
    open(path);
  };
  const announcer = new Announcer({
    announce: ({ message, label, act }) => {
      Notification.info(message, {
        autoClose: false,
        actions: [{ label, callback: act }]
      });
    },
    isOpen: path =>
      [...app.shell.widgets()].some(
        widget =>
          widget instanceof DocumentWidget && widget.context.path === path
      ),
    offers,
    open,
    recreate: draft => {
      recreate(draft).catch((error: unknown) =>
        showErrorMessage(
          trans.__('Cannot Create the File Again'),
          error as Error
        )
      );
    },
    told: new Told(),
    trans
  });
  void app.restored.then(() => announcer.look());
}

/** Every document, whatever shows it. */
function followAll(
  registry: DocumentRegistry,
  drafts: Drafts,
  translator: ITranslator
): void {
  const trans = bundle(translator);
  const language = languageOf(translator);
  const names = new Set<string>();
  const extension: DocumentRegistry.WidgetExtension = {
    createNew: (widget, context) => {
      // The document manager's own hook, which is asked next, ends the message and asks the user.
      MessageLoop.installMessageHook(widget, (_, message) => {
        if (message.type === 'close-request') {
          drafts.noteClosing(context);
        }
        return true;
      });
      void drafts.follow(context).then(followed => {
        if (
          followed &&
          widget instanceof DocumentWidget &&
          !widget.isDisposed
        ) {
          const { offered } = followed;
          const line = new OfferLine({ offered, trans, language });
          widget.contentHeader.addWidget(line);
        }
      });
    }
  };
  const add = (name: string): void => {
    if (!names.has(name.toLowerCase())) {
      names.add(name.toLowerCase());
      registry.addWidgetExtension(name, extension);
    }
  };
  for (const { name } of registry.widgetFactories()) {
    add(name);
  }
  registry.changed.connect((_, { type, change, name }) => {
    if (type === 'widgetFactory' && change === 'added' && name) {
      add(name);
    }
  });
}

/** A server without users gives everybody a random name, which is another after it has started anew. */
function userKey(name: string): string {
  return /^[0-9a-f]{32}$/.test(name) ? '' : name;
}

/** Some browsers throw where they have none. */
function databases(): IDBFactory | null {
  try {
    return window.indexedDB ?? null;
  } catch {
    return null;
  }
}
