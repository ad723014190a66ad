import { PromiseDelegate } from '@lumino/coreutils';
import { Poll } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { isAborted } from '../core/request';
import type {
  IAnchor,
  IDirectoryView,
  IHead,
  ILocation,
  IRow,
  IViewChange,
  IViewOptions,
  IViewParams
} from '../core/tokens';
import { DEFAULT_VIEW } from '../core/tokens';
import type { IChanges, IPage, ListingApi } from './api';
import { MAX_LIMIT } from './api';
import { headOf, isBusy } from './head';
import { land } from './landing';
import type { Window } from './landing';
import { PAGE_SIZE } from './pages';
import { asError, rangeAround, RowLoader } from './rows';

/** Time between polls while the server is still scanning or sorting, in milliseconds. */
const BUSY_INTERVAL = 300;

/** Time between polls of a directory at rest, in milliseconds; JupyterLab's own. */
const REST_INTERVAL = 10_000;

/** How often a generation that is outdated before it is shown is asked for anew; the next poll goes on. */
const ATTEMPTS = 4;

/**
 * One directory as the page sees it. The server has the names in order; here are the rows near what is on the screen, of exactly one
 * generation, and the logic that moves from one generation to the next without the user losing the place.
 */
export class DirectoryView implements IDirectoryView {
  constructor(
    private readonly _api: ListingApi,
    options: IViewOptions = {}
  ) {
    this._params = { ...DEFAULT_VIEW, ...options.params };
    this._interval = options.interval ?? REST_INTERVAL;
    this._loader = new RowLoader(_api, {
      loaded: page => {
        this._setHead(page);
        this._setError(null);
        this._changed.emit({ kind: 'rows' });
      },
      failed: error => this._setError(error),
      stale: () => void this.sync(true).catch(() => undefined)
    });
    this._poll = new Poll({
      auto: false,
      name: 'cloudru-jlab:listing:DirectoryView',
      factory: () => this.sync(),
      frequency: { interval: this._interval, backoff: true, max: 300_000 },
      standby: options.standby ?? 'when-hidden'
    });
  }

  anchor: ((modeChanged: boolean) => IAnchor | null) | null = null;
  held: (() => 'hard' | 'soft' | 'order' | null) | null = null;

  get path(): string {
    return this._path;
  }

  get params(): Readonly<IViewParams> {
    return this._params;
  }

  get head(): IHead | null {
    return this._head;
  }

  get error(): Error | null {
    return this._error;
  }

