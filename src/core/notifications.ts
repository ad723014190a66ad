import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

export type Severity = 'info' | 'success' | 'warning' | 'error' | 'critical';

export interface IText {
  readonly title: string;
  readonly body: string;
}

export interface ILink {
  readonly label: string;
  readonly url: string;
}

/** What the reader may do about it: a closed list, never a command of the server's choice. */
export interface IAction {
  readonly kind:
    'open' | 'open_folder' | 'reload' | 'save_all' | 'show_notifications';
  readonly path?: string | null;
}

/** A notification as the server stores it for this user (`cloudru_jlab/notifications/models.py`). */
export interface INotification extends IText {
  readonly id: string;
  readonly seq: number;
  readonly recipient: string;
  readonly source: {
    readonly kind: 'operator' | 'program' | 'system';
    readonly name: string;
  };
  readonly severity: Severity;
  readonly category: string;
  readonly texts: Readonly<Record<string, IText>>;
  readonly links: readonly ILink[];
  readonly action: IAction | null;
  readonly progress: number | null;
  readonly dedupe_key: string | null;
  /** RFC 3339. */
  readonly created: string;
  readonly updated: string;
  readonly expires: string | null;
  readonly read: boolean;
  readonly dismissed: boolean;
  readonly shown: boolean;
}

/** The notifications of this user, kept fresh. */
export interface INotifications {
  /** Newest first (by id), without those that have expired. */
  readonly all: readonly INotification[];
  readonly unread: number;
  /** What the user should know about the store: it is in memory only, or the server cannot be reached; else null. */
  readonly problem: string | null;
  /** Something about the above has changed; at most once a frame. */
  readonly changed: ISignal<INotifications, void>;
  /** These were granted to this page to be shown now, each once to each user; oldest first. */
  readonly granted: ISignal<INotifications, readonly INotification[]>;
  /** Title and body in the language of the interface, else in English. */
  textOf(notification: INotification): IText;
  markRead(ids: readonly string[]): Promise<void>;
  markUnread(ids: readonly string[]): Promise<void>;
  markAllRead(): Promise<void>;
  dismiss(ids: readonly string[]): Promise<void>;
  /** Remove one from the history. */
  remove(id: string): Promise<void>;
  /** Remove all that are shown now from the history. */
  clear(): Promise<void>;
  refresh(): Promise<void>;
}

export const INotifications = new Token<INotifications>(
  'cloudru-jlab:INotifications',
  'What the platform, programs and people have told this user.'
);
