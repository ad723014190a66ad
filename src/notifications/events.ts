import type { Event } from '@jupyterlab/services';

import { NOTIFICATIONS_EVENT } from '../core/ids';

/** Whether an emission of the server's event stream is the doorbell of the notifications. Nothing in it is believed. */
export function isDoorbell({ schema_id }: Event.Emission): boolean {
  return (
    typeof schema_id === 'string' && schema_id.includes(NOTIFICATIONS_EVENT)
  );
}
