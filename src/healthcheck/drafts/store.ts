import type { IDraftRecord, INewHead } from './types';

/** What this browser holds of a draft: records that the server has not acknowledged. */
export interface IKept {
  readonly id: string;
  /** Who the user is to the server; empty where it does not tell users apart. */
  readonly user: string;
  readonly head: INewHead;
  /** When the last edit came, ms of the epoch. */
  readonly updated: number;
  readonly records: readonly IDraftRecord[];
}

/** A place in the browser for what the server has not acknowledged. Nothing here ever rejects. */
export interface IDraftStore {
  /** Keep records, after all that are there, or in their place if the first is a state; whether it did. */
  put(
    id: string,
    head: INewHead,
    records: readonly IDraftRecord[]
  ): Promise<boolean>;
  /** The server has everything up to a number. */
  acknowledge(id: string, upTo: number): Promise<void>;
  remove(id: string): Promise<void>;
  /** All of this user, newest first. */
  list(): Promise<readonly IKept[]>;
  /** Forget everything of everybody. */
  purge(): Promise<void>;
}

const HEADS = 'heads';
const RECORDS = 'records';

interface IHeadRow {
  readonly id: string;
  readonly user: string;
  readonly head: INewHead;
  readonly updated: number;
}

interface IRecordRow extends IDraftRecord {
  readonly id: string;
}

/** The store of a server in IndexedDB. Where the browser has none, as in some private windows, it keeps nothing. */
export class IndexedDraftStore implements IDraftStore {
  constructor(private readonly _options: IndexedDraftStore.IOptions) {
    this._name = `cloudru-jlab-drafts:${_options.baseUrl}`;
  }

  async put(
    id: string,
    head: INewHead,
    records: readonly IDraftRecord[]
  ): Promise<boolean> {
    return this._write((heads, rows) => {
      const user = this._options.user();
      heads.put({ id, user, head, updated: Date.now() } satisfies IHeadRow);
      if (records[0]?.kind === 'state') {
        rows.delete(IDBKeyRange.bound([id, 0], [id, Infinity]));
      }
      for (const record of records) {
        rows.put({ id, ...record } satisfies IRecordRow);
      }
    });
  }

  async acknowledge(id: string, upTo: number): Promise<void> {
    await this._write((heads, rows) => {
      rows.delete(IDBKeyRange.bound([id, 0], [id, upTo]));
      const left = rows.count(IDBKeyRange.bound([id, 0], [id, Infinity]));
      left.onsuccess = () => {
        if (left.result === 0) {
          heads.delete(id);
        }
      };
    });
  }

  async remove(id: string): Promise<void> {
    await this._write((heads, rows) => {
      heads.delete(id);
      rows.delete(IDBKeyRange.bound([id, 0], [id, Infinity]));
    });
  }

  async list(): Promise<readonly IKept[]> {
    const database = await this._database();
    if (!database) {
      return [];
    }
    try {
      const transaction = database.transaction([HEADS, RECORDS], 'readonly');
      const [heads, rows] = await Promise.all([
        resultOf<IHeadRow[]>(transaction.objectStore(HEADS).getAll()),
        resultOf<IRecordRow[]>(transaction.objectStore(RECORDS).getAll())
      ]);
      return heads
        .filter(({ user }) => user === this._options.user())
        .map(head => ({
          ...head,
          records: rows
            .filter(({ id }) => id === head.id)
            .sort((a, b) => a.seq - b.seq)
            .map(({ seq, kind, data }) => ({ seq, kind, data }))
        }))
        .filter(({ records }) => records.length > 0)
        .sort((a, b) => b.updated - a.updated);
    } catch {
      return [];
    }
  }

  async purge(): Promise<void> {
    await this._write((heads, rows) => {
      heads.clear();
      rows.clear();
    });
  }

  private async _write(
    write: (heads: IDBObjectStore, records: IDBObjectStore) => void
  ): Promise<boolean> {
    const database = await this._database();
    if (!database) {
      return false;
    }
    try {
      const transaction = database.transaction([HEADS, RECORDS], 'readwrite');
      const done = new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = transaction.onerror = () =>
          reject(new Error('The browser could not keep a draft.'));
      });
      write(transaction.objectStore(HEADS), transaction.objectStore(RECORDS));
      await done;
      return true;
    } catch {
      // The quota is used up, or the user has cleared the site's data: the journal on the server has to do.
      return false;
    }
  }

  private _database(): Promise<IDBDatabase | null> {
    return (this._opened ??= this._open());
  }

  private _open(): Promise<IDBDatabase | null> {
    return new Promise(resolve => {
      const none = (): void => resolve(null);
      try {
        const { factory } = this._options;
        if (!factory) {
          none();
          return;
        }
        const request = factory.open(this._name, 1);
        request.onupgradeneeded = () => {
          request.result.createObjectStore(HEADS, { keyPath: 'id' });
          request.result.createObjectStore(RECORDS, { keyPath: ['id', 'seq'] });
        };
        request.onerror = request.onblocked = none;
        request.onsuccess = () => {
          const database = request.result;
          database.onversionchange = () => database.close();
          database.onclose = () => {
            this._opened = null;
          };
          resolve(database);
        };
      } catch {
        none();
      }
    });
  }

  private readonly _name: string;
  private _opened: Promise<IDBDatabase | null> | null = null;
}

export namespace IndexedDraftStore {
  export interface IOptions {
    baseUrl: string;
    /** Who the user is to the server; empty where it does not tell users apart. */
    user: () => string;
    factory: IDBFactory | null;
  }
}

function resultOf<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result as T);
    request.onerror = () =>
      reject(request.error ?? new Error('The browser could not read drafts.'));
  });
}
