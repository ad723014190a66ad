import { compareVersions, PageConfig, PathExt } from '@jupyterlab/coreutils';
import { shouldOverwrite } from '@jupyterlab/docmanager';
import type { DirListing } from '@jupyterlab/filebrowser';
import {
  CHUNK_SIZE,
  FilterFileBrowserModel,
  LARGE_FILE_SIZE
} from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import type { IScore } from '@jupyterlab/ui-components';
import { Poll } from '@lumino/polling';

import { languageOf } from '../core/i18n';
import { ApiError, isAborted } from '../core/request';
import type {
  IDirectoryView,
  IListing,
  IRow,
  IViewChange,
  IViewParams
} from '../core/tokens';
import type { IModelInternals } from './internals';

const SORT_KEYS: Record<DirListing.SortableColumn, IViewParams['sort']> = {
  name: 'name',
  last_modified: 'modified',
  file_size: 'size',
  date_created: 'created'
};

/** A file browser model that holds the rows on the screen, and asks the listing service for others. */
export class WindowedModel extends FilterFileBrowserModel {
  constructor(options: WindowedModel.IOptions) {
    super(options);
    this.view = options.listing.createView({
      interval: options.refreshInterval,
      standby: options.refreshStandby,
      params: {
        locale: languageOf(options.translator),
        filterDirectories: this.filterDirectories,
        hidden: this.includeHiddenFiles
      }
    });
    this.view.changed.connect(this._onViewChanged, this);
    // The view polls; the stock poll stays for what asks for a refresh.
    const poll = this._base._poll;
    poll.frequency = { ...poll.frequency, interval: Poll.NEVER };
  }

  /** The rows, by number. */
  readonly view: IDirectoryView;

  /** Where the text of the filter box is read: the filter function that comes from there does not tell. */
  filterText: () => string = () => '';

  /** Why nothing can be written at a path, in words; null where it can. */
  whyUnchangeable: (path: string) => string | null = () => null;

  /** The top of the root that a path is in: where to go when the directory is gone. */
  topOf: (path: string) => string = () => '';

  override dispose(): void {
    this.view.dispose();
    super.dispose();
  }

  /** The rows at hand that are on the screen or near it. */
  override items(): IterableIterator<Contents.IModel> {
    return this.view ? this.view.rows() : super.items();
  }

  override async refresh(): Promise<void> {
    await this._bringUpToDate(true);
    if (!this.isDisposed) {
      this._base._refreshed.emit();
    }
  }

  override async cd(path = '.'): Promise<void> {
    const base = this._base;
    const isRefresh = path === '.';
    const { contents } = this.manager.services;
    let target = isRefresh
      ? (base._pendingPath ?? this.path)
      : contents.resolvePath(this.path, path);
    if (!isWithin(target, this.root)) {
      if (!isRefresh) {
        return;
      }
      target = this.root;
    }
    if (base._pending && target === base._pendingPath) {
      return base._pending;
    }
    if (target === this.path && this.view.head && !base._pending) {
      return this._bringUpToDate(!isRefresh);
    }
    base._pendingPath = target;
    const pending = this._open(target).finally(() => {
      if (base._pending === pending) {
        base._pending = null;
        base._pendingPath = null;
      }
    });
    base._pending = pending;
    return pending;
  }

  override async restore(id: string, populate = true): Promise<void> {
    const base = this._base;
    if (base._key) {
      return;
    }
    const key = (base._key = `file-browser-${id}:cwd`);
    const state = base._state;
    if (populate && state) {
      await this.manager.services.ready;
      try {
        const saved = (await state.fetch(key)) as { path?: string } | undefined;
        if (saved?.path) {
          const { contents } = this.manager.services;
          await contents.get(saved.path, { content: false });
          await this.cd(`/${contents.localPath(saved.path)}`);
        }
      } catch {
        await state.remove(key);
      }
    }
    base._restored.resolve();
  }

  override setFilter(
    filter: (value: Contents.IModel) => Partial<IScore> | null
  ): void {
    this._base._filter = filter;
    if (this.view) {
      // The box may not have been emptied yet when the filter is taken away.
      const text = passesAll(filter) ? '' : this.filterText();
      const match = this.useFuzzyFilter ? 'fuzzy' : 'substring';
      this._configure({ filter: text, match });
    }
  }

  override get filterDirectories(): boolean {
    return super.filterDirectories;
  }

  override set filterDirectories(value: boolean) {
    super.filterDirectories = value;
    this._configure({ filterDirectories: value });
  }

  override showHiddenFiles(value: boolean): void {
    super.showHiddenFiles(value);
    this._configure({ hidden: value });
  }

  /** Sort as the listing says. */
  sortBy(
    state: DirListing.ISortState,
    notebooksFirst: boolean,
    natural: boolean
  ): void {
    const sort = SORT_KEYS[state.key];
    const force = this.view.params.sort === sort && this.view.params.force;
    this._configure({
      sort,
      order: state.direction === 'descending' ? 'desc' : 'asc',
      notebooksFirst,
      natural,
      force
    });
  }

  /** What to highlight in the name of a row. */
  highlight(row: IRow): number[] | null {
    const { filter } = this.view.params;
    if (!filter || (row.type === 'directory' && !this.filterDirectories)) {
      return null;
    }
    const name = row.name.toLowerCase();
    if (this.view.head?.match === 'fuzzy') {
      return this._base._filter(row)?.indices ?? null;
    }
    const start = name.indexOf(filter.toLowerCase());
    return start < 0
      ? null
      : Array.from({ length: filter.length }, (_, i) => start + i);
  }

