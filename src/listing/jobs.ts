import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IJob, IJobRequest, IJobs, IMoved } from '../core/tokens';
import type { ListingApi } from './api';

/** The bulk actions of the server, for whoever follows them. */
export class Jobs implements IJobs, IDisposable {
  constructor(private readonly _api: ListingApi) {}

  get rang(): ISignal<this, string | null> {
    return this._rang;
  }

  get isDisposed(): boolean {
    return this._life.signal.aborted;
  }

  dispose(): void {
    if (!this.isDisposed) {
      this._life.abort();
      Signal.clearData(this);
    }
  }

  list(): Promise<IJob[]> {
    return this._api.jobs(this._life.signal);
  }

  start(request: IJobRequest): Promise<IJob> {
    return this._api.startJob(request, this._life.signal);
  }

  cancel(id: string): Promise<IJob> {
    return this._api.cancelJob(id, this._life.signal);
  }

  moved(id: string): Promise<IMoved[] | null> {
    return this._api.moved(id, this._life.signal);
  }

  /** A job has news. */
  ring(id: string | null): void {
    this._rang.emit(id);
  }

  private readonly _life = new AbortController();
  private readonly _rang = new Signal<this, string | null>(this);
}
