import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { DocumentWidget } from '@jupyterlab/docregistry';
import type { ITranslator } from '@jupyterlab/translation';

import type { IConnection } from '../../core/health';
import { bundle, languageOf } from '../../core/i18n';
import { DraftsApi } from './api';
import { Drafts } from './drafts';
import { OfferLine } from './line';
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
