import type { Event } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { HEALTHCHECK_EVENT } from '../../core/ids';
import { ApiError } from '../../core/request';
import type { IConnection } from '../../core/tokens';
import type { IDeath } from '../types';
import type { DeathsApi } from './api';
import { mayLive } from './words';

/** Time to the next try while the server has not answered once, in ms. */
const RETRY = 5_000;

/** Whether an emission of the server's event stream says that a kernel died. Nothing else in it is believed. */
function isDeath({ schema_id, kind }: Event.Emission): boolean {
  return (
    typeof schema_id === 'string' &&
    schema_id.includes(HEALTHCHECK_EVENT) &&
    kind === 'death'
  );
}

/** Why kernels died, as the server tells it; fetched when it rings, and when somebody asks. */
export class Deaths implements IDisposable {
  constructor({ api, events, connection }: Deaths.IOptions) {
    this._api = api;
    this._events = events;
    this._connection = connection;
    events.stream.connect(this._onEvent, this);
    connection?.returned.connect(this._onReturn, this);
    this.ready = this._begin();
  }

  /** The server has answered for the first time, or knows of no deaths. Never rejects. */
  readonly ready: Promise<void>;

  /** Oldest first. */
  get all(): readonly IDeath[] {
    return [...this._all.values()];
  }

  /** The sequence number of the newest. */
  get last(): number {
    return this._last;
  }

  /** These are new, oldest first. Not told of what was there when the page was loaded. */
  get arrived(): ISignal<this, readonly IDeath[]> {
    return this._arrived;
  }

  /** These were none: the gateway was silent for a while, and has their kernels. */
  get withdrawn(): ISignal<this, readonly IDeath[]> {
    return this._withdrawn;
  }

  get isDisposed(): boolean {
    return this._life.signal.aborted;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._life.abort();
    this._events.stream.disconnect(this._onEvent, this);
    this._connection?.returned.disconnect(this._onReturn, this);
    Signal.clearData(this);
  }

  /** Look for new ones. Never rejects. Calls while one is under way are answered by one more after it. */
  refresh(): Promise<void> {
    if (!this._asking) {
      this._asking = this._refresh().finally(() => {
        this._asking = null;
      });
      return this._asking;
    }
    this._next ??= this._asking.then(() => {
      this._next = null;
      return this.refresh();
    });
    return this._next;
  }

  /** What is there when the page is loaded must be known before anything can be called new. */
  private async _begin(): Promise<void> {
    await this.refresh();
    while (!this._isKnown && !this.isDisposed) {
      await new Promise(resolve => setTimeout(resolve, RETRY));
      await this.refresh();
    }
  }

  private async _refresh(): Promise<void> {
    try {
      const { signal } = this._life;
      const doubtful = this.all.filter(mayLive);
      let answer = await this._api.list(this._last, signal);
      if (answer.last < this._last) {
        // The server has lost what it knew, and counts anew.
        answer = await this._api.list(0, signal);
      }
      const standing =
        doubtful.length > 0 && answer.last !== this._last
          ? (await this._api.list(0, signal)).deaths
          : doubtful;
      if (this.isDisposed) {
        return;
      }
      const isFirst = !this._isKnown;
      this._isKnown = true;
      this._last = answer.last;
      const fresh = answer.deaths
        // The same one comes again when more is known of it.
        .filter(({ id, seq }) => this._all.get(id)?.seq !== seq)
        .sort((a, b) => a.seq - b.seq);
      const withdrawn = doubtful.filter(
        ({ id }) => !standing.some(other => other.id === id)
      );
      withdrawn.forEach(({ id }) => this._all.delete(id));
      fresh.forEach(death => {
        this._all.delete(death.id);
        this._all.set(death.id, death);
      });
      if (withdrawn.length > 0) {
        this._withdrawn.emit(withdrawn);
      }
      if (!isFirst && fresh.length > 0) {
        this._arrived.emit(fresh);
      }
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) {
        // The server has no healthcheck, or the user no right to it.
        this._isKnown = true;
      } else if (!this.isDisposed) {
        console.warn(error);
      }
    }
  }

  private _onEvent(_: unknown, emission: Event.Emission): void {
    if (isDeath(emission)) {
      void this.refresh();
    }
  }

  private _onReturn(): void {
    void this.refresh();
  }

  private readonly _all = new Map<string, IDeath>();
  private readonly _api: DeathsApi;
  private readonly _arrived = new Signal<this, readonly IDeath[]>(this);
  private _asking: Promise<void> | null = null;
  private readonly _connection: IConnection | null;
  private readonly _events: Event.IManager;
  private _isKnown = false;
  private _last = 0;
  private readonly _life = new AbortController();
  private _next: Promise<void> | null = null;
  private readonly _withdrawn = new Signal<this, readonly IDeath[]>(this);
}

export namespace Deaths {
  export interface IOptions {
    api: DeathsApi;
    events: Event.IManager;
    connection: IConnection | null;
  }
}
