import type { ServerConnection } from '@jupyterlab/services';

import { requestJson } from '../../core/request';

/** What is to be told of: one execution, or with `msg_id` null every one of the kernel that took so long. */
export interface INewWatch {
  readonly kernel_id: string;
  readonly msg_id: string | null;
  readonly min_seconds: number;
  /** The document's API path. */
  readonly path: string;
  /** What the user knows the cell by. */
  readonly label: string;
}

/** A watch that the server keeps, whatever becomes of the page. */
export interface IWatch extends INewWatch {
  readonly id: string;
}

/** The routes of the watches. */
export class WatchesApi {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  async list(signal: AbortSignal): Promise<readonly IWatch[]> {
    const { watches } = await requestJson<{ watches: IWatch[] }>(
      this._settings,
      'notifications/watches',
      { signal }
    );
    return watches;
  }

  /** A watch of the same is changed instead. */
  add(watch: INewWatch, signal: AbortSignal): Promise<IWatch> {
    return requestJson(this._settings, 'notifications/watches', {
      method: 'POST',
      body: watch,
      signal
    });
  }

  remove(id: string, signal: AbortSignal): Promise<void> {
    return requestJson(
      this._settings,
      `notifications/watches/${encodeURIComponent(id)}`,
      { method: 'DELETE', signal }
    );
  }
}
