import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IBeat, Order } from './heart';
import { heart } from './heart';

/** Looks at the server time and again. */
export interface IHeartbeat extends IDisposable {
  readonly beat: ISignal<unknown, IBeat>;
  /** Beat from now on, the first time at once. */
  start(): void;
  stop(): void;
  /** Beat once, at once, whether started or not. */
  look(): void;
}

/** What the worker runs. */
export function workerSource(): string {
  return `const take = (${heart.toString()})(beat => self.postMessage(beat));
self.onmessage = event => take(event.data);`;
}

/**
 * The heartbeat in a worker of its own: a page that is busy drawing is not late with it, and does not take its own slowness for the
 * server's. Where the page may have no worker it beats in the page.
 */
export class Heartbeat implements IHeartbeat {
  /** @param url - absolute address of the route that tells that the server is alive */
  constructor(private readonly _url: string) {}

  get beat(): ISignal<this, IBeat> {
    return this._beat;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  start(): void {
    this._isStarted = true;
    this._give({ kind: 'start', url: this._url });
  }

  stop(): void {
    this._isStarted = false;
    this._give({ kind: 'stop' });
  }

  look(): void {
    this._give({ kind: 'look', url: this._url });
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._take?.({ kind: 'stop' });
    this._worker?.terminate();
    Signal.clearData(this);
  }

  private _give(order: Order): void {
    if (!this._isDisposed) {
      this._take ??= this._work();
      this._take(order);
    }
  }

  private _work(): (order: Order) => void {
    const source = new Blob([workerSource()], { type: 'text/javascript' });
    const address = URL.createObjectURL(source);
    let worker: Worker;
    try {
      worker = new Worker(address);
    } catch {
      // Forbidden by a content security policy.
      URL.revokeObjectURL(address);
      return this._beatHere();
    }
    this._worker = worker;
    worker.onmessage = ({ data }: MessageEvent<IBeat>) => {
      URL.revokeObjectURL(address);
      worker.onerror = null;
      this._beat.emit(data);
    };
    // Other browsers tell so that it is forbidden.
    worker.onerror = event => {
      event.preventDefault();
      URL.revokeObjectURL(address);
      worker.terminate();
      if (this._isDisposed) {
        return;
      }
      this._take = this._beatHere();
      this._take({ kind: this._isStarted ? 'start' : 'look', url: this._url });
    };
    return order => worker.postMessage(order);
  }

  private _beatHere(): (order: Order) => void {
    return heart(beat => {
      if (!this._isDisposed) {
        this._beat.emit(beat);
      }
    });
  }

  private readonly _beat = new Signal<this, IBeat>(this);
  private _isDisposed = false;
  private _isStarted = false;
  private _take: ((order: Order) => void) | null = null;
  private _worker: Worker | null = null;
}
