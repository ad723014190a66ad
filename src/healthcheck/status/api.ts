import type { ServerConnection } from '@jupyterlab/services';

import { requestJson } from '../../core/request';
import type { ISamples } from '../types';

/** Where the server's figures come from. */
export class SamplesApi {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  /** The samples after a sequence number, and all checks as they are now. */
  since(after: number, signal: AbortSignal): Promise<ISamples> {
    return requestJson(this._settings, 'health/samples', {
      query: { after },
      signal
    });
  }
}
