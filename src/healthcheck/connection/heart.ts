/**
 * What came of one look at the server:
 *
 * - `answer`: it answered, whatever it said;
 * - `silent`: somebody took the connection and said nothing in time;
 * - `refused`: there was no connection;
 * - `stranger`: a proxy or a hub answered in its place;
 * - `unsure`: this computer slept, or has just woken: the failure says nothing about the server.
 */
export type Outcome = 'answer' | 'silent' | 'refused' | 'stranger' | 'unsure';

export interface IBeat {
  readonly outcome: Outcome;
  /** When the request was sent, ms of the epoch. */
  readonly sent: number;
}

/** `start` beats until `stop`; `look` beats once, at once. */
export type Order =
  | { readonly kind: 'start' | 'look'; readonly url: string }
  | { readonly kind: 'stop' };

/**
 * The heartbeat. Its source text is what the worker runs, so it must use nothing but its parameter and what every worker has.
 *
 * A stopped server is seen in four beats of three seconds at most. The answer after an outage is seen at once, since then some request
 * is nearly always under way.
 *
 * @returns where orders go
 */
export function heart(post: (beat: IBeat) => void): (order: Order) => void {
  /** All in ms. */
  const TIMEOUT = 3_000;
  const INTERVAL = 3_000;
  const FAST = 1_000;
  /** A timer that is late by this was not late for load. */
  const LATE = 2_000;
  /** The network of a computer that has woken needs this long to come back. */
  const WAKING = 10_000;
  /** After so many misses in a row there is no hurry. */
  const PATIENT = 60;

  let url = '';
  let isRunning = false;
  let isAsking = false;
  let misses = 0;
  let awake = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let current: AbortController | null = null;

  async function ask(signal: AbortSignal): Promise<Outcome> {
    let response: Response;
    try {
      response = await fetch(url, {
        cache: 'no-store',
        credentials: 'same-origin',
        redirect: 'manual',
        signal
      });
      const text = await response.text();
      // The server itself, even where it says that it is not well.
      if (/^\s*\{\s*"status"\s*:/.test(text)) {
        return 'answer';
      }
    } catch {
      return signal.aborted ? 'silent' : 'refused';
    }
    const { status, type } = response;
    const kind = response.headers.get('Content-Type') ?? '';
    const isProxy = [424, 502, 503, 504].includes(status);
    const isPage = status < 400 && kind.includes('text/html');
    return type === 'opaqueredirect' || isProxy || isPage
      ? 'stranger'
      : 'answer';
  }

  /**
   * Whether the server answers a WebSocket's handshake, be it with a refusal. A browser sends six requests to a server at a time and
   * lets the others wait, behind six long downloads for long: those six do not hold back a WebSocket.
   */
  function knock(signal: AbortSignal): Promise<boolean> {
    return new Promise(resolve => {
      let socket: WebSocket;
      try {
        socket = new WebSocket(url.replace(/^http/, 'ws'));
      } catch {
        resolve(false);
        return;
      }
      const settle = (isAnswered: boolean): void => {
        resolve(isAnswered);
        socket.onopen = socket.onerror = socket.onclose = null;
        socket.close();
      };
      socket.onopen = socket.onerror = socket.onclose = () => settle(true);
      signal.addEventListener('abort', () => settle(false));
    });
  }

  async function beat(): Promise<void> {
    clearTimeout(timer);
    if (isAsking) {
      return;
    }
    isAsking = true;
    const controller = new AbortController();
    current = controller;
    const sent = Date.now();
    const patience = setTimeout(() => controller.abort(), TIMEOUT);
    // Only a server that takes requests and says nothing may be one that is kept from getting them.
    const knocking = misses === 2 ? knock(controller.signal) : null;
    let outcome = await ask(controller.signal);
    clearTimeout(patience);
    if (outcome === 'silent' && knocking && (await knocking)) {
      outcome = 'answer';
    }
    controller.abort();
    isAsking = false;
    if (current !== controller) {
      // Stopped in the meantime, and perhaps started again.
      if (isRunning) {
        void beat();
      }
      return;
    }
    current = null;
    const now = Date.now();
    if (now - sent > TIMEOUT + LATE) {
      awake = now;
    }
    if (outcome !== 'answer' && now - awake < WAKING) {
      outcome = 'unsure';
    }
    if (outcome !== 'unsure') {
      misses = outcome === 'answer' ? 0 : misses + 1;
    }
    post({ outcome, sent });
    if (!isRunning) {
      return;
    }
    const isHurried = outcome !== 'answer' && misses < PATIENT;
    const pause =
      isHurried && outcome === 'silent' ? 0 : isHurried ? FAST : INTERVAL;
    // Beats go by the time between their starts.
    const wait = Math.max(0, pause - (outcome === 'silent' ? 0 : now - sent));
    timer = setTimeout(() => {
      if (Date.now() - now - wait > LATE) {
        awake = Date.now();
      }
      void beat();
    }, wait);
  }

  return order => {
    if (order.kind === 'stop') {
      isRunning = false;
      clearTimeout(timer);
      current?.abort();
      current = null;
      misses = 0;
      return;
    }
    url = order.url;
    isRunning ||= order.kind === 'start';
    void beat();
  };
}
