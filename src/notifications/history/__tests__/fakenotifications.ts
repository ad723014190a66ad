import { Signal } from '@lumino/signaling';

import type { INotification, INotifications, IText } from '../../types';

let count = 0;

/** A row; later ones have greater ids. */
export function row(change: Partial<INotification> = {}): INotification {
  const number = ++count;
  return {
    id: `01HZ${String(number).padStart(8, '0')}`,
    seq: number,
    recipient: 'me',
    source: { kind: 'program', name: 'train.py' },
    severity: 'info',
    title: `Title ${number}`,
    body: '',
    category: 'general',
    texts: {},
    links: [],
    action: null,
    progress: null,
    dedupe_key: null,
    created: '2026-11-20T10:00:00Z',
    updated: '2026-11-20T10:00:00Z',
    expires: null,
    read: false,
    dismissed: false,
    shown: true,
    ...change
  };
}

/** Rows of which the first is the newest. */
export function rowsOf(
  ...changes: readonly Partial<INotification>[]
): INotification[] {
  return [...changes]
    .reverse()
    .map(change => row(change))
    .reverse();
}

/** A store without a server, which notes what it is asked to do. */
export class FakeNotifications implements INotifications {
  constructor(public all: readonly INotification[] = []) {}

  language = 'en';
  problem: string | null = null;
  readonly changed = new Signal<this, void>(this);
  readonly granted = new Signal<this, readonly INotification[]>(this);
  readonly asked: string[] = [];
  /** What changes are answered with. */
  refusal: Error | null = null;

  get unread(): number {
    return this.all.filter(({ read }) => !read).length;
  }

  set(all: readonly INotification[]): void {
    this.all = all;
    this.changed.emit();
  }

  textOf(notification: INotification): IText {
    return notification.texts[this.language] ?? notification;
  }

  markRead(ids: readonly string[]): Promise<void> {
    return this._change(`read ${ids.join()}`, all =>
      all.map(it => (ids.includes(it.id) ? { ...it, read: true } : it))
    );
  }

  markUnread(ids: readonly string[]): Promise<void> {
    return this._change(`unread ${ids.join()}`, all =>
      all.map(it => (ids.includes(it.id) ? { ...it, read: false } : it))
    );
  }

  markAllRead(): Promise<void> {
    return this._change('read all', all =>
      all.map(it => ({ ...it, read: true }))
    );
  }

  dismiss(ids: readonly string[]): Promise<void> {
    return this._change(`dismiss ${ids.join()}`, all => all);
  }

  remove(id: string): Promise<void> {
    return this._change(`remove ${id}`, all => all.filter(it => it.id !== id));
  }

  clear(): Promise<void> {
    return this._change('clear', () => []);
  }

  refresh(): Promise<void> {
    return this._change('refresh', all => all);
  }

  private async _change(
    what: string,
    change: (all: readonly INotification[]) => readonly INotification[]
  ): Promise<void> {
    this.asked.push(what);
    await Promise.resolve();
    if (this.refusal) {
      throw this.refusal;
    }
    this.set(change(this.all));
  }
}
