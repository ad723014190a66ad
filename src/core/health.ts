import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

/** How the page reaches the server: `stalled` takes the connection and does not answer. */
export type Reach = 'reachable' | 'stalled' | 'unreachable' | 'offline';

/** The server has answered again after an outage. */
export interface IReturn {
  /** It is another process than before: all kernels of its own are gone. */
  readonly restarted: boolean;
  /** Milliseconds from the last answer before the outage. */
  readonly outage: number;
}

/** Whether the server answers. Known within seconds while the page is visible; not looked at while it is hidden. */
export interface IConnection {
  readonly reach: Reach;
  /** When the last answer before the outage came, ms of the epoch; null while the server is reachable. */
  readonly since: number | null;
  readonly changed: ISignal<IConnection, void>;
  readonly returned: ISignal<IConnection, IReturn>;
  /** Look now. Resolves when it is known. */
  check(): Promise<void>;
}

export const IConnection = new Token<IConnection>(
  'cloudru-jlab:IConnection',
  'Whether the server answers, from a heartbeat that a hung server cannot hide.'
);

/** Unsaved edits, kept beside the documents until they are saved. */
export interface IDrafts {
  /** All edits made up to now are in the journal, on the server or in the browser, when this resolves. Never rejects. */
  flush(): Promise<void>;
}

export const IDrafts = new Token<IDrafts>(
  'cloudru-jlab:IDrafts',
  'The journal of unsaved edits.'
);
