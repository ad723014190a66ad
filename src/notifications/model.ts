import type { Event } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { streamConnected } from '../core/eventsocket';
import { ApiError } from '../core/request';
import type { NotificationsApi } from './api';
import type { Presence } from './claims';
import { Claims } from './claims';
import { isDoorbell } from './events';
import { Outbox } from './outbox';
import { Rows } from './rows';
import type { INotification, INotifications, IText } from './types';

/** Time between two looks while the page is visible and nobody rings, in ms. */
const INTERVAL = 60_000;
/** Times between two tries while the server does not answer. */
const RETRIES = [2_000, 4_000, 8_000, 16_000, 30_000];
/** The same where the server knows of no notifications, which may be switched on. */
const MISSING_INTERVAL = 600_000;
/** Time between two requests when somebody rings all the time. */
const GAP = 100;
/** A page without frames (hidden) tells of changes this often. */
const HIDDEN_FRAME = 250;
/** The longest time that a timer can be set to. */
const MAX_TIMER = 2 ** 31 - 1;

/** The notifications as the server keeps them, fetched when it rings, and now and then. */
export class Notifications implements INotifications, IDisposable {
  constructor(options: Notifications.IOptions) {
    const { api, events, language, trans } = options;
    const { signal } = this._life;
    this._api = api;
    this._events = events;
    this._language = language;
    this._trans = trans;
    this._outbox = new Outbox(api, signal, () => this._tell());
    this._claims = new Claims({
      api,
      signal,
      rows: () => this._rows.all,
      granted: rows => this._granted.emit(rows),
      storage: options.storage ?? null,
      key: options.key ?? ''
    });
    events.stream.connect(this._onEvent, this);
    // What rang while the stream was broken has not been heard.
    this._connected = streamConnected(events);
    this._connected.connect(this.ring, this);
    document.addEventListener('visibilitychange', this._onVisibility, {
      signal
    });
    window.addEventListener('online', () => this.ring(), { signal });
    this._poll = new Poll({
      auto: false,
      name: 'cloudru-jlab:notifications',
      factory: () => this.refresh(),
      frequency: { interval: INTERVAL, backoff: false, max: MISSING_INTERVAL },
      standby: () => !this._isAwake
    });
    // At once, in a hidden page too: there may be a badge to be seen in its title or from outside.
    this.ready = this.refresh();
  }

  /** The server has answered for the first time, or could not. */
  readonly ready: Promise<void>;

  /** The page wants to hear of what is new while it is hidden, too. */
  wakeful = false;

  get all(): readonly INotification[] {
    return this._rows.all;
  }

  get unread(): number {
    return this._rows.unread;
  }

