import type { ServerConnection } from '@jupyterlab/services';

import type { Query } from '../core/request';
import { requestJson } from '../core/request';
import type {
  IHead,
  IJob,
  IJobRequest,
  ILocation,
  IMoved,
  IRow,
  IViewParams
} from '../core/tokens';

/** The largest number of rows that one request may ask for. */
export const MAX_LIMIT = 1000;

/** A request for some rows. Without `generation` the answer is of the current one. */
export interface IRange {
  offset: number;
  limit: number;
  generation?: string;
}

export interface IPage extends IHead {
  path: string;
  seq: number;
  offset: number;
  rows: IRow[];
}

export interface IChanges extends IHead {
  path: string;
  seq: number;
  rows: { index: number; row: IRow }[];
}

interface IWireParams {
  sort: string;
  order: string;
  filter: string;
  match: string;
  filter_directories: boolean;
  locale: string;
  natural: boolean;
  notebooks_first: boolean;
  hidden: boolean;
  dirs_only: boolean;
  force: boolean;
}

/** The view parameters under the names of the wire. */
export function toWire(view: Readonly<IViewParams>): IWireParams {
  return {
    sort: view.sort,
    order: view.order,
    filter: view.filter,
    match: view.match,
    filter_directories: view.filterDirectories,
    locale: view.locale,
    natural: view.natural,
    notebooks_first: view.notebooksFirst,
    hidden: view.hidden,
    dirs_only: view.dirsOnly,
    force: view.force
  };
}

function query(view: Readonly<IViewParams>): Query {
  return { ...toWire(view) };
}

/** The routes of the listing service. */
export class ListingApi {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  page(
    path: string,
    view: Readonly<IViewParams>,
    range: IRange,
    signal: AbortSignal
  ): Promise<IPage> {
    return requestJson(this._settings, 'listing', {
      query: { path, ...range, ...query(view) },
      signal
    });
  }

  changes(
    path: string,
    view: Readonly<IViewParams>,
    range: Required<IRange>,
    since: number,
    signal: AbortSignal
  ): Promise<IChanges> {
    return requestJson(this._settings, 'listing/changes', {
      query: { path, ...range, since, ...query(view) },
      signal
    });
  }

  locate(
    path: string,
    view: Readonly<IViewParams>,
    wanted: { name: string } | { prefix: string; after: number },
    signal: AbortSignal
  ): Promise<ILocation> {
    return requestJson(this._settings, 'listing/locate', {
      query: { path, ...wanted, ...query(view) },
      signal
    });
  }

  cancelSort(path: string, sort: string, signal: AbortSignal): Promise<void> {
    return requestJson(this._settings, 'listing/order', {
      method: 'DELETE',
      query: { path, sort },
      signal
    });
  }

  async startJob(request: IJobRequest, signal: AbortSignal): Promise<IJob> {
    return fromWire(
      await requestJson<IWireJob>(this._settings, 'listing/jobs', {
        method: 'POST',
        body: { ...request, view: toWire(request.view) },
        signal
      })
    );
  }

  async jobs(signal: AbortSignal): Promise<IJob[]> {
    const answer = await requestJson<{ jobs: IWireJob[] }>(
      this._settings,
      'listing/jobs',
      { signal }
    );
    return answer.jobs.map(fromWire);
  }

  /** What a job has moved so far; null where it was on too many entries to tell. */
  async moved(id: string, signal: AbortSignal): Promise<IMoved[] | null> {
    const { moved } = await requestJson<IWireDetails>(
      this._settings,
      `listing/jobs/${encodeURIComponent(id)}`,
      { signal }
    );
    return (
      moved?.map(({ from_path, to_path }) => ({
        from: from_path,
        to: to_path
      })) ?? null
    );
  }

  async cancelJob(id: string, signal: AbortSignal): Promise<IJob> {
    return fromWire(
      await requestJson<IWireJob>(
        this._settings,
        `listing/jobs/${encodeURIComponent(id)}`,
        { method: 'DELETE', signal }
      )
    );
  }
}

interface IWireJob extends Omit<IJob, 'copiedBytes' | 'totalBytes'> {
  copied_bytes: number;
  total_bytes: number;
}

interface IWireDetails extends IWireJob {
  moved: { from_path: string; to_path: string }[] | null;
}

function fromWire(job: IWireJob): IJob {
  const { copied_bytes, total_bytes, ...same } = job;
  return { ...same, copiedBytes: copied_bytes, totalBytes: total_bytes };
}
