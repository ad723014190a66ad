import { URLExt } from '@jupyterlab/coreutils';
import type { Event, ServerConnection } from '@jupyterlab/services';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

/** Where JupyterLab's event stream is, below the address of the server's sockets. */
const SUBSCRIBE = 'api/events/subscribe';

const streams = new WeakMap<
  ServerConnection.ISettings,
  Signal<Event.IManager, void>
>();

/**
 * Emits each time that the event stream of the page is connected anew: what was rung before is lost by then.
 *
 * The event manager tells nobody of its socket. It takes the class of its sockets from the settings whenever it connects,
 * so a class that tells of it stands there instead. Where the settings are frozen this never emits.
 */
export function streamConnected(
  events: Event.IManager
): ISignal<Event.IManager, void> {
  const settings = events.serverSettings;
  let signal = streams.get(settings);
  if (!signal) {
    signal = new Signal<Event.IManager, void>(events);
    streams.set(settings, signal);
    tellOf(settings, signal);
  }
  return signal;
}

function tellOf(
  settings: ServerConnection.ISettings,
  signal: Signal<Event.IManager, void>
): void {
  const address = URLExt.join(settings.wsUrl, SUBSCRIBE);
  class TellingWebSocket extends settings.WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      // The address may end in a token.
      if (String(url).split('?')[0] === address) {
        this.addEventListener('open', () => signal.emit());
      }
    }
  }
  Reflect.set(settings, 'WebSocket', TellingWebSocket);
}
