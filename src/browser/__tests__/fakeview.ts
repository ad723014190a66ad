import { Signal } from '@lumino/signaling';

import type {
  IDirectoryView,
  IHead,
  ILocation,
  IRow,
  IViewChange,
  IViewParams
} from '../../core/tokens';
import { DEFAULT_VIEW } from '../../core/tokens';

export function makeRow(path: string, type: IRow['type'] = 'file'): IRow {
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    path,
    type,
    writable: true,
    created: '2026-01-01T00:00:00Z',
    last_modified: '2026-01-01T00:00:00Z',
    mimetype: '',
    content: null,
    format: null
  };
}

/** A view over names in memory, in the order given; `filter` is a prefix or a substring as on the server. */
export class FakeView implements IDirectoryView {
  constructor(
    private readonly _directories: Record<string, IRow[]>,
    params: Partial<IViewParams> = {}
  ) {
    this.params = { ...DEFAULT_VIEW, ...params };
  }

  anchor = null;
  held = null;
  error: Error | null = null;
  head: IHead | null = null;
  isDisposed = false;
  params: IViewParams;
  path = '';
  complete = true;
  /** Every call that would have been a request. */
  requests: string[] = [];
  readonly changed = new Signal<this, IViewChange>(this);

  dispose(): void {
    this.isDisposed = true;
    Signal.clearData(this);
  }

  async open(path: string): Promise<void> {
    this.requests.push(`open ${path}`);
    await Promise.resolve();
    this.path = path;
    if (!this._directories[path]) {
      this.head = null;
      throw new Error(`no directory ${path}`);
    }
    this._refresh();
    this.changed.emit({ kind: 'reset' });
  }

  async configure(params: Partial<IViewParams>): Promise<void> {
    this.params = { ...this.params, ...params };
    if (this.head) {
      this.requests.push(`configure ${JSON.stringify(params)}`);
      await Promise.resolve();
      this._refresh();
      this.changed.emit({ kind: 'reset' });
    }
  }

  sync(): Promise<void> {
    this.requests.push('sync');
    return Promise.resolve();
  }

  /** The scan goes on, or something happened in the directory. */
  change(kind: IViewChange['kind']): void {
    this._refresh();
    this.changed.emit({ kind });
  }

  release(): void {
    // Nothing is ever held here.
  }

  want(): void {
    // Everything is there.
  }

  load(first: number, last: number): Promise<void> {
    this.requests.push(`load ${first}-${last}`);
    return Promise.resolve();
  }

  row(index: number): IRow | undefined {
    return this._shown[index];
  }

  indexOf(path: string): number {
    return this._shown.findIndex(row => row.path === path);
  }

  rows(): IterableIterator<IRow> {
    return this._shown[Symbol.iterator]();
  }

  locate(): Promise<ILocation> {
    throw new Error('not used');
  }

  locatePrefix(): Promise<ILocation> {
    throw new Error('not used');
  }

  cancelSort(): Promise<void> {
    throw new Error('not used');
  }

  private _refresh(): void {
    const { dirsOnly, filter, match } = this.params;
    const all = (this._directories[this.path] ?? []).filter(
      row => !dirsOnly || row.type === 'directory'
    );
    const wanted = filter.toLowerCase();
    this._shown = all.filter(row => {
      const name = row.name.toLowerCase();
      return match === 'prefix'
        ? name.startsWith(wanted)
        : name.includes(wanted);
    });
    this.head = {
      generation: '1',
      total: this._shown.length,
      unfiltered: all.length,
      complete: this.complete,
      mode: this.complete ? 'sorted' : 'preview',
      progress: null,
      scanned: all.length,
      match,
      deferred: false,
      writable: true,
      watched: false
    };
  }

  private _shown: IRow[] = [];
}
