import type { TranslationBundle } from '@jupyterlab/translation';

import { cut } from './message';
import { rankOf } from './severity';
import type { INotification, INotifications, Severity } from './types';

/** At once; all others are in one more that tells how many. */
const MAX_AT_ONCE = 3;
/** Those that were shown so long ago, in ms, do not count. */
const WINDOW = 30_000;
const MAX_BODY = 300;

/** Notifications of the browser, for a page that is hidden. */
export class DesktopNotifications {
  constructor(private readonly _options: DesktopNotifications.IOptions) {}

  /** What the user wants; the browser may want something else. */
  isWanted = false;

  /** Less severe ones are not shown. */
  minimum: Severity = 'info';

  /** Whether the browser knows of such things on this page: only on https and localhost. */
  static get isSupported(): boolean {
    return 'Notification' in window && window.isSecureContext;
  }

  /** Whether they are shown. */
  get isOn(): boolean {
    return (
      this.isWanted &&
      DesktopNotifications.isSupported &&
      window.Notification.permission === 'granted'
    );
  }

  /** Ask the user, unless they were asked before; whether they may be shown. */
  async ask(): Promise<boolean> {
    if (!DesktopNotifications.isSupported) {
      return false;
    }
    const { permission } = window.Notification;
    return (
      (permission === 'default'
        ? await window.Notification.requestPermission()
        : permission) === 'granted'
    );
  }

  /** Show what was granted to this page; oldest first. */
  show(rows: readonly INotification[]): void {
    const minimum = rankOf(this.minimum);
    const wanted = rows.filter(({ severity }) => rankOf(severity) >= minimum);
    const now = Date.now();
    const recent = this._shown.filter(at => Math.abs(now - at) < WINDOW);
    const room = Math.max(0, MAX_AT_ONCE - recent.length);
    // The most severe and the newest.
    const chosen = [...wanted]
      .reverse()
      .sort((a, b) => rankOf(b.severity) - rankOf(a.severity))
      .slice(0, room)
      .reverse();
    for (const row of chosen) {
      this._showOne(row);
    }
    this._shown = [...recent, ...chosen.map(() => now)];
    this._more =
      (recent.length > 0 ? this._more : 0) + wanted.length - chosen.length;
    if (wanted.length > chosen.length) {
      this._showMore();
    }
  }

  private _showOne(row: INotification): void {
    const { model, key, open } = this._options;
    const { title, body } = model.textOf(row);
    this._notify(title, () => open(row.id), {
      body: cut(body, MAX_BODY),
      requireInteraction: rankOf(row.severity) >= rankOf('error'),
      // Another tab that shows the same replaces it.
      tag: `${key}:${row.id}`
    });
  }

  private _showMore(): void {
    const { trans, key, open } = this._options;
    const count = this._more;
    const title = trans._n(
      '%1 more notification',
      '%1 more notifications',
      count
    );
    this._notify(title, () => open(), { tag: `${key}:more` });
  }

  private _notify(
    title: string,
    open: () => void,
    options: NotificationOptions
  ): void {
    try {
      const shown = new window.Notification(title, options);
      shown.onclick = () => {
        window.focus();
        shown.close();
        open();
      };
    } catch (error) {
      // Browsers of telephones know them from service workers alone.
      console.warn('cloudru-jlab: the browser shows no notifications.', error);
    }
  }

  private _more = 0;
  private _shown: number[] = [];
}

export namespace DesktopNotifications {
  export interface IOptions {
    model: INotifications;
    trans: TranslationBundle;
    /** Tells servers of one origin apart. */
    key: string;
    /** Open the history, at one of them. */
    open: (id?: string) => void;
  }
}
