import type { IMarks } from './api';
import type { INotification } from './types';

/** The server keeps no more than this; a page that is open for months neither. */
export const MAX_ROWS = 5000;

/** What the user did that the server may not know of yet. */
export interface IOverlay extends IMarks {
  readonly removed?: boolean;
}

interface IStored {
  readonly row: INotification;
  /** When it expires by this machine's clock, or infinity. */
  readonly until: number;
}

/** The notifications that the page knows, and what the user has just done to them. */
export class Rows {
  /** Newest first. */
  get all(): readonly INotification[] {
    return this._built().all;
  }

  get unread(): number {
    return this._built().unread;
  }

  /** When the next one expires, in ms since the epoch; infinity where none does. */
  get nextExpiry(): number {
    let next = Infinity;
    for (const { until } of this._stored.values()) {
      next = Math.min(next, until);
    }
    return next;
  }

  get(id: string): INotification | undefined {
    const stored = this._stored.get(id);
    return stored && this._seen(stored.row);
  }

  /** Take in what the server says; an older state of a row never replaces a newer one. */
  apply(
    changed: readonly INotification[],
    removed: readonly string[] = []
  ): void {
    for (const row of changed) {
      const known = this._stored.get(row.id);
      if (!known || row.seq >= known.row.seq) {
        this._stored.set(row.id, { row, until: expiryOf(row) });
      }
    }
    for (const id of removed) {
      this._stored.delete(id);
      this._overlays.delete(id);
    }
    if (this._stored.size > MAX_ROWS) {
      const ids = [...this._stored.keys()].sort();
      for (const id of ids.slice(0, ids.length - MAX_ROWS)) {
        this._stored.delete(id);
      }
    }
    this._cache = null;
  }

  /** Show rows as if the server knew of `overlay` already, until `settle` of the same overlay. */
  cover(ids: readonly string[], overlay: IOverlay): void {
    for (const id of ids) {
      this._overlays.set(id, overlay);
    }
    this._cache = null;
  }

  /** The server knows of an overlay now; with `refused` it will not. */
  settle(ids: readonly string[], overlay: IOverlay, refused = false): void {
    const { removed, ...marks } = overlay;
    for (const id of ids) {
      const stored = this._stored.get(id);
      if (stored && !refused) {
        if (removed) {
          this._stored.delete(id);
        } else {
          const row = { ...stored.row, ...marks };
          this._stored.set(id, { ...stored, row });
        }
      }
      if (this._overlays.get(id) === overlay) {
        this._overlays.delete(id);
      }
    }
    this._cache = null;
  }

  /** Drop what has expired; whether there was any. */
  expire(): boolean {
    const now = Date.now();
    const { size } = this._stored;
    for (const [id, { until }] of this._stored) {
      if (until <= now) {
        this._stored.delete(id);
      }
    }
    if (this._stored.size === size) {
      return false;
    }
    this._cache = null;
    return true;
  }

  private _seen(row: INotification): INotification | undefined {
    const overlay = this._overlays.get(row.id);
    if (!overlay) {
      return row;
    }
    const { removed, ...marks } = overlay;
    return removed ? undefined : { ...row, ...marks };
  }

  private _built(): { all: readonly INotification[]; unread: number } {
    if (!this._cache) {
      const all: INotification[] = [];
      let unread = 0;
      for (const { row } of this._stored.values()) {
        const seen = this._seen(row);
        if (seen) {
          all.push(seen);
          unread += seen.read ? 0 : 1;
        }
      }
      // Almost sorted already: rows arrive in their order.
      all.sort((a, b) => (a.id < b.id ? 1 : -1));
      this._cache = { all, unread };
    }
    return this._cache;
  }

  private _cache: { all: readonly INotification[]; unread: number } | null =
    null;
  private readonly _overlays = new Map<string, IOverlay>();
  private readonly _stored = new Map<string, IStored>();
}

/** When a row expires by the clock of this machine, which may be wrong: the server has not let it expire yet. */
function expiryOf({ expires, updated }: INotification): number {
  if (expires === null) {
    return Infinity;
  }
  const end = Date.parse(expires);
  const now = Date.now();
  const left = end > now ? end - now : end - Date.parse(updated);
  return Number.isFinite(left) ? now + Math.max(0, left) : Infinity;
}
