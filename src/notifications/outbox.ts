import { PromiseDelegate } from '@lumino/coreutils';

import { ApiError } from '../core/request';
import type { IMarks, NotificationsApi } from './api';
import type { IOverlay, Rows } from './rows';

/** Requests at once, when many notifications are marked. */
const AT_ONCE = 6;

interface IItem {
  readonly rows: Rows;
  readonly ids: readonly string[];
  readonly overlay: IOverlay;
  readonly send: () => Promise<unknown>;
  readonly done: PromiseDelegate<void>;
}

/** What the user does to notifications: seen at once, sent in order, and kept while the server cannot be reached. */
export class Outbox {
  constructor(
    private readonly _api: NotificationsApi,
    private readonly _signal: AbortSignal,
    private readonly _changed: () => void
  ) {}

  mark(rows: Rows, ids: readonly string[], marks: IMarks): Promise<void> {
    return this._add(rows, ids, { ...marks }, async () => {
      for (let first = 0; first < ids.length; first += AT_ONCE) {
        const some = ids.slice(first, first + AT_ONCE);
        await Promise.all(some.map(id => this._mark(rows, id, marks)));
      }
    });
  }

  markAll(rows: Rows, upTo: number, marks: IMarks): Promise<void> {
    return this._add(rows, idsUpTo(rows, upTo), { ...marks }, () =>
      this._api.markAll(upTo, marks, this._signal)
    );
  }

  remove(rows: Rows, id: string): Promise<void> {
    return this._add(rows, [id], { removed: true }, () =>
      orGone(this._api.remove(id, this._signal))
    );
  }

  clear(rows: Rows, upTo: number): Promise<void> {
    return this._add(rows, idsUpTo(rows, upTo), { removed: true }, () =>
      this._api.clear(upTo, this._signal)
    );
  }

  /** The server can be reached: send what waits. */
  async pump(): Promise<void> {
    if (this._isSending) {
      return;
    }
    this._isSending = true;
    let item: IItem | undefined;
    while ((item = this._items[0]) && (await this._isOver(item))) {
      if (this._items[0] === item) {
        this._items.shift();
      }
      this._changed();
    }
    this._isSending = false;
    // What could not be sent is kept, and nobody needs to wait for it.
    for (const { done } of this._items) {
      done.resolve();
    }
  }

  /** Forget what waits: the store that it is about is gone. */
  reset(): void {
    for (const { done } of this._items.splice(0)) {
      done.resolve();
    }
  }

  private _add(
    rows: Rows,
    ids: readonly string[],
    overlay: IOverlay,
    send: () => Promise<unknown>
  ): Promise<void> {
    const done = new PromiseDelegate<void>();
    if (ids.length > 0) {
      rows.cover(ids, overlay);
      this._changed();
    }
    this._items.push({ rows, ids, overlay, send, done });
    void this.pump();
    return done.promise;
  }

  /** Send; whether it needs not be sent again. */
  private async _isOver(item: IItem): Promise<boolean> {
    const { rows, ids, overlay, send, done } = item;
    try {
      await send();
      rows.settle(ids, overlay);
      done.resolve();
    } catch (error) {
      if (this._signal.aborted || !isRefused(error)) {
        return false;
      }
      rows.settle(ids, overlay, true);
      done.reject(error);
    }
    return true;
  }

  private async _mark(rows: Rows, id: string, marks: IMarks): Promise<void> {
    const row = await orGone(this._api.mark(id, marks, this._signal));
    if (row) {
      rows.apply([row]);
    }
  }

  private _isSending = false;
  private readonly _items: IItem[] = [];
}

/** Whether the server has understood and will not do it, however often it is asked. */
export function isRefused(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    error.status >= 400 &&
    error.status < 500 &&
    error.status !== 408 &&
    error.status !== 429
  );
}

/** The answer about a notification, or null when there is none such any more. */
async function orGone<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) {
      return null;
    }
    throw error;
  }
}

function idsUpTo(rows: Rows, upTo: number): string[] {
  return rows.all.filter(({ seq }) => seq <= upTo).map(({ id }) => id);
}
