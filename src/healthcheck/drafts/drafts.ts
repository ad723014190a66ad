import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IDrafts } from '../../core/health';
import type { DraftsApi } from './api';
import { DocumentOffers } from './document';
import { Follower } from './follower';
import type { Offers } from './offers';
import type { Pages } from './pages';
import { BEAT } from './pages';
import { sharedDocument } from './shared';
import type { IDraftStore } from './store';

/** A save on memory pressure does not wait longer for the journal, in ms. */
const FLUSH_TIMEOUT = 5_000;

/** One open document. */
export interface IFollowed {
  readonly follower: Follower;
  readonly offered: DocumentOffers;
}

/** The unsaved edits of all open documents. */
export class Drafts implements IDrafts {
  constructor(private readonly _options: Drafts.IOptions) {
    window.setInterval(() => this._beat(), BEAT);
  }

  /** Follow a document once; null for one that is another's business. */
  async follow(context: DocumentRegistry.Context): Promise<IFollowed | null> {
    const known = this._followed.get(context);
    if (known) {
      return known;
    }
    const following = this._follow(context);
    this._followed.set(context, following);
    return following;
  }

  /** The user wants to close a document, and will be asked about its edits. */
  noteClosing(context: DocumentRegistry.Context): void {
    for (const { follower } of this._open) {
      if (follower.isOf(context)) {
        follower.noteClosing();
      }
    }
  }

  async flush(): Promise<void> {
    this._flushNow();
    let timer = 0;
    const timeout = new Promise<void>(resolve => {
      timer = window.setTimeout(resolve, FLUSH_TIMEOUT);
    });
    const kept = Promise.all(
      [...this._open].map(({ follower }) => follower.journal.kept())
    );
    await Promise.race([kept, timeout]);
    window.clearTimeout(timer);
  }

  /** The page ends, perhaps. */
  sendLast(): void {
    this._flushNow();
    for (const { follower } of this._open) {
      follower.journal.sendLast();
    }
  }

  /** The server may be there again. */
  hurry(): void {
    for (const { follower, offered } of this._open) {
      follower.journal.hurry();
      void offered.look();
    }
  }

  private async _follow(
    context: DocumentRegistry.Context
  ): Promise<IFollowed | null> {
    const { api, offers, pages, store, trans } = this._options;
    await context.ready;
    const shared = sharedDocument(context.model.sharedModel);
    if (context.isDisposed || context.model.collaborative || !shared) {
      return null;
    }
    const { page } = pages;
    const follower = new Follower({ api, context, page, shared, store });
    const offered = new DocumentOffers({
      context,
      follower,
      offers,
      shared,
      trans
    });
    const followed = { follower, offered };
    this._open.add(followed);
    context.disposed.connect(() => {
      this._open.delete(followed);
      follower.dispose();
      offered.dispose();
    });
    void offered.look();
    return followed;
  }

  private _flushNow(): void {
    for (const { follower } of this._open) {
      follower.flush();
    }
  }

  private _beat(): void {
    if (!document.hidden) {
      for (const { follower } of this._open) {
        if (follower.isActive) {
          follower.journal.beat();
        }
      }
    }
  }

  private readonly _followed = new WeakMap<
    DocumentRegistry.Context,
    Promise<IFollowed | null>
  >();
  private readonly _open = new Set<IFollowed>();
}

export namespace Drafts {
  export interface IOptions {
    api: DraftsApi;
    offers: Offers;
    pages: Pages;
    store: IDraftStore;
    trans: TranslationBundle;
  }
}
