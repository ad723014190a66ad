import type { IDisposable } from '@lumino/disposable';
import { Poll, Throttler } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IJob, IJobRequest, IJobs } from '../../core/tokens';

/** How often running jobs are asked for where no event tells, in ms. */
const POLL_INTERVAL = 1000;

/** The least time between two requests that events cause, in ms. */
const DOORBELL_INTERVAL = 250;

/** Whether a job will not change any more. */
export function isFinished(job: IJob): boolean {
  return job.state !== 'running' && job.state !== 'cancelling';
}

/**
 * The bulk jobs that this page follows: those it started, and those it found on the server when it was opened.
 *
 * While one of them runs and the page is visible, the server is asked about all of them at once, every second and
 * soon after an event says that something changed. With nothing running there are no requests.
 */
export class BulkJobs implements IDisposable {
  constructor(options: BulkJobs.IOptions) {
    this._service = options.service;
    this._ended = options.ended ?? null;
    this._poll = new Poll({
      auto: false,
      factory: () => this._refresh(),
      frequency: { interval: POLL_INTERVAL, backoff: true, max: 30_000 },
      name: 'cloudru-jlab:browser:jobs',
      standby: options.standby ?? 'when-hidden'
    });
    this._doorbell = new Throttler(() => this._poll.refresh(), {
      limit: DOORBELL_INTERVAL,
      edge: 'trailing'
    });
    this._service.rang.connect(this._onRang, this);
  }

  /** A followed job is new, moved on, or finished. */
  get changed(): ISignal<this, IJob> {
    return this._changed;
  }

  /** The server does not know a followed job any more: it was restarted, or another page closed the job. */
  get lost(): ISignal<this, IJob> {
    return this._lost;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** The followed jobs, finished ones included until they are forgotten. */
  get jobs(): readonly IJob[] {
    return [...this._jobs.values()];
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._service.rang.disconnect(this._onRang, this);
    this._doorbell.dispose();
    this._poll.dispose();
    this._jobs.clear();
    Signal.clearData(this);
  }

  /** Start a bulk action; rejects with the server's error when it refuses. */
  async start(request: IJobRequest): Promise<IJob> {
    const job = await this._service.start(request);
    this._follow([job]);
    return job;
  }

  /** Follow the jobs that the server already has: a page that is opened again goes on where it was. */
  async resume(): Promise<void> {
    this._follow(await this._service.list());
  }

  /** Ask the server to stop a job after the entry it is at. */
  async cancel(id: string): Promise<void> {
    const job = await this._service.cancel(id);
    if (!this._isDisposed && this._jobs.has(id)) {
      this._take(job);
    }
  }

  /** Drop a finished job here and on the server, so that no page shows it again. */
  async forget(id: string): Promise<void> {
    const job = this._jobs.get(id);
    if (job && isFinished(job)) {
      this._jobs.delete(id);
      // What has to be done at its end may ask the server about it.
      const ending = this._endings.get(id);
      if (ending) {
        await ending;
        this._endings.delete(id);
      }
      await this._service.cancel(id);
    }
  }

  private _follow(jobs: readonly IJob[]): void {
    if (this._isDisposed) {
      return;
    }
    for (const job of jobs) {
      this._take(job);
    }
    if (this._running().length > 0) {
      void this._poll.start();
    }
  }

  private async _refresh(): Promise<void> {
    const jobs = await this._service.list();
    if (this._isDisposed) {
      return;
    }
    const known = new Map(jobs.map(job => [job.id, job]));
    for (const old of this._running()) {
      const job = known.get(old.id);
      if (job) {
        this._take(job);
      } else {
        this._jobs.delete(old.id);
        void this._end(old);
        this._lost.emit(old);
      }
    }
    if (this._running().length === 0) {
      void this._poll.stop();
    }
  }

  private _onRang(_: unknown, id: string | null): void {
    const job = id === null ? undefined : this._jobs.get(id);
    if (job && !isFinished(job) && !document.hidden) {
      // A failed refresh is the poll's matter; disposal rejects what waits.
      this._doorbell.invoke().catch(() => undefined);
    }
  }

  private _running(): IJob[] {
    return this.jobs.filter(job => !isFinished(job));
  }

  private _take(job: IJob): void {
    const old = this._jobs.get(job.id);
    this._jobs.set(job.id, job);
    if (this._ended && isFinished(job) && !(old && isFinished(old))) {
      this._endings.set(job.id, this._end(job));
    }
    if (
      !old ||
      old.state !== job.state ||
      old.done !== job.done ||
      old.failed !== job.failed ||
      old.skipped !== job.skipped ||
      old.copiedBytes !== job.copiedBytes ||
      old.total !== job.total
    ) {
      this._changed.emit(job);
    }
  }

  /** Do what has to be done when a job has ended. */
  private async _end(job: IJob): Promise<void> {
    try {
      await this._ended?.(job);
    } catch (error) {
      console.warn('What a job did could not be followed.', error);
    }
  }

  private _changed = new Signal<this, IJob>(this);
  private _doorbell: Throttler;
  private readonly _ended: ((job: IJob) => Promise<void>) | null;
  private readonly _endings = new Map<string, Promise<void>>();
  private _isDisposed = false;
  private _jobs = new Map<string, IJob>();
  private _lost = new Signal<this, IJob>(this);
  private _poll: Poll;
  private _service: IJobs;
}

export namespace BulkJobs {
  export interface IOptions {
    /** What talks to the server. */
    service: IJobs;

    /** Called when a job has ended, or is lost, before the server is told to forget it. */
    ended?: (job: IJob) => Promise<void>;

    /** When no requests are made although a job runs; by default while the page is hidden. */
    standby?: Poll.Standby;
  }
}