  /** Whether an entry stands in a directory, whatever the rows at hand say. */
  async exists(name: string, directory = this.path): Promise<boolean> {
    return (await this.view.locate(name, directory)).exists;
  }

  override async upload(file: File, path?: string): Promise<Contents.IModel> {
    const base = this._base;
    if (!this.allowFileUploads) {
      throw new Error(base._trans.__('File uploads are disabled'));
    }
    const closed = this.whyUnchangeable(path ?? this.path);
    if (closed !== null) {
      throw new Error(closed);
    }
    const version = PageConfig.getNotebookVersion();
    const canChunk =
      compareVersions(version, [4, 0, 0]) < 0 ||
      compareVersions(version, [5, 1, 0]) >= 0;
    if (file.size > LARGE_FILE_SIZE) {
      if (!canChunk) {
        // Stock has the words for it.
        return super.upload(file, path);
      }
      if (!(await base._shouldUploadLarge(file))) {
        // What callers of stock get, too.
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw 'Cancelled large file upload';
      }
    }
    await base._uploadCheckDisposed();
    // Not even the rows of this very directory are all here, and the path may be that of another one.
    const taken = await this.exists(file.name, path ?? this.path);
    await base._uploadCheckDisposed();
    if (taken && !(await shouldOverwrite(file.name, this.translator))) {
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw 'File not uploaded';
    }
    await base._uploadCheckDisposed();
    const chunked = canChunk && file.size > CHUNK_SIZE;
    return base._upload(file, chunked, path);
  }

  protected override handleContents(contents: Contents.IModel): void {
    super.handleContents(contents);
    // Which rows are at hand must not decide which of them run.
    this._base._paths = new ChildPaths(contents.path);
  }

  private async _open(target: string): Promise<void> {
    const base = this._base;
    const { services } = this.manager;
    const oldValue = this.path;
    const opened = this.view.open(target);
    const described = services.contents
      .get(target, { content: false })
      .catch(() => null);
    try {
      await opened;
    } catch (error) {
      if (this.isDisposed || base._pendingPath !== target) {
        return;
      }
      const fallback = this._fallback(target);
      const isMissing = error instanceof ApiError && error.status === 404;
      if (isMissing && target !== fallback && target !== '') {
        base._pendingPath = null;
        base._pending = null;
        error.message = base._trans.__('Directory not found: "%1"', target);
        base._connectionFailure.emit(error);
        return this.cd(fallback);
      }
      if (!isAborted(error) && error instanceof Error) {
        // The panel shows it, with a way to try again.
        base._connectionFailure.emit(error);
      }
    }
    if (
      this.isDisposed ||
      base._pendingPath !== target ||
      this.view.path !== target
    ) {
      return;
    }
    if (oldValue !== target) {
      base._sessions.length = 0;
    }
    this.handleContents({
      ...base._model,
      path: target,
      name: PathExt.basename(target),
      writable: this.view.head?.writable ?? false,
      content: [...this.view.rows()]
    });
    if (oldValue !== target) {
      if (base._state && base._key) {
        void base._state.save(base._key, { path: target });
      }
      base._pathChanged.emit({ name: 'path', oldValue, newValue: target });
    }
    this.onRunningChanged(services.sessions, services.sessions.running());
    void described.then(model => {
      if (model && !this.isDisposed && this.path === target) {
        base._model = { ...model, content: undefined };
      }
    });
  }

  private async _bringUpToDate(force: boolean): Promise<void> {
    const { path } = this;
    if (force) {
      // What listens to the contents manager expects a refresh to ask it.
      void this.manager.services.contents
        .get(path, { content: false })
        .catch(() => null);
    }
    try {
      await this.view.sync(force);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404 && path) {
        // The directory that was shown is gone.
        const { _connectionFailure: failure, _trans: trans } = this._base;
        error.message = trans.__('Directory not found: "%1"', path);
        failure.emit(error);
        return this.cd(this._fallback(path));
      }
    }
  }

  private _fallback(path: string): string {
    if (this.root) {
      return this.root;
    }
    const top = this.topOf(path);
    return top && top !== path ? `/${top}` : '/';
  }

  private _configure(params: Partial<IViewParams>): void {
    // The error is the view's, and shows in the panel. Base constructors may call before there is a view.
    this.view?.configure(params).catch(() => undefined);
  }

  private _onViewChanged(_: unknown, change: IViewChange): void {
    const isNew = change.kind === 'reset' || change.kind === 'moved';
    if (isNew && !this._base._pending) {
      this._base._refreshed.emit();
    }
  }

  private get _base(): IModelInternals {
    return this as unknown as IModelInternals;
  }
}

export namespace WindowedModel {
  export interface IOptions extends FilterFileBrowserModel.IOptions {
    listing: IListing;
  }
}

/** Stands for the paths of all children of a directory, without a list of them. */
class ChildPaths extends Set<string> {
  constructor(private readonly _directory: string) {
    super();
  }

  override has(path: string): boolean {
    return PathExt.dirname(path) === this._directory;
  }
}

/** Whether a path is that of a directory or of something below it. */
function isWithin(path: string, directory: string): boolean {
  const inner = PathExt.removeSlash(path);
  const outer = PathExt.removeSlash(directory);
  return !outer || inner === outer || inner.startsWith(`${outer}/`);
}

/** Whether a filter lets everything pass: no text has both of these and is not empty. */
function passesAll(
  filter: (value: Contents.IModel) => Partial<IScore> | null
): boolean {
  return ['q', 'w'].every(name => filter({ name } as Contents.IModel) !== null);
}
