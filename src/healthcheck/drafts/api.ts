import type { ServerConnection } from '@jupyterlab/services';

import { requestJson } from '../../core/request';
import type { IAppend, IAppended, IDraft, IDrafts } from './types';

/** The routes of the drafts. */
export class DraftsApi {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  /** The user's drafts, newest first; of one document alone if a path is given. */
  list(path: string | null, signal: AbortSignal): Promise<IDrafts> {
    return requestJson(this._settings, 'health/drafts', {
      query: { path },
      signal
    });
  }

  get(id: string, signal: AbortSignal): Promise<IDraft> {
    return requestJson(this._settings, route(id), { signal });
  }

  /** More of a draft; it is on disk when this resolves. */
  append(id: string, body: IAppend, signal: AbortSignal): Promise<IAppended> {
    return requestJson(this._settings, route(id), {
      method: 'POST',
      body,
      signal
    });
  }

  /** The same of a page that ends; the browser takes no more than 64 KiB. */
  appendAtEnd(id: string, body: IAppend): Promise<IAppended> {
    return requestJson(this._settings, route(id), {
      method: 'POST',
      body,
      keepalive: true
    });
  }

  rename(id: string, path: string, signal: AbortSignal): Promise<void> {
    return requestJson(this._settings, route(id), {
      method: 'PATCH',
      body: { path },
      signal
    });
  }

  /** Remove a draft, unless it holds records after `upTo`. */
  remove(id: string, upTo: number | null, signal: AbortSignal): Promise<void> {
    return requestJson(this._settings, route(id), {
      method: 'DELETE',
      query: { up_to: upTo },
      signal
    });
  }
}

function route(id: string): string {
  return `health/drafts/${encodeURIComponent(id)}`;
}
