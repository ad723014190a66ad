import type { Contents } from '@jupyterlab/services';
import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { Poll } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';

export type SortKey = 'name' | 'modified' | 'size' | 'created';

/** What decides which rows of a directory are shown, and in which order. */
export interface IViewParams {
  sort: SortKey;
  order: 'asc' | 'desc';
  filter: string;
  match: 'substring' | 'prefix' | 'fuzzy';
  /** Whether the filter applies to directories too. */
  filterDirectories: boolean;
  /** BCP 47 tag of the collation. */
  locale: string;
  natural: boolean;
  notebooksFirst: boolean;
  hidden: boolean;
  dirsOnly: boolean;
  /** Sort a huge directory by time or size although every entry has to be looked at. */
  force: boolean;
}

export const DEFAULT_VIEW: IViewParams = {
  sort: 'name',
  order: 'asc',
  filter: '',
  match: 'substring',
  filterDirectories: true,
  locale: 'en',
  natural: true,
  notebooksFirst: false,
  hidden: false,
  dirsOnly: false,
  force: false
};

/** One row: a contents model without content. */
export interface IRow extends Contents.IModel {
  /** The name is not UTF-8; it is shown with replacement characters, can be deleted, but not opened. */
  undecodable?: boolean;
}

/** What is known of a view besides its rows. */
export interface IHead {
  readonly generation: string;
  /** Rows in the view, after the filter. */
  readonly total: number;
  /** Rows in the view were there no filter. */
  readonly unfiltered: number;
  /** The scan is finished. */
  readonly complete: boolean;
  readonly mode: 'preview' | 'sorted';
  /** Share of the work done, 0 to 1, where it is known. */
  readonly progress: number | null;
  /** Entries seen so far. */
  readonly scanned: number;
  /** The kind of match that the filter really used. */
  readonly match: IViewParams['match'];
  /** The order asked for needs a look at every entry of a huge directory, so the rows are by name. */
  readonly deferred: boolean;
  readonly writable: boolean;
  /** The server watches the directory: changes from outside arrive by event. */
  readonly watched: boolean;
}

export interface ILocation {
  generation: string;
  total: number;
  /** The row in the view, or null when the name is not in it. */
  index: number | null;
  name: string | null;
  /** Whether an entry of that name is on the disk, in the view or not. */
  exists: boolean;
}

/**
 * - `reset`: another directory, or other view parameters: start from the top;
 * - `moved`: a new generation: row `anchor.from` is now row `anchor.to`;
 * - `rows`: rows were loaded, or changed where they stand;
 * - `head`: counts and progress;
 * - `error`: `error` was set or cleared.
 */
export interface IViewChange {
  kind: 'reset' | 'moved' | 'rows' | 'head' | 'error';
  anchor?: { path: string; from: number; to: number | null } | null;
}

/** The row that is to stay where it is when the generation changes. */
export interface IAnchor {
  path: string;
  name: string;
  index: number;
}

/** One directory as one client sees it: rows by index, loaded as they are needed. */
export interface IDirectoryView extends IDisposable {
  readonly path: string;
  readonly params: Readonly<IViewParams>;
  /** Null until the first rows have come, and after the first request has failed. */
  readonly head: IHead | null;
  /** Why the rows cannot be shown or brought up to date. */
  readonly error: Error | null;
  readonly changed: ISignal<IDirectoryView, IViewChange>;

  /** Asked just before a new generation replaces the rows. */
  anchor: ((modeChanged: boolean) => IAnchor | null) | null;
  /** While it answers 'hard' nothing moves; 'soft' yields to `sync(true)`, 'order' keeps only the switch to sorted order waiting. */
  held: (() => 'hard' | 'soft' | 'order' | null) | null;

  /** Show a directory. Rejects when its first rows cannot be had; a newer call makes an older one resolve without effect. */
  open(path: string): Promise<void>;
  /** Change the view. Before `open` it is only noted. */
  configure(params: Partial<IViewParams>): Promise<void>;
  /** Bring the rows up to date. With `force` soft holds are ignored and hard ones waited for. */
  sync(force?: boolean): Promise<void>;
  /** To be called when what `held` reported is over. */
  release(): void;

  /** The rows that are to be kept current: `first` to `last`, exclusive. */
  want(first: number, last: number): void;
  /** Make sure that the rows are there. */
  load(first: number, last: number): Promise<void>;
  row(index: number): IRow | undefined;
  /** The index of a loaded row, or -1. */
  indexOf(path: string): number;
  /** The loaded rows among those that are kept current, in order. */
  rows(): IterableIterator<IRow>;

  locate(name: string, path?: string): Promise<ILocation>;
  locatePrefix(prefix: string, after: number): Promise<ILocation>;
  cancelSort(): Promise<void>;
}

