import type { Event } from '@jupyterlab/services';

import { LISTING_EVENT } from '../core/ids';

/** The doorbell of the listing service: something happened, ask what. */
export interface IListingEvent {
  path: string;
  kind: 'changed' | 'ready' | 'job';
  job: string | null;
}

/** The listing event in an emission of the server's event stream, or null when it is another one. */
export function toListingEvent(emission: Event.Emission): IListingEvent | null {
  const { schema_id, path, kind, job } = emission;
  if (
    typeof schema_id !== 'string' ||
    !schema_id.includes(LISTING_EVENT) ||
    typeof path !== 'string' ||
    (kind !== 'changed' && kind !== 'ready' && kind !== 'job')
  ) {
    return null;
  }
  return { path, kind, job: typeof job === 'string' ? job : null };
}
