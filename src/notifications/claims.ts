import { UUID } from '@lumino/coreutils';

import { MAX_CLAIM } from './api';
import type { NotificationsApi } from './api';
import { isRefused } from './outbox';
import type { INotification } from './types';

/** Whether this page shows notifications now: after how many ms that nobody else did, 0 at once; null not at all. */
export type Presence = () => number | null;

interface IAttempt {
  readonly ids: readonly string[];
  readonly attempt: string;
}

/** Decides with the server which page shows what, so that each user is shown each notification once. */
export class Claims {
  constructor({ api, rows, granted, signal, storage, key }: Claims.IOptions) {
    this._api = api;
    this._rows = rows;
    this._granted = granted;
    this._signal = signal;
    this._storage = storage;
    this._key = `cloudru-jlab:notifications:claim:${key}`;
    // A claim of this tab that the end of the page before left without an answer.
    this._open = this._recall();
  }

  /** Null while nobody here shows notifications. */
  get presence(): Presence | null {
    return this._presence;
  }
  set presence(presence: Presence | null) {
    this._presence = presence;
    void this.run();
  }

  /** The server has answered: the rows are there. */
  ready(): Promise<void> {
    this._isReady = true;
    return this.run();
  }

  /** Claim what there is to be shown. To be called when the page comes or goes. */
  async run(): Promise<void> {
    if (this._isRunning || !this._isReady || this._signal.aborted) {
      return;
    }
    this._isRunning = true;
    try {
      while (this._isPresent && (this._open ??= this._next())) {
        this._remember(this._open);
        if (!(await this._claim(this._open))) {
          return;
        }
      }
    } finally {
      this._isRunning = false;
    }
  }

  /** Forget everything: the store is another one. */
  reset(): void {
    this._open = null;
    this._remember(null);
    this._claimed.clear();
    this._firstSeen.clear();
  }

  dispose(): void {
    clearTimeout(this._timer);
  }

  private get _isPresent(): boolean {
    return (this._presence?.() ?? null) !== null;
  }

  /** The next claim to be made now, or null. */
  private _next(): IAttempt | null {
    const delay = this._presence?.() ?? null;
    const now = Date.now();
    const candidates = this._rows().filter(
      ({ id, seq, shown, read, dismissed }) =>
        !shown && !read && !dismissed && seq > (this._claimed.get(id) ?? -1)
    );
    this._forget(candidates);
    clearTimeout(this._timer);
    if (delay === null || candidates.length === 0) {
      return null;
    }
    let wait = Infinity;
    const due = candidates.filter(({ id }) => {
      const since = this._firstSeen.get(id) ?? now;
      this._firstSeen.set(id, since);
      // A clock that was moved back must not make it wait for ever.
      const left = Math.min(delay, since + delay - now);
      wait = Math.min(wait, left > 0 ? left : Infinity);
      return left <= 0;
    });
    if (Number.isFinite(wait)) {
      this._timer = window.setTimeout(() => void this.run(), wait);
    }
    if (due.length === 0) {
      return null;
    }
    const some = due.slice(0, MAX_CLAIM);
    for (const { id, seq } of some) {
      this._claimed.set(id, seq);
    }
    return { ids: some.map(({ id }) => id), attempt: UUID.uuid4() };
  }

  /** Make a claim; whether it was answered. */
  private async _claim({ ids, attempt }: IAttempt): Promise<boolean> {
    let answer: readonly string[] = [];
    try {
      answer = await this._api.claim(ids, attempt, this._signal);
    } catch (error) {
      if (this._signal.aborted || !isRefused(error)) {
        // It may have been granted: the same attempt will tell, when the server answers again.
        return false;
      }
      console.warn('cloudru-jlab: a claim was refused.', error);
    }
    if (this._signal.aborted) {
      return false;
    }
    this._open = null;
    const granted = new Set(answer);
    const rows = this._rows().filter(
      ({ id, read, dismissed }) => granted.has(id) && !read && !dismissed
    );
    if (rows.length > 0) {
      this._granted(rows.reverse());
    }
    this._remember(null);
    return true;
  }

  /** Keep no more than there is: what is no candidate any more was shown, or is gone. */
  private _forget(candidates: readonly INotification[]): void {
    if (this._firstSeen.size > candidates.length) {
      const ids = new Set(candidates.map(({ id }) => id));
      for (const id of this._firstSeen.keys()) {
        if (!ids.has(id)) {
          this._firstSeen.delete(id);
        }
      }
    }
    if (this._claimed.size > 2 * MAX_CLAIM) {
      const unshown = new Set(
        this._rows().flatMap(({ id, shown }) => (shown ? [] : [id]))
      );
      for (const id of this._claimed.keys()) {
        if (!unshown.has(id)) {
          this._claimed.delete(id);
        }
      }
    }
  }

  private _remember(open: IAttempt | null): void {
    try {
      if (open) {
        this._storage?.setItem(this._key, JSON.stringify(open));
      } else {
        this._storage?.removeItem(this._key);
      }
    } catch {
      // Storage is full or forbidden: then a reload at the wrong moment shows less.
    }
  }

  private _recall(): IAttempt | null {
    try {
      const open = JSON.parse(
        this._storage?.getItem(this._key) ?? 'null'
      ) as Partial<IAttempt> | null;
      return open?.attempt && Array.isArray(open.ids)
        ? { ids: open.ids, attempt: open.attempt }
        : null;
    } catch {
      return null;
    }
  }

  private readonly _api: NotificationsApi;
  /** The sequence number that a row had when it was claimed: only a later state can be new to the user. */
  private readonly _claimed = new Map<string, number>();
  private readonly _firstSeen = new Map<string, number>();
  private readonly _granted: (rows: readonly INotification[]) => void;
  private _isReady = false;
  private _isRunning = false;
  private readonly _key: string;
  private _open: IAttempt | null;
  private _presence: Presence | null = null;
  private readonly _rows: () => readonly INotification[];
  private readonly _signal: AbortSignal;
  private readonly _storage: Storage | null;
  private _timer: number | undefined;
}

export namespace Claims {
  export interface IOptions {
    api: NotificationsApi;
    /** What the page knows, newest first. */
    rows: () => readonly INotification[];
    /** Some were granted to this page; oldest first. */
    granted: (rows: readonly INotification[]) => void;
    signal: AbortSignal;
    /** Where an unanswered claim survives a reload of the tab. */
    storage: Storage | null;
    /** Tells servers of one origin apart. */
    key: string;
  }
}
