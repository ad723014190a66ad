import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { Contents } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type {
  IDirectoryView,
  IHead,
  IRow,
  IViewChange
} from '../../core/tokens';

/** How many rows a dialog shows at most: each is a node, and JupyterLab draws them all. */
export const SHOWN_ROWS = 500;

/** How many rows are looked at to find those that the caller's filter accepts. */
const EXAMINED_ROWS = 5000;

/** How many rows are examined between two looks at whether there are enough. */
const STEP = 1000;

/** What the dialog shows of a directory. */
export interface IExcerpt {
  shown: number;
  /** Rows that were looked at: more than are shown where the caller of the dialog filters. */
  examined: number;
  /** Rows that the search matches; all of the directory's without a search. */
  total: number;
  /** The server has seen the whole directory. */
  complete: boolean;
}

/**
 * Gives JupyterLab's own file dialog the beginning of a directory in place of all of it.
 *
 * The dialog builds its browser and model by itself, from the document manager it is given: so it is given one whose
 * contents manager answers for a directory with its first rows, those that match `query`.
 */
export class DialogContents implements IDisposable {
  constructor(options: DialogContents.IOptions) {
    this._contents = options.manager.services.contents;
    this._view = options.view;
    this._accepts = options.accepts;
    this._view.changed.connect(this._onViewChanged, this);
    const contents = overlay(this._contents, {
      get: (path: string, fetch?: Contents.IFetchOptions) =>
        this._get(path, fetch)
    });
    this.manager = overlay(options.manager, {
      services: overlay(options.manager.services, { contents })
    });
  }

  /** What the dialog is to be given as its document manager. */
  readonly manager: IDocumentManager;

  /** The directory has changed, or more of it is known: the dialog should ask again. */
  get outdated(): ISignal<this, void> {
    return this._outdated;
  }

  /** `excerpt` has changed. */
  get excerptChanged(): ISignal<this, IExcerpt | null> {
    return this._excerptChanged;
  }

  /** What is shown now; null where JupyterLab's own contents manager answered. */
  get excerpt(): IExcerpt | null {
    return this._excerpt;
  }

  /** What the user searches for. */
  get query(): string {
    return this._view.params.filter;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._view.changed.disconnect(this._onViewChanged, this);
    this._view.dispose();
    Signal.clearData(this);
  }

  /** Search; the dialog has to ask again. */
  async search(query: string): Promise<void> {
    await this._view.configure({ filter: query });
  }

  private async _get(
    path: string,
    options?: Contents.IFetchOptions
  ): Promise<Contents.IModel> {
    if (!options?.content || this._contents.driveName(path)) {
      return this._contents.get(path, options);
    }
    this._asking++;
    try {
      // The contents manager says what the directory is, and what is wrong with it, in the words the dialog knows.
      const [head, rows] = await Promise.all([
        this._contents.get(path, { content: false }),
        this._rows(this._contents.localPath(path))
      ]);
      if (rows === null || head.type !== 'directory') {
        this._setExcerpt(null);
        return await this._contents.get(path, options);
      }
      return { ...head, content: rows, format: 'json' };
    } finally {
      this._asking--;
      if (this._asking === 0 && this._hasMoved && !this._isDisposed) {
        this._hasMoved = false;
        this._outdated.emit();
      }
    }
  }

  /** The rows to show, or null where the listing service does not serve the directory. */
  private async _rows(path: string): Promise<IRow[] | null> {
    const view = this._view;
    const directory = path.replace(/^\/+|\/+$/g, '');
    try {
      if (view.path !== directory || !view.head) {
        view.want(0, SHOWN_ROWS);
        await view.open(directory);
      } else {
        await view.sync();
      }
      const rows: IRow[] = [];
      let examined = 0;
      while (
        examined < (view.head?.total ?? 0) &&
        examined < (this._accepts ? EXAMINED_ROWS : SHOWN_ROWS) &&
        rows.length < SHOWN_ROWS
      ) {
        const last = Math.min(
          examined + (this._accepts ? STEP : SHOWN_ROWS),
          view.head?.total ?? 0
        );
        await view.load(examined, last);
        for (; examined < last && rows.length < SHOWN_ROWS; examined++) {
          const row = view.row(examined);
          if (row && (this._accepts?.(row) ?? true)) {
            // The dialog's model writes to its rows.
            rows.push({ ...row });
          }
        }
      }
      if (!view.head || this._isDisposed) {
        return null;
      }
      this._setExcerpt({
        shown: rows.length,
        examined,
        total: view.head.total,
        complete: isWhole(view.head)
      });
      return rows;
    } catch (error) {
      console.warn('A file dialog lists by the contents manager.', error);
      return null;
    }
  }

  private _setExcerpt(excerpt: IExcerpt | null): void {
    this._excerpt = excerpt;
    this._excerptChanged.emit(excerpt);
  }

  private _onViewChanged(view: IDirectoryView, change: IViewChange): void {
    if (this._asking > 0) {
      // What is being gathered may be half of one generation and half of another.
      this._hasMoved ||= change.kind === 'moved';
      return;
    }
    if (change.kind === 'error') {
      return;
    }
    const { head } = view;
    if (change.kind === 'head' && head && this._excerpt) {
      // A scan goes on: only the numbers have changed.
      const { total } = head;
      this._setExcerpt({ ...this._excerpt, total, complete: isWhole(head) });
    } else {
      this._outdated.emit();
    }
  }

  private _accepts: ((row: IRow) => boolean) | null;
  private _asking = 0;
  private _contents: Contents.IManager;
  private _excerpt: IExcerpt | null = null;
  private _excerptChanged = new Signal<this, IExcerpt | null>(this);
  private _hasMoved = false;
  private _isDisposed = false;
  private _outdated = new Signal<this, void>(this);
  private _view: IDirectoryView;
}

export namespace DialogContents {
  export interface IOptions {
    /** The document manager that the caller gave to the dialog. */
    manager: IDocumentManager;
    /** A view of its own, which it disposes. */
    view: IDirectoryView;
    /** What the caller's filter says of a row; null without a filter, or where the view itself filters. */
    accepts: ((row: IRow) => boolean) | null;
  }
}

function isWhole(head: IHead): boolean {
  return head.complete && head.mode === 'sorted';
}

/** The object itself, but for some members; its methods run on the object, so that they find their private state. */
function overlay<T extends object>(base: T, members: Partial<T>): T {
  return new Proxy(base, {
    get: (target, key) => {
      if (Object.prototype.hasOwnProperty.call(members, key)) {
        return members[key as keyof T];
      }
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function'
        ? (value as (...args: unknown[]) => unknown).bind(target)
        : value;
    }
  });
}