  get problem(): string | null {
    return this._problem;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get granted(): ISignal<this, readonly INotification[]> {
    return this._granted;
  }

  /** Says whether this page shows notifications; null until somebody does. */
  get presence(): Presence | null {
    return this._claims.presence;
  }
  set presence(presence: Presence | null) {
    this._claims.presence = presence;
  }

  get isDisposed(): boolean {
    return this._life.signal.aborted;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._life.abort();
    this._events.stream.disconnect(this._onEvent, this);
    this._connected.disconnect(this.ring, this);
    this._poll.dispose();
    this._claims.dispose();
    this._outbox.reset();
    clearTimeout(this._ringing);
    clearTimeout(this._expiring);
    Signal.clearData(this);
  }

  get(id: string): INotification | undefined {
    return this._rows.get(id);
  }

  textOf({ title, body, texts }: INotification): IText {
    const plain = { title, body };
    const wanted = this._language.toLowerCase();
    const [primary] = wanted.split('-');
    const named = Object.entries(texts).map(([tag, text]) => ({
      tag: tag.toLowerCase().replace('_', '-'),
      text
    }));
    const found =
      named.find(({ tag }) => tag === wanted) ??
      named.find(({ tag }) => tag === primary) ??
      named.find(({ tag }) => tag.split('-')[0] === primary);
    return found?.text ?? plain;
  }

  markRead(ids: readonly string[]): Promise<void> {
    return this._mark(ids, { read: true }, ({ read }) => !read);
  }

  markUnread(ids: readonly string[]): Promise<void> {
    return this._mark(ids, { read: false }, ({ read }) => read);
  }

  dismiss(ids: readonly string[]): Promise<void> {
    const marks = { read: true, dismissed: true };
    return this._mark(ids, marks, row => !row.read || !row.dismissed);
  }

  markAllRead(): Promise<void> {
    return this._outbox.markAll(this._rows, this._last, { read: true });
  }

  remove(id: string): Promise<void> {
    return this._outbox.remove(this._rows, id);
  }

  clear(): Promise<void> {
    return this._outbox.clear(this._rows, this._last);
  }

  /** Ask what is new. Resolves when this is known, or could not be found out: `problem` tells. */
  refresh(): Promise<void> {
    if (this.isDisposed) {
      return Promise.resolve();
    }
    if (!this._asking) {
      return this._begin();
    }
    // The running one may have asked before the change that this caller knows of: one more after it.
    this._next ??= this._asking.then(() => {
      this._next = null;
      return this._begin();
    });
    return this._next;
  }

  /** Something may be new: ask soon, and no more often than makes sense. */
  ring(): void {
    if (this.isDisposed || this._ringing !== undefined || !this._isAwake) {
      return;
    }
    const passed = Date.now() - this._asked;
    const wait = passed >= 0 && passed < GAP ? GAP - passed : 0;
    this._ringing = window.setTimeout(() => {
      this._ringing = undefined;
      void this.refresh();
    }, wait);
  }

  private get _isAwake(): boolean {
    return !document.hidden || this.wakeful;
  }

  private _onEvent(_: Event.IManager, emission: Event.Emission): void {
    if (isDoorbell(emission)) {
      this.ring();
    }
  }

  private readonly _onVisibility = (): void => {
    if (!document.hidden) {
      this.ring();
    }
    void this._claims.run();
  };

  private _begin(): Promise<void> {
    if (this.isDisposed) {
      return Promise.resolve();
    }
    const run = this._ask().finally(() => {
      this._asked = Date.now();
      if (this._asking === run) {
        this._asking = null;
      }
    });
    this._asking = run;
    return run;
  }

  private async _ask(): Promise<void> {
    try {
      const problem = await this._fetch();
      if (this.isDisposed) {
        return;
      }
      this._isMissing = false;
      this._failures = 0;
      this._setProblem(problem);
      void this._outbox.pump();
      void this._claims.ready();
    } catch (error) {
      if (this.isDisposed) {
        return;
      }
      this._failures++;
      this._isMissing = isStatus(error, 404);
      this._setProblem(this._describe(error));
    }
    this._expire();
    this._schedule();
  }

  /** Take in all that has changed; gives what is wrong with the store, or null. */
  private async _fetch(): Promise<string | null> {
    let rows = this._rows;
    let after = this._last;
    let store = this._store;
    for (;;) {
      const answer = await this._api.since(after, this._life.signal);
      if (this.isDisposed) {
        return null;
      }
      if ((store !== null && answer.store !== store) || answer.last < after) {
        // Nothing of what is known holds; what is shown stays until all is there anew.
        rows = new Rows();
        store = answer.store;
        if (after > 0) {
          after = 0;
          continue;
        }
      }
      store = answer.store;
      after = answer.last;
      rows.apply(answer.notifications, answer.removed);
      if (rows === this._rows) {
        this._last = after;
        this._store = store;
        if (answer.notifications.length + answer.removed.length > 0) {
          this._tell();
        }
      }
      if (!answer.more) {
        if (rows !== this._rows) {
          this._outbox.reset();
          this._claims.reset();
          this._rows = rows;
          this._last = after;
          this._store = store;
          this._tell();
        }
        return answer.lasting ? null : this._describeStore(answer.problem);
      }
    }
  }

  private _schedule(): void {
    const interval = this._isMissing
      ? MISSING_INTERVAL
      : this._failures > 0
        ? (RETRIES[Math.min(this._failures, RETRIES.length) - 1] ?? INTERVAL)
        : INTERVAL;
    this._poll.frequency = { ...this._poll.frequency, interval };
    void this._poll.schedule({ interval, phase: 'resolved' });
  }

  /** Drop what has expired, and come back when the next one does. */
  private _expire(): void {
    if (this._rows.expire()) {
      this._tell();
    }
    clearTimeout(this._expiring);
    const left = this._rows.nextExpiry - Date.now();
    if (Number.isFinite(left)) {
      this._expiring = window.setTimeout(
        () => this._expire(),
        Math.min(Math.max(left, 0), MAX_TIMER)
      );
    }
  }

  private _mark(
    ids: readonly string[],
    marks: { read?: boolean; dismissed?: boolean },
    isOther: (row: INotification) => boolean
  ): Promise<void> {
    const concerned = ids.filter(id => {
      const row = this._rows.get(id);
      return row !== undefined && isOther(row);
    });
    return concerned.length > 0
      ? this._outbox.mark(this._rows, concerned, marks)
      : Promise.resolve();
  }

  private _describe(error: unknown): string {
    if (isStatus(error, 404)) {
      return this._trans.__('This server has no notifications.');
    }
    if (error instanceof ApiError && error.status < 500) {
      return this._trans.__(
        'The server does not tell its notifications: %1',
        error.message
      );
    }
    return this._trans.__(
      'The server cannot be reached: what is new will be shown when it answers.'
    );
  }

  private _describeStore(problem: string | null): string {
    return this._trans.__(
      'Notifications are kept in memory only, until the server stops: %1',
      problem ?? ''
    );
  }

  private _setProblem(problem: string | null): void {
    if (problem !== this._problem) {
      this._problem = problem;
      this._tell();
    }
  }

  /** Tell of changes, once a frame. */
  private _tell(): void {
    if (this._isTelling || this.isDisposed) {
      return;
    }
    this._isTelling = true;
    const tell = (): void => {
      this._isTelling = false;
      if (!this.isDisposed) {
        this._changed.emit();
      }
    };
    if (document.hidden) {
      window.setTimeout(tell, HIDDEN_FRAME);
    } else {
      requestAnimationFrame(tell);
    }
  }

  private readonly _api: NotificationsApi;
  /** When the last request ended. */
  private _asked = 0;
  private _asking: Promise<void> | null = null;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _claims: Claims;
  private readonly _connected: ISignal<Event.IManager, void>;
  private readonly _events: Event.IManager;
  private _expiring: number | undefined;
  private _failures = 0;
  private readonly _granted = new Signal<this, readonly INotification[]>(this);
  private _isMissing = false;
  private _isTelling = false;
  private readonly _language: string;
  private _last = 0;
  private readonly _life = new AbortController();
  private _next: Promise<void> | null = null;
  private readonly _outbox: Outbox;
  private readonly _poll: Poll;
  private _problem: string | null = null;
  private _ringing: number | undefined;
  private _rows = new Rows();
  private _store: string | null = null;
  private readonly _trans: TranslationBundle;
}

export namespace Notifications {
  export interface IOptions {
    api: NotificationsApi;
    /** Where the server rings. */
    events: Event.IManager;
    /** BCP 47 tag of the interface. */
    language: string;
    trans: TranslationBundle;
    /** Where an unanswered claim survives a reload of the tab. */
    storage?: Storage;
    /** Tells servers of one origin apart. */
    key?: string;
  }
}

function isStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}
