import type { ServerConnection } from '@jupyterlab/services';

import { requestJson } from '../../core/request';
import type { IDeaths } from '../types';

/** The route of the kernels' deaths. */
export class DeathsApi {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  /** Those that came after a sequence number. */
  list(after: number, signal: AbortSignal): Promise<IDeaths> {
    return requestJson(this._settings, 'health/deaths', {
      query: { after },
      signal
    });
  }
}
