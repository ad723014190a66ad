import { Signal } from '@lumino/signaling';

import type { IJob, IJobRequest, IJobs, IMoved } from '../../../core/tokens';
import { DEFAULT_VIEW } from '../../../core/tokens';

export function makeJob(job: Partial<IJob> = {}): IJob {
  return {
    id: 'a',
    kind: 'delete',
    path: 'data',
    destination: null,
    state: 'running',
    total: 5000,
    done: 0,
    failed: 0,
    skipped: 0,
    errors: [],
    started: '2026-01-01T00:00:00Z',
    finished: null,
    copiedBytes: 0,
    totalBytes: 0,
    reason: null,
    ...job
  };
}

export function makeRequest(request: Partial<IJobRequest> = {}): IJobRequest {
  return {
    kind: 'delete',
    path: 'data',
    view: DEFAULT_VIEW,
    generation: '7',
    selection: { all: true, names: [], except: [], ranges: [] },
    count: 5000,
    destination: null,
    ...request
  };
}

/** A server with jobs, whose state a test sets. */
export class FakeJobs implements IJobs {
  readonly rang = new Signal<this, string | null>(this);
  readonly jobs = new Map<string, IJob>();
  readonly calls: string[] = [];
  /** Errors that the next starts end with, and the requests that were made. */
  refusals: Error[] = [];
  requests: IJobRequest[] = [];

  put(job: Partial<IJob> = {}): IJob {
    const made = makeJob(job);
    this.jobs.set(made.id, made);
    return made;
  }

  /** What the jobs have moved; an error is what the server answers. */
  whatMoved: IMoved[] | null | Error = null;

  moved(id: string): Promise<IMoved[] | null> {
    this.calls.push(`moved ${id}`);
    return this.whatMoved instanceof Error
      ? Promise.reject(this.whatMoved)
      : Promise.resolve(this.whatMoved);
  }

  list(): Promise<IJob[]> {
    this.calls.push('list');
    return Promise.resolve([...this.jobs.values()]);
  }

  start(request: IJobRequest): Promise<IJob> {
    this.calls.push('start');
    this.requests.push(request);
    const refusal = this.refusals.shift();
    return refusal
      ? Promise.reject(refusal)
      : Promise.resolve(this.put({ kind: request.kind, total: request.count }));
  }

  cancel(id: string): Promise<IJob> {
    this.calls.push(`cancel ${id}`);
    const job = this.jobs.get(id);
    if (!job) {
      return Promise.reject(new Error('no such job'));
    }
    if (job.finished) {
      this.jobs.delete(id);
      return Promise.resolve(job);
    }
    return Promise.resolve(this.put({ ...job, state: 'cancelling' }));
  }
}
