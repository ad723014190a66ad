import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { ApiError } from '../../core/request';
import type { INewWatch, IWatch, WatchesApi } from './api';

/** What the server watches for this user. */
export class Watches implements IDisposable {
  constructor(private readonly _api: WatchesApi) {}

  get all(): readonly IWatch[] {
    return [...this._all.values()];
  }

  /** The server has said what it watches. */
  get isKnown(): boolean {
    return this._isKnown;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._life.signal.aborted;
  }

  dispose(): void {
    this._life.abort();
    Signal.clearData(this);
  }

  /** Rejects when the server does not answer. Calls while one is under way are answered by one more after it. */
  refresh(): Promise<void> {
    if (!this._asking) {
      this._asking = this._refresh().finally(() => {
        this._asking = null;
      });
      return this._asking;
    }
    this._next ??= this._asking
      .catch(() => undefined)
      .then(() => {
        this._next = null;
        return this.refresh();
      });
    return this._next;
  }

  /** Rejects with the server's error. */
  async add(watch: INewWatch): Promise<IWatch> {
    this._changes++;
    const added = await this._api.add(watch, this._life.signal);
    this._changes++;
    this._all.set(added.id, added);
    this._tell();
    return added;
  }

  /** Rejects with the server's error; one that is no longer there is none. */
  async remove(id: string): Promise<void> {
    this._changes++;
    try {
      await this._api.remove(id, this._life.signal);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) {
        throw error;
      }
    }
    this._changes++;
    this._all.delete(id);
    this._tell();
  }

  private async _refresh(): Promise<void> {
    for (;;) {
      const changes = this._changes;
      const watches = await this._api.list(this._life.signal);
      if (changes === this._changes) {
        this._isKnown = true;
        this._all = new Map(watches.map(watch => [watch.id, watch]));
        this._tell();
        return;
      }
      // Asked before a change of ours: the answer may not know of it.
    }
  }

  private _tell(): void {
    if (!this.isDisposed) {
      this._changed.emit();
    }
  }

  private _all = new Map<string, IWatch>();
  private _asking: Promise<void> | null = null;
  private _changes = 0;
  private readonly _changed = new Signal<this, void>(this);
  private _isKnown = false;
  private readonly _life = new AbortController();
  private _next: Promise<void> | null = null;
}
