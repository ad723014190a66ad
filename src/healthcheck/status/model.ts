import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { ApiError } from '../../core/request';
import type { IConnection } from '../../core/tokens';
import type { ICheck, ISample, ISamples } from '../types';
import type { SamplesApi } from './api';

/** Samples older than this, by the newest, are let go, in ms: as long as the server keeps them. */
const KEPT = 10 * 60_000;
/** Time between two looks where only the status bar shows them, in ms. All samples made meanwhile come then. */
const LEISURELY = 5_000;
/** Nothing asks faster than this, whatever the server says, in ms. */
const FASTEST = 500;
/** Times between two tries while the server does not answer, in ms. */
const RETRIES = [2_000, 4_000, 8_000, 16_000, 30_000];
/** The same where the server knows no such figures, in ms. */
const MISSING_INTERVAL = 600_000;

/** `live` shows every sample as it is made, `leisurely` the figures of now. */
export type Pace = 'live' | 'leisurely';

/** Why there are no figures of now. `missing`: the server does not tell them at all. */
export type Trouble = 'missing' | 'refused' | 'unreachable';

/**
 * The server's figures of the last minutes: one request for all who show them, and none while nobody does or the page is hidden.
 */
export class HealthSamples implements IDisposable {
  constructor({ api, connection }: HealthSamples.IOptions) {
    this._api = api;
    this._connection = connection ?? null;
    const { signal } = this._life;
    document.addEventListener('visibilitychange', this._wake, { signal });
    this._connection?.returned.connect(this._onReturned, this);
    this._connection?.changed.connect(this._onConnection, this);
    this._poll = new Poll({
      auto: false,
      name: 'cloudru-jlab:health-samples',
      factory: () => this.refresh(),
      frequency: {
        interval: LEISURELY,
        backoff: false,
        max: MISSING_INTERVAL
      },
      standby: () => !this._isWanted
    });
  }

  /** Oldest first. */
  get samples(): readonly ISample[] {
    return this._samples;
  }

  get latest(): ISample | null {
    return this._samples.at(-1) ?? null;
  }

  get checks(): readonly ICheck[] {
    return this._checks;
  }

  /** Null while the figures are those of now. */
  get trouble(): Trouble | null {
    const reach = this._connection?.reach ?? 'reachable';
    return (
      this._trouble ?? (reach === 'reachable' ? null : ('unreachable' as const))
    );
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._life.signal.aborted;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._life.abort();
    this._poll.dispose();
    this._connection?.returned.disconnect(this._onReturned, this);
    this._connection?.changed.disconnect(this._onConnection, this);
    Signal.clearData(this);
  }

  /** Keep the figures fresh until the result is disposed. */
  watch(pace: Pace): IDisposable {
    const watcher = { pace };
    this._watchers.add(watcher);
    this._wake();
    return new DisposableDelegate(() => {
      this._watchers.delete(watcher);
    });
  }

  /** Ask what is new, with one request for all who ask at a time. Never rejects: `trouble` tells. */
  refresh(): Promise<void> {
    if (this.isDisposed) {
      return Promise.resolve();
    }
    this._asking ??= this._ask().finally(() => {
      this._asking = null;
      this._asked = Date.now();
      if (!this.isDisposed) {
        this._schedule();
      }
    });
    return this._asking;
  }

  private get _isWanted(): boolean {
    return this._watchers.size > 0 && !document.hidden;
  }

  /** Time between two requests, in ms. */
  private get _interval(): number {
    if (this._trouble === 'missing') {
      return MISSING_INTERVAL;
    }
    if (this._failures > 0) {
      const rank = Math.min(this._failures, RETRIES.length) - 1;
      return RETRIES[rank] ?? LEISURELY;
    }
    const isLive = [...this._watchers].some(({ pace }) => pace === 'live');
    return isLive ? this._step : Math.max(this._step, LEISURELY);
  }

  private readonly _wake = (): void => {
    if (!this._isWanted || this.isDisposed || this._asking) {
      return;
    }
    const passed = Date.now() - this._asked;
    if (passed < 0 || passed >= this._interval) {
      void this.refresh();
    } else {
      this._schedule(this._interval - passed);
    }
  };

  private _onReturned(): void {
    this._failures = 0;
    if (this._isWanted || this._trouble === 'missing') {
      void this.refresh();
    }
  }

  private _onConnection(): void {
    this._changed.emit();
  }

  private _schedule(wait = this._interval): void {
    this._poll.frequency = {
      ...this._poll.frequency,
      interval: this._interval
    };
    void this._poll.schedule({ interval: wait, phase: 'resolved' });
  }

  private async _ask(): Promise<void> {
    const { signal } = this._life;
    try {
      let answer = await this._api.since(this._last, signal);
      if (
        !this.isDisposed &&
        this._last > 0 &&
        (answer.instance !== this._instance || answer.last < this._last)
      ) {
        // The server has started anew, and counts from the beginning.
        this._samples = [];
        this._last = 0;
        answer = await this._api.since(0, signal);
      }
      if (this.isDisposed) {
        return;
      }
      this._failures = 0;
      this._trouble = null;
      this._take(answer);
    } catch (error) {
      if (this.isDisposed) {
        return;
      }
      this._failures++;
      this._trouble =
        error instanceof ApiError && error.status < 500
          ? error.status === 404
            ? 'missing'
            : 'refused'
          : 'unreachable';
    }
    this._changed.emit();
  }

  private _take(answer: ISamples): void {
    const { instance, interval_seconds, last, samples, checks } = answer;
    this._instance = instance;
    this._last = last;
    this._step = Math.max(interval_seconds * 1000, FASTEST);
    this._checks = checks;
    const all = [...this._samples, ...samples];
    const newest = all.at(-1);
    const begin = newest ? Date.parse(newest.time) - KEPT : 0;
    const first = all.findIndex(({ time }) => Date.parse(time) >= begin);
    this._samples = first > 0 ? all.slice(first) : all;
  }

  private readonly _api: Pick<SamplesApi, 'since'>;
  /** When the last request ended. */
  private _asked = 0;
  private _asking: Promise<void> | null = null;
  private readonly _changed = new Signal<this, void>(this);
  private _checks: readonly ICheck[] = [];
  private readonly _connection: IConnection | null;
  private _failures = 0;
  private _instance = '';
  private _last = 0;
  private readonly _life = new AbortController();
  private readonly _poll: Poll;
  private _samples: readonly ISample[] = [];
  private _step = 2_000;
  private _trouble: Trouble | null = null;
  private readonly _watchers = new Set<{ pace: Pace }>();
}

export namespace HealthSamples {
  export interface IOptions {
    api: Pick<SamplesApi, 'since'>;
    connection?: IConnection | null;
  }
}
