import { ApiError } from '../../core/request';
import type { DraftsApi } from './api';
import type { IDraftStore } from './store';
import type { IDraftRecord, INewHead } from './types';

/** A browser lets a page that ends send this much, in characters; other documents want their part of it. */
const LAST_WORDS = 48 * 1024;

/** Pauses after failures, in ms. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

/** A request that takes longer is given up, in ms. */
const TIMEOUT = 20_000;

/** Deltas may grow to this, or to the size of the state, before a new state replaces them, in characters. */
const SMALLEST_COMPACTION = 256 * 1024;

/** What the journal asks of the document. */
export interface IDocumentState {
  readonly head: INewHead;
  /** The whole document as a record's data. */
  state(): string;
}

/** The records of one draft on their way to the server, and in the browser until the server has them. */
export class Journal {
  constructor(private readonly _options: Journal.IOptions) {
    this.id = _options.id;
  }

  readonly id: string;

  /** The number of the last record that was made. */
  get last(): number {
    return this._last;
  }

  /** Nothing is on its way. */
  get isSettled(): boolean {
    return this._queue.length === 0 && this._removeUpTo === null;
  }

  /** The deltas have outgrown the state. */
  get wantsState(): boolean {
    return (
      this._deltaSize > Math.max(this._stateSize, SMALLEST_COMPACTION) ||
      this._isStateWanted
    );
  }

  /** The whole document: replaces all that was before. */
  addState(): void {
    const { document, store } = this._options;
    const data = document.state();
    const record: IDraftRecord = { seq: ++this._last, kind: 'state', data };
    this._head = document.head;
    this._queue = [record];
    this._asked = 0;
    this._stateSize = data.length;
    this._deltaSize = 0;
    this._isStateWanted = false;
    this._kept = store.put(this.id, this._head, [record]);
    void this._pump();
  }

  addUpdate(data: string): void {
    const { document, store } = this._options;
    const record: IDraftRecord = { seq: ++this._last, kind: 'update', data };
    this._queue.push(record);
    this._deltaSize += data.length;
    this._kept = store.put(this.id, document.head, [record]);
    void this._pump();
  }

  /** All up to now is saved. */
  remove(): void {
    if (this._last === 0) {
      return;
    }
    this._queue = [];
    this._asked = 0;
    this._isStateWanted = false;
    this._isRenamed = false;
    this._removeUpTo = this._last;
    void this._options.store.remove(this.id);
    void this._pump();
  }

  /** The document has another path. */
  rename(): void {
    this._isRenamed = true;
    void this._pump();
  }

  /** Tell the server that the page lives. */
  beat(): void {
    this._isBeatWanted = true;
    void this._pump();
  }

  /** The server may be there again: do not wait. */
  hurry(): void {
    this._pause = 0;
    this._wake?.();
  }

  /** Whether all records are on the server, or in the browser. May take as long as the server is away. */
  async kept(): Promise<boolean> {
    const sent = async (): Promise<boolean> => {
      await this._pumping;
      return this.isSettled;
    };
    return this.isSettled
      ? true
      : Promise.race([this._kept.then(kept => kept || sent()), sent()]);
  }

  /** The page ends: send what it may. */
  sendLast(): void {
    const [first] = this._queue;
    if (!first || this._isLocal) {
      return;
    }
    const size = this._queue.reduce((sum, { data }) => sum + data.length, 0);
    if (size < LAST_WORDS) {
      const body = {
        after: first.seq - 1,
        records: [...this._queue],
        ...(first.kind === 'state' ? { head: this._head ?? undefined } : {})
      };
      this._options.api.appendAtEnd(this.id, body).catch(() => undefined);
    }
  }

  /** The document is closed: only what is under way goes on. */
  close(): void {
    this._isClosed = true;
    this._isStateWanted = false;
    this._isBeatWanted = false;
  }

  dispose(): void {
    this._isDisposed = true;
    this._abort?.abort();
    this._wake?.();
  }

  private _pump(): Promise<void> {
    return (this._pumping ??= this._run().finally(() => {
      this._pumping = null;
      if (!this._isDisposed && !this._isLocal && this._hasWork) {
        // It came after the last look.
        void this._pump();
      }
    }));
  }

  private async _run(): Promise<void> {
    // What is added within one turn goes in one request.
    await Promise.resolve();
    while (!this._isDisposed && !this._isLocal && this._hasWork) {
      try {
        await this._step();
        this._pause = 0;
      } catch (error) {
        if (!this._isDisposed && !this._recover(error)) {
          await this._wait();
        }
      }
    }
  }

