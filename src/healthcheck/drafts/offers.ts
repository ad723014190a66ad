import { JSONExt } from '@lumino/coreutils';

import { ApiError } from '../../core/request';
import type { DraftsApi } from './api';
import type { Pages } from './pages';
import type { Content, SharedDocument } from './shared';
import { contentOf, isNotebook } from './shared';
import { contentOfSources } from './sources';
import type { IDraftStore, IKept } from './store';
import type { IDraftHead, IDraftRecord, IDrafts, INewHead } from './types';
import { contentOfUpdates } from './updates';

/** The list of all drafts serves all documents that are opened within this time, in ms. */
const SAME_LIST = 2_000;

/** A draft of a page that is gone. */
export interface IFound {
  readonly id: string;
  readonly head: INewHead;
  /** When the last edit came, ms of the epoch. */
  readonly updated: number;
  readonly file: IDraftHead['file'];
}

interface ICandidate extends IFound {
  readonly page: string;
  readonly seen: string | null;
}

/** Finds drafts, and what they hold. */
export class Offers {
  constructor(private readonly _options: Offers.IOptions) {}

  /** All drafts of pages that are gone, newest first; and when to look again, in ms, or null. */
  async all(): Promise<{ found: readonly IFound[]; again: number | null }> {
    const { pages, store } = this._options;
    const [answer, kept] = await Promise.all([this._list(), store.list()]);
    const { gone, again } = await pages.gone(
      candidates(answer?.drafts ?? [], kept),
      answer?.now ?? new Date().toISOString()
    );
    return {
      found: gone.sort((a, b) => b.updated - a.updated),
      // The server did not tell: it may have more.
      again: answer ? again : SAME_LIST * 3
    };
  }

  /**
   * What a document with the draft's edits is.
   *
   * @throws Error if the draft is gone or cannot be read.
   */
  async contentOf(
    { id, head }: IFound,
    shared: SharedDocument
  ): Promise<Content> {
    const records = await this._records(id);
    if (head.kind === 'yjs') {
      return contentOfUpdates(
        records,
        isNotebook(shared) ? 'notebook' : 'file'
      );
    }
    if (!isNotebook(shared)) {
      throw new Error('The draft is one of a notebook.');
    }
    return contentOfSources(records, shared.toJSON());
  }

  /**
   * What the document of a draft that holds all of it is.
   *
   * @throws Error if the draft is gone or cannot be read.
   */
  async wholeOf({ id, head }: IFound): Promise<Content> {
    return contentOfUpdates(await this._records(id), head.type);
  }

  async remove({ id }: IFound): Promise<void> {
    const { api, store } = this._options;
    this._listed = null;
    await store.remove(id);
    await api.remove(id, null, new AbortController().signal);
  }

  private async _records(id: string): Promise<readonly IDraftRecord[]> {
    const { api, store } = this._options;
    const kept = (await store.list()).find(draft => draft.id === id);
    let records: readonly IDraftRecord[] = [];
    try {
      ({ records } = await api.get(id, new AbortController().signal));
    } catch (error) {
      if (!kept || !(error instanceof ApiError && error.status === 404)) {
        throw error;
      }
    }
    return joined(records, kept?.records ?? []);
  }

  private async _list(): Promise<IDrafts | null> {
    const { api } = this._options;
    const now = Date.now();
    if (!this._listed || now - this._listedAt > SAME_LIST) {
      this._listedAt = now;
      this._listed = api
        .list(null, new AbortController().signal)
        .catch(() => null);
    }
    return this._listed;
  }

  private _listed: Promise<IDrafts | null> | null = null;
  private _listedAt = 0;
}

export namespace Offers {
  export interface IOptions {
    api: DraftsApi;
    pages: Pages;
    store: IDraftStore;
  }
}

function candidates(
  server: readonly IDraftHead[],
  browser: readonly IKept[]
): ICandidate[] {
  const drafts = new Map<string, ICandidate>();
  for (const { id, updated, file, seen, page, ...rest } of server) {
    const head = { page, ...rest };
    const time = Date.parse(updated);
    drafts.set(id, { id, head, updated: time, file, page, seen });
  }
  for (const { id, head, updated, records } of browser) {
    const known = drafts.get(id);
    const { page } = head;
    if (known) {
      drafts.set(id, { ...known, updated: Math.max(known.updated, updated) });
    } else if (records[0]?.kind === 'state') {
      drafts.set(id, { id, head, updated, file: 'unknown', page, seen: null });
    }
  }
  return [...drafts.values()];
}

/**
 * The records that make a draft, of those on the server and those that never got there: from the last state on.
 *
 * @throws Error if there is no state.
 */
export function joined(
  server: readonly IDraftRecord[],
  browser: readonly IDraftRecord[]
): IDraftRecord[] {
  const records = [...server];
  for (const record of browser) {
    const last = records.at(-1)?.seq ?? 0;
    if (
      record.seq > last &&
      (record.kind === 'state' || record.seq === last + 1)
    ) {
      records.push(record);
    }
  }
  const start = records.map(({ kind }) => kind).lastIndexOf('state');
  if (start < 0) {
    throw new Error('The draft has no beginning.');
  }
  return records.slice(start);
}

/** Whether the open document says the same. */
export function isSame(shared: SharedDocument, content: Content): boolean {
  const open = contentOf(shared);
  return typeof open === 'string' || typeof content === 'string'
    ? open === content
    : JSONExt.deepEqual(open, content);
}
