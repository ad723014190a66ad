import type { ServerConnection } from '@jupyterlab/services';

import { requestJson } from '../core/request';
import type { INotification } from './types';

/** Rows in one answer. At most some megabytes, where every row is as long as it may be. */
export const PAGE_SIZE = 200;

/** The most ids that one claim may name. */
export const MAX_CLAIM = 1000;

/** What has changed since a sequence number. */
export interface INotificationsAnswer {
  readonly notifications: readonly INotification[];
  /** Ids of rows that the user no longer has. */
  readonly removed: readonly string[];
  readonly last: number;
  readonly more: boolean;
  /** Another one than before: all that was known is void. */
  readonly store: string;
  readonly lasting: boolean;
  readonly problem: string | null;
}

/** What a user may change of a notification for themselves. */
export interface IMarks {
  readonly read?: boolean;
  readonly dismissed?: boolean;
}

/** The routes of the notifications. */
export class NotificationsApi {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  /** Rows that have changed after a sequence number, in the order of their changes. */
  since(after: number, signal: AbortSignal): Promise<INotificationsAnswer> {
    return requestJson(this._settings, 'notifications', {
      query: { after, limit: PAGE_SIZE },
      signal
    });
  }

  mark(id: string, marks: IMarks, signal: AbortSignal): Promise<INotification> {
    return requestJson(this._settings, this._route(id), {
      method: 'PATCH',
      body: marks,
      signal
    });
  }

  /** Mark all up to a sequence number. */
  markAll(upTo: number, marks: IMarks, signal: AbortSignal): Promise<void> {
    return requestJson(this._settings, 'notifications', {
      method: 'PATCH',
      body: { up_to: upTo, ...marks },
      signal
    });
  }

  remove(id: string, signal: AbortSignal): Promise<void> {
    return requestJson(this._settings, this._route(id), {
      method: 'DELETE',
      signal
    });
  }

  /** Remove all up to a sequence number. */
  clear(upTo: number, signal: AbortSignal): Promise<void> {
    return requestJson(this._settings, 'notifications', {
      method: 'DELETE',
      query: { up_to: upTo },
      signal
    });
  }

  /**
   * Ask for the right to show notifications; gives the ids of those that this page shall show.
   *
   * @param attempt - the same for a claim that is made again because no answer came: it is granted what it was granted then
   */
  async claim(
    ids: readonly string[],
    attempt: string,
    signal: AbortSignal
  ): Promise<readonly string[]> {
    const { granted } = await requestJson<{ granted: string[] }>(
      this._settings,
      'notifications/claims',
      { method: 'POST', body: { ids, attempt }, signal }
    );
    return granted;
  }

  private _route(id: string): string {
    return `notifications/${encodeURIComponent(id)}`;
  }
}