export interface IViewOptions {
  /** Time between two polls of a directory at rest, in milliseconds. */
  interval?: number;
  standby?: Poll.Standby | (() => boolean | Poll.Standby);
  params?: Partial<IViewParams>;
}

/** Which entries a bulk action is about, in the terms of one generation of one view. */
export interface ISelectionSpec {
  all: boolean;
  names: string[];
  except: string[];
  ranges: [number, number][];
}

export interface IJobRequest {
  kind: 'delete' | 'copy' | 'move';
  path: string;
  view: Readonly<IViewParams>;
  generation: string;
  selection: ISelectionSpec;
  /** How many entries the user has confirmed. */
  count: number;
  destination: string | null;
}

export interface IJob {
  id: string;
  kind: IJobRequest['kind'];
  path: string;
  destination: string | null;
  state: 'running' | 'cancelling' | 'cancelled' | 'done' | 'failed';
  total: number;
  done: number;
  failed: number;
  skipped: number;
  errors: { name: string; message: string }[];
  started: string;
  finished: string | null;
  /** What is written of about `totalBytes`, which is 0 where nothing need be copied. */
  copiedBytes: number;
  totalBytes: number;
  /** The server's code of a failure that has one, such as `no_space`. */
  reason: string | null;
}

/** An entry that a job has moved; what lies below it went with it. */
export interface IMoved {
  from: string;
  to: string;
}

/** The bulk actions of the server; all calls reject with the server's error. */
export interface IJobs {
  /** A job has news; carries its id. */
  readonly rang: ISignal<unknown, string | null>;
  list(): Promise<IJob[]>;
  start(request: IJobRequest): Promise<IJob>;
  /** Ask a running job to stop; forget a finished one. */
  cancel(id: string): Promise<IJob>;
  /** What a job has moved so far; null where it was on too many entries to tell. */
  moved(id: string): Promise<IMoved[] | null>;
}

/** The client of the paged listing service. */
export interface IListing {
  readonly jobs: IJobs;
  createView(options?: IViewOptions): IDirectoryView;
}

export const IListing = new Token<IListing>(
  'cloudru-jlab:IListing',
  'Directories of any size, row by row, from the paged listing service.'
);

/** How a root was when the server last looked at it. */
export type RootState =
  | 'available'
  | 'missing'
  | 'not_mounted'
  | 'permission_denied'
  | 'not_answering';

/** One of the folders of the server that JupyterLab shows. */
export interface IRoot {
  name: string;
  title: string;
  /** Empty for the default root, else `@name`: a slash and a path inside the root follow it in every API path. */
  prefix: string;
  /** The operator lets users write to it. */
  writable: boolean;
  default: boolean;
  /** The name of an icon of JupyterLab (`ui-components:folder`), or empty. */
  icon: string;
  order: number;
  /** Whether hidden files may be listed. */
  hidden: boolean;
  symlinks: 'deny' | 'inside' | 'follow';
  /** The user added it, and may remove it. */
  added: boolean;
  state: RootState;
  /** Why it is not available, in the server's words. */
  message: string | null;
  fileSystem: string | null;
  freeBytes: number | null;
  totalBytes: number | null;
  freeInodes: number | null;
  totalInodes: number | null;
}

/** A path, as the root it is in and the way inside it. */
export interface IRootPath {
  root: IRoot;
  /** Without slashes at the ends; empty for the root itself. */
  inside: string;
}

export interface INewRoot {
  /** Absolute path on the server. */
  path: string;
  title?: string;
  readOnly?: boolean;
}

/** The roots of the server. Paths are API paths without a drive. */
export interface IRoots {
  /** In the order in which users see them; empty until the server has answered, and always where there is one root alone. */
  readonly roots: readonly IRoot[];
  /** The server has answered for the first time, or could not. Never rejects. */
  readonly ready: Promise<void>;
  /** `roots` or `mayAdd` is another than before. */
  readonly changed: ISignal<IRoots, void>;
  /** The user may add roots. */
  readonly mayAdd: boolean;
  /** The root of a path; null while the roots are not known, and where there is one root alone. */
  rootOf(path: string): IRootPath | null;
  /** Ask the server to look at all roots again. Rejects with the server's error. */
  refresh(): Promise<void>;
  /** The absolute path on the server. Rejects with the server's error. */
  realPath(path: string, signal?: AbortSignal): Promise<string>;
  add(root: INewRoot): Promise<IRoot>;
  remove(name: string): Promise<void>;
}

export const IRoots = new Token<IRoots>(
  'cloudru-jlab:IRoots',
  'The folders of the server that JupyterLab shows: the default root, and those beside it.'
);

export { INotifications } from './notifications';

export { IConnection, IDrafts } from './health';
