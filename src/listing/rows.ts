import { ApiError, isAborted } from '../core/request';
import type { IRow, IViewParams } from '../core/tokens';
import type { IPage, IRange, ListingApi } from './api';
import { MAX_LIMIT } from './api';
import { PAGE_SIZE, PageCache } from './pages';

/** How many rows beyond those asked for are to be at hand. */
const AHEAD = 24;

/** How many rows beyond those asked for a jump fetches: some to scroll through before there is more to fetch. */
const JUMP_AHEAD = 48;

/** The directory, view and generation that rows belong to. */
export interface IShown {
  readonly path: string;
  readonly params: Readonly<IViewParams>;
  readonly generation: string;
  readonly total: number;
}

export interface IRowEvents {
  loaded: (page: IPage) => void;
  failed: (error: Error) => void;
  /** The generation is gone: its rows cannot be had any more. */
  stale: () => void;
}

interface IFetch {
  first: number;
  last: number;
  controller: AbortController;
}

/** The rows of one generation: what is at hand, and the requests for what is not. */
export class RowLoader {
  constructor(
    private readonly _api: ListingApi,
    private readonly _events: IRowEvents
  ) {}

  readonly cache = new PageCache();

  get shown(): IShown | null {
    return this._shown;
  }

  /** Changes whenever the rows become those of something else. */
  get epoch(): number {
    return this._epoch;
  }

  /** Forget the rows, and begin with those of `page`, or with none. */
  reset(shown: IShown | null, page?: IPage): void {
    this.cancel();
    this.allow();
    this.cache.clear();
    this._epoch++;
    this._shown = shown;
    if (page) {
      this.cache.put(page.offset, page.rows, page.seq);
    }
  }

  /** Another count of rows in the same generation: a preview grows. */
  grow(total: number): void {
    if (this._shown && this._shown.total !== total) {
      this._shown = { ...this._shown, total };
    }
  }

  cancel(): void {
    this._fetch?.controller.abort();
    this._fetch = null;
  }

  /** What has failed may be tried again. */
  allow(): void {
    this._failed = null;
  }

  dispose(): void {
    this.reset(null);
    this._loads.abort();
  }

  /** Fetch what is missing near these rows. A call for other rows cancels the request of an older one. */
  want(first: number, last: number): void {
    this.cache.touch(first, last);
    const near = this.clip(first - AHEAD, last + AHEAD);
    const missing = this.cache.missing(...near);
    if (!missing) {
      return;
    }
    // A jump waits for no more than it shows and what is near; ahead of a scroll whole pages are fetched.
    const seen = this.clip(first, last);
    const isNeeded = this.cache.missing(...seen) !== null;
    const [from, to] = isNeeded ? seen : missing;
    const [failedFirst = -1, failedLast = -1] = this._failed ?? [];
    if (failedFirst <= from && failedLast >= to) {
      // Whoever draws wants them with every frame: it is not asked again before the server has answered something else.
      return;
    }
    const running = this._fetch;
    if (running) {
      if (!isNeeded || (running.first <= from && running.last >= to)) {
        return;
      }
      running.controller.abort();
    }
    const range = isNeeded
      ? this.clip(first - JUMP_AHEAD, last + JUMP_AHEAD)
      : missing;
    const controller = new AbortController();
    const fetch = { first: range[0], last: range[1], controller };
    this._fetch = fetch;
    void this._get(fetch.first, fetch.last, controller.signal)
      .catch(() => undefined)
      .finally(() => {
        if (this._fetch === fetch) {
          this._fetch = null;
        }
      });
  }

  /** Make sure that these rows are there; not cancelled by `want`. */
  async load(first: number, last: number): Promise<void> {
    const epoch = this._epoch;
    for (let at = first; at < last; at += MAX_LIMIT - PAGE_SIZE) {
      const part = this.clip(at, Math.min(last, at + MAX_LIMIT - PAGE_SIZE));
      const missing = this.cache.missing(...part);
      if (missing) {
        await this._get(...missing, this._loads.signal);
      }
      if (epoch !== this._epoch) {
        return;
      }
    }
  }

  clip(first: number, last: number): [number, number] {
    const total = this._shown?.total ?? 0;
    const from = Math.max(0, Math.min(first, total));
    return [from, Math.max(from, Math.min(last, total))];
  }

  private async _get(
    first: number,
    last: number,
    signal: AbortSignal
  ): Promise<void> {
    const shown = this._shown;
    // Another order of the same directory may have the same generation.
    const epoch = this._epoch;
    if (!shown) {
      return;
    }
    const { path, params, generation } = shown;
    const limit = Math.min(MAX_LIMIT, last - first);
    const range = { offset: first, limit, generation };
    try {
      const page = await this._api.page(path, params, range, signal);
      if (signal.aborted || epoch !== this._epoch) {
        return;
      }
      this.cache.put(page.offset, page.rows, page.seq);
      this._events.loaded(page);
    } catch (error) {
      if (isAborted(error) || epoch !== this._epoch) {
        return;
      }
      if (error instanceof ApiError && error.reason === 'stale_generation') {
        this._events.stale();
        return;
      }
      this._failed = [first, last];
      this._events.failed(asError(error));
      throw error;
    }
  }

  private readonly _loads = new AbortController();
  private _epoch = 0;
  private _failed: [number, number] | null = null;
  private _fetch: IFetch | null = null;
  private _shown: IShown | null = null;
}

/** The whole pages that hold these rows and some around them. */
export function rangeAround(first: number, last: number): IRange {
  const offset = Math.floor(Math.max(0, first - AHEAD) / PAGE_SIZE) * PAGE_SIZE;
  const end = Math.ceil((last + AHEAD) / PAGE_SIZE) * PAGE_SIZE;
  return {
    offset,
    limit: Math.min(MAX_LIMIT, Math.max(PAGE_SIZE, end - offset))
  };
}

/** Whether the page holds those of the rows `first` to `last` that there are. */
export function covers(page: IPage, first: number, last: number): boolean {
  const end = page.offset + page.rows.length;
  return page.offset <= first && (end >= last || end >= page.total);
}

/** The row of an entry among those of the page, or null. */
export function indexIn(page: IPage, path: string): number | null {
  const at = page.rows.findIndex((row: IRow) => row.path === path);
  return at < 0 ? null : page.offset + at;
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
