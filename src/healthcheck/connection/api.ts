import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';

import { API_NAMESPACE } from '../../core/ids';
import { requestJson } from '../../core/request';
import type { IDeaths } from '../types';

/** The part of the healthcheck that tells whether and which server answers. */
export class ConnectionApi {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  /** Where anybody may ask whether the server is alive. */
  get live(): string {
    return new URL(
      URLExt.join(this._settings.baseUrl, API_NAMESPACE, 'healthz/live'),
      window.location.href
    ).href;
  }

  /** The deaths of kernels after the one numbered so, and which start of the server answers. */
  deaths(after: number, signal: AbortSignal): Promise<IDeaths> {
    return requestJson<IDeaths>(this._settings, 'health/deaths', {
      query: { after },
      signal
    });
  }
}