  get changed(): ISignal<this, IViewChange> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._poll.dispose();
    this._loading?.abort();
    this._life.abort();
    this._loader.dispose();
    this._released.resolve();
    Signal.clearData(this);
  }

  open(path: string): Promise<void> {
    this._target = path;
    return this._reset();
  }

  configure(params: Partial<IViewParams>): Promise<void> {
    const next = { ...this._params, ...params };
    const same = (Object.keys(next) as (keyof IViewParams)[]).every(
      key => next[key] === this._params[key]
    );
    if (same) {
      return this._configuring ?? Promise.resolve();
    }
    this._params = next;
    if (this._target === null) {
      return Promise.resolve();
    }
    // Several settings are usually set in one go: one request for them all.
    this._configuring ??= Promise.resolve().then(() => {
      this._configuring = null;
      return this._reset();
    });
    return this._configuring;
  }

  sync(force = false): Promise<void> {
    this._force ||= force;
    if (this._target === null || this._isDisposed) {
      return Promise.resolve();
    }
    if (!this._syncing) {
      return this._beginSync();
    }
    // The running one may have asked before the change that this caller knows of: one more after it.
    this._nextSync ??= this._syncing
      .catch(() => undefined)
      .then(() => {
        this._nextSync = null;
        return this._beginSync();
      });
    return this._nextSync;
  }

  release(): void {
    this._released.resolve();
    this._released = new PromiseDelegate();
    if (this._waiting) {
      this._waiting = false;
      this.ring();
    }
  }

  /** Something may have happened to the directory: ask the server what. */
  ring(): void {
    if (this._target !== null && !this._isDisposed) {
      const interval = Poll.IMMEDIATE;
      void this._poll.schedule({ interval, phase: 'refreshed' });
    }
  }

  want(first: number, last: number): void {
    this._window = [first, last];
    this._loader.want(first, last);
  }

  load(first: number, last: number): Promise<void> {
    return this._loader.load(first, last);
  }

  row(index: number): IRow | undefined {
    return this._loader.cache.row(index);
  }

  indexOf(path: string): number {
    return this._loader.cache.indexOf(path);
  }

  *rows(): IterableIterator<IRow> {
    const [first, last] = this._window;
    for (let index = first; index < last; index++) {
      const row = this.row(index);
      if (row) {
        yield row;
      }
    }
  }

  locate(name: string, path = this._path): Promise<ILocation> {
    const params = this._loader.shown?.params ?? this._params;
    return this._api.locate(path, params, { name }, this._life.signal);
  }

  locatePrefix(prefix: string, after: number): Promise<ILocation> {
    const params = this._loader.shown?.params ?? this._params;
    const wanted = { prefix, after };
    return this._api.locate(this._path, params, wanted, this._life.signal);
  }

  async cancelSort(): Promise<void> {
    const { sort } = this._params;
    await this._api.cancelSort(this._path, sort, this._life.signal);
    await this.configure({ sort: 'name', order: 'asc', force: false });
  }

  /** Show the target directory with the current parameters from the top. */
  private _reset(): Promise<void> {
    const run = this._load(this._renew()).finally(() => {
      if (this._resetting === run) {
        this._resetting = null;
      }
    });
    this._resetting = run;
    return run;
  }

  private async _load(signal: AbortSignal): Promise<void> {
    const path = this._target ?? '';
    const params = this._params;
    const range = { offset: 0, limit: PAGE_SIZE };
    try {
      const page = await this._api.page(path, params, range, signal);
      if (!signal.aborted) {
        this._show(path, params, page);
        this._changed.emit({ kind: 'reset' });
      }
    } catch (error) {
      if (isAborted(error)) {
        return;
      }
      this._path = path;
      this._head = null;
      this._loader.reset(null);
      this._changed.emit({ kind: 'reset' });
      this._setError(asError(error));
      throw error;
    }
  }

  private _beginSync(): Promise<void> {
    const force = this._force;
    this._force = false;
    const run = this._sync(force).finally(() => {
      if (this._syncing === run) {
        this._syncing = null;
      }
    });
    this._syncing = run;
    return run;
  }

  private async _sync(force: boolean): Promise<void> {
    const head = this._head;
    if (this._resetting) {
      return this._resetDone();
    }
    if (!head) {
      return this._reset();
    }
    const { signal } = this._life;
    const { epoch } = this._loader;
    try {
      const changes = await this._ask(head, signal);
      const isNew = changes.generation !== head.generation;
      const mode = changes.mode !== head.mode;
      const may = !isNew || (await this._mayMove(mode, epoch, force));
      if (this._resetting) {
        // The user has gone elsewhere meanwhile, which nothing may stop.
        return await this._resetDone();
      }
      if (epoch !== this._loader.epoch || !may) {
        return;
      }
      if (isNew) {
        await this._move(mode);
      } else {
        this._patch(changes);
      }
    } catch (error) {
      const isPast = this._resetting || epoch !== this._loader.epoch;
      if (isAborted(error) || this._isDisposed || isPast) {
        return;
      }
      this._setError(asError(error));
      throw error;
    }
  }

  /** The end of the reset under way; its error is for those who asked for it. */
  private async _resetDone(): Promise<void> {
    await this._resetting?.catch(() => undefined);
  }

  private _ask(head: IHead, signal: AbortSignal): Promise<IChanges> {
    const { params = this._params } = this._loader.shown ?? {};
    const [first, last] = this._loader.clip(...this._window);
    const range = {
      offset: first,
      limit: Math.min(MAX_LIMIT, Math.max(1, last - first)),
      generation: head.generation
    };
    const since = this._loader.cache.seq(first, last);
    return this._api.changes(this._path, params, range, since, signal);
  }

  /** Whether the rows may change places now; a forced move waits until they may. */
  private async _mayMove(
    modeChanged: boolean,
    epoch: number,
    force: boolean
  ): Promise<boolean> {
    for (;;) {
      const hold = this.held?.() ?? null;
      const free =
        hold === null ||
        (hold !== 'hard' && force) ||
        (hold === 'order' && !modeChanged);
      if (free) {
        return true;
      }
      this._waiting = true;
      if (!force) {
        return false;
      }
      await this._released.promise;
      if (this._isDisposed || this._loader.epoch !== epoch) {
        return false;
      }
    }
  }

  private _patch(changes: IChanges): void {
    const { cache } = this._loader;
    const writable = this._head?.writable ?? false;
    for (const { index, row } of changes.rows) {
      cache.patch(index, row);
    }
    cache.current(...this._loader.clip(...this._window), changes.seq);
    this._setHead({ ...changes, writable });
    this._setError(null);
    this._changed.emit({ kind: changes.rows.length > 0 ? 'rows' : 'head' });
    // A preview grows at its end, where there may now be rows to fill the window with.
    this._loader.allow();
    this._loader.want(...this._window);
  }

  /** Go over to the current generation, the anchor staying in its place on the screen. */
  private async _move(modeChanged: boolean): Promise<void> {
    const signal = this._renew();
    const path = this._path;
    const { params = this._params } = this._loader.shown ?? {};
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const anchor = this.anchor?.(modeChanged) ?? null;
      const landing = await land({
        anchor,
        window: this._window,
        page: window =>
          this._api.page(path, params, rangeAround(...window), signal),
        locate: name => this._api.locate(path, params, { name }, signal)
      });
      if (!landing) {
        continue;
      }
      if (signal.aborted) {
        return;
      }
      const { page, window, to } = landing;
      this._window = window;
      this._show(path, params, page);
      this._changed.emit({
        kind: 'moved',
        anchor: anchor && { path: anchor.path, from: anchor.index, to }
      });
      return;
    }
  }

  private _show(
    path: string,
    params: Readonly<IViewParams>,
    page: IPage
  ): void {
    const { generation, total } = page;
    this._path = path;
    this._loader.reset({ path, params, generation, total }, page);
    this._setHead(page);
    this._setError(null);
  }

  private _setHead(head: IHead): void {
    this._head = headOf(head);
    this._loader.grow(head.total);
    const interval = isBusy(head) ? BUSY_INTERVAL : this._interval;
    const { frequency, state } = this._poll;
    if (frequency.interval !== interval || state.phase === 'constructed') {
      this._poll.frequency = { ...frequency, interval };
      void this._poll.schedule({ interval, phase: 'resolved' });
    }
  }

  /** Cancel the loads under way, for a new one. */
  private _renew(): AbortSignal {
    this._loading?.abort();
    this._loader.cancel();
    const controller = (this._loading = new AbortController());
    return controller.signal;
  }

  private _setError(error: Error | null): void {
    if (this._error !== error) {
      this._error = error;
      this._changed.emit({ kind: 'error' });
    }
  }

  private readonly _changed = new Signal<this, IViewChange>(this);
  private readonly _interval: number;
  private readonly _life = new AbortController();
  private readonly _loader: RowLoader;
  private readonly _poll: Poll<void>;
  private _configuring: Promise<void> | null = null;
  private _error: Error | null = null;
  private _force = false;
  private _head: IHead | null = null;
  private _isDisposed = false;
  private _loading: AbortController | null = null;
  private _nextSync: Promise<void> | null = null;
  private _params: IViewParams;
  private _path = '';
  private _released = new PromiseDelegate<void>();
  private _resetting: Promise<void> | null = null;
  private _syncing: Promise<void> | null = null;
  private _target: string | null = null;
  private _waiting = false;
  private _window: Window = [0, 100];
}