  private get _hasWork(): boolean {
    return (
      this._queue.length > 0 ||
      this._removeUpTo !== null ||
      this._isStateWanted ||
      this._isRenamed ||
      this._isBeatWanted
    );
  }

  private async _step(): Promise<void> {
    const { api, document, store } = this._options;
    if (this._removeUpTo !== null) {
      const upTo = this._removeUpTo;
      await this._ask(signal => api.remove(this.id, upTo, signal));
      if (this._removeUpTo === upTo) {
        this._removeUpTo = null;
        this._acknowledged = 0;
      }
      return;
    }
    if (this._isStateWanted) {
      if (this._isClosed) {
        // The edits that the server lacks stay in the browser.
        this._isLocal = true;
      } else {
        this.addState();
      }
      return;
    }
    // The same again if no answer came: the server may have it.
    const records = this._queue.slice(0, this._asked || undefined);
    const [first] = records;
    const last = records.at(-1);
    if (first && last) {
      const head =
        first.kind === 'state' ? (this._head ?? document.head) : undefined;
      const body = { after: first.seq - 1, records, head };
      this._asked = records.length;
      await this._ask(signal => api.append(this.id, body, signal));
      this._isBeatWanted = false;
      this._acknowledged = last.seq;
      this._asked = 0;
      this._queue = this._queue.filter(({ seq }) => seq > last.seq);
      void store.acknowledge(this.id, last.seq);
      return;
    }
    if (this._isRenamed) {
      this._isRenamed = false;
      if (this._acknowledged > 0) {
        try {
          const { path } = document.head;
          await this._ask(signal => api.rename(this.id, path, signal));
        } catch (error) {
          this._isStateWanted = true;
          throw error;
        }
      }
      return;
    }
    this._isBeatWanted = false;
    if (this._acknowledged > 0) {
      const body = { after: this._acknowledged, records: [] };
      await this._ask(signal => api.append(this.id, body, signal));
    }
  }

  /** Whether to go on at once. */
  private _recover(error: unknown): boolean {
    if (!(error instanceof ApiError)) {
      return false;
    }
    if (error.status === 409) {
      const last = error.details.last;
      this._last = Math.max(this._last, typeof last === 'number' ? last : 0);
      this._isStateWanted = this._removeUpTo === null;
      return this._failures++ < 3;
    }
    if (error.status === 413) {
      if (this._queue[0]?.kind === 'state') {
        // Not even a state alone fits: the browser has to keep it.
        this._isLocal = true;
      } else {
        this._isStateWanted = true;
      }
      return true;
    }
    if (error.status === 404 && error.reason === '') {
      // The server's half is missing.
      this._isLocal = true;
      return true;
    }
    if (error.status === 400 || error.status === 404) {
      this._isStateWanted = this._removeUpTo === null;
      if (this._failures++ >= 3) {
        this._isLocal = true;
      }
      return true;
    }
    return false;
  }

  private async _wait(): Promise<void> {
    this._failures = 0;
    this._pause = Math.min(
      Math.max(this._pause * 2, FIRST_PAUSE),
      LONGEST_PAUSE
    );
    const pause = this._pause;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, pause);
      this._wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this._wake = null;
  }

  private async _ask<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = (this._abort = new AbortController());
    const timer = setTimeout(() => abort.abort(), TIMEOUT);
    try {
      return await ask(abort.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  private _abort: AbortController | null = null;
  private _queue: IDraftRecord[] = [];
  /** How many of the queue were sent in a request that was not answered. */
  private _asked = 0;
  private _head: INewHead | null = null;
  private _last = 0;
  private _acknowledged = 0;
  private _stateSize = 0;
  private _deltaSize = 0;
  private _removeUpTo: number | null = null;
  private _isStateWanted = false;
  private _isRenamed = false;
  private _isBeatWanted = false;
  private _isLocal = false;
  private _isClosed = false;
  private _isDisposed = false;
  private _failures = 0;
  private _pause = 0;
  private _pumping: Promise<void> | null = null;
  private _kept: Promise<boolean> = Promise.resolve(true);
  private _wake: (() => void) | null = null;
}

export namespace Journal {
  export interface IOptions {
    id: string;
    api: DraftsApi;
    store: IDraftStore;
    document: IDocumentState;
  }
}
