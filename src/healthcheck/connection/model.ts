import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IConnection, IReturn, Reach } from '../../core/health';
import type { IBeat, Outcome } from './heart';
import type { IHeartbeat } from './heartbeat';
import type { IIdentity } from './identity';

/** So many looks in a row must fail. */
const MISSES = 3;

/** Every so many answers the server is asked who it is: one that is started again between two beats misses none. */
const ASK_EVERY = 10;

/** An answer is of now if it is not older than this, in ms. */
const RECENT = 10_000;

/** Whether the server answers, judged by the heartbeat. */
export class Connection implements IConnection, IDisposable {
  constructor(private readonly _options: Connection.IOptions) {
    _options.heartbeat.beat.connect(this._onBeat, this);
    const { signal } = this._life;
    document.addEventListener('visibilitychange', this._onVisibility, {
      signal
    });
    for (const event of ['online', 'offline']) {
      window.addEventListener(event, this._onNetwork, { signal });
    }
    this._onVisibility();
  }

  get reach(): Reach {
    return this._reach;
  }

  get since(): number | null {
    return this._since;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get returned(): ISignal<this, IReturn> {
    return this._returned;
  }

  get isDisposed(): boolean {
    return this._life.signal.aborted;
  }

  check(): Promise<void> {
    if (this.isDisposed) {
      return Promise.resolve();
    }
    return new Promise(resolve => {
      this._waiting.push(resolve);
      this._options.heartbeat.look();
    });
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._life.abort();
    this._options.heartbeat.dispose();
    this._settle();
    Signal.clearData(this);
  }

  private _onBeat(_: unknown, { outcome, sent }: IBeat): void {
    if (outcome === 'answer') {
      this._onAnswer(sent);
    } else if (outcome !== 'unsure') {
      this._onMiss(outcome, sent);
    }
    // One miss tells nothing: another look follows at once, unless the page is hidden.
    if (this._misses === 0 || this._since !== null || document.hidden) {
      this._settle();
    }
  }

  private _onMiss(outcome: Outcome, sent: number): void {
    this._misses++;
    if (this._misses === 1) {
      this._missed =
        sent - this._answered < RECENT && this._answered > 0
          ? this._answered
          : sent;
      this._options.identity.remember();
    }
    if (this._misses < MISSES) {
      return;
    }
    const reach: Reach = !this._options.isOnline()
      ? 'offline'
      : outcome === 'silent'
        ? 'stalled'
        : 'unreachable';
    if (reach !== this._reach) {
      this._reach = reach;
      this._since ??= this._missed;
      this._changed.emit();
    }
  }

  private _onAnswer(sent: number): void {
    const hadMissed = this._misses > 0;
    const since = this._since;
    this._misses = 0;
    this._answered = sent;
    this._answers++;
    if (since !== null) {
      this._reach = 'reachable';
      this._since = null;
      this._changed.emit();
      void this._welcome(Date.now() - since);
    } else if (hadMissed || this._isNew || this._answers % ASK_EVERY === 0) {
      void this._welcome(null);
    }
    this._isNew = false;
  }

  /** Ask the server that answers who it is; `outage` is null where none was seen. */
  private async _welcome(outage: number | null): Promise<void> {
    const isOther = await this._options.identity.isOther();
    if (this.isDisposed) {
      return;
    }
    if (isOther === null) {
      // It could not say: ask again with the next answer.
      this._isNew = true;
    }
    if (outage !== null || isOther) {
      this._returned.emit({ restarted: isOther === true, outage: outage ?? 0 });
    }
  }

  private _settle(): void {
    const waiting = this._waiting;
    this._waiting = [];
    for (const resolve of waiting) {
      resolve();
    }
  }

  private readonly _onVisibility = (): void => {
    if (document.hidden) {
      this._options.heartbeat.stop();
      if (this._since === null) {
        this._misses = 0;
      }
      this._settle();
    } else {
      // It may have been started again while nobody looked.
      this._isNew = true;
      this._options.heartbeat.start();
    }
  };

  private readonly _onNetwork = (): void => {
    if (!document.hidden) {
      this._options.heartbeat.look();
    }
  };

  private _answered = 0;
  private _answers = 0;
  private readonly _changed = new Signal<this, void>(this);
  /** The next answer is one that the server has to say with who it is. */
  private _isNew = true;
  private readonly _life = new AbortController();
  private _missed = 0;
  private _misses = 0;
  private _reach: Reach = 'reachable';
  private readonly _returned = new Signal<this, IReturn>(this);
  private _since: number | null = null;
  private _waiting: (() => void)[] = [];
}

export namespace Connection {
  export interface IOptions {
    heartbeat: IHeartbeat;
    identity: IIdentity;
    /** Whether the browser has a network. */
    isOnline: () => boolean;
  }
}
