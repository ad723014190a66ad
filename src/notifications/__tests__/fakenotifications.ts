import type { Event } from '@jupyterlab/services';
import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import { NotificationsApi } from '../api';
import { Notifications } from '../model';
import type { INotification } from '../types';

/** A row as the server has it; the number makes its id and its sequence number. */
export function row(
  number: number,
  more: Partial<INotification> = {}
): INotification {
  return {
    id: `01${String(number).padStart(24, '0')}`,
    seq: number,
    recipient: 'me',
    source: { kind: 'program', name: 'test' },
    severity: 'info',
    title: `Title ${number}`,
    body: '',
    category: 'general',
    texts: {},
    links: [],
    action: null,
    progress: null,
    dedupe_key: null,
    created: '2030-01-01T00:00:00Z',
    updated: '2030-01-01T00:00:00Z',
    expires: null,
    read: false,
    dismissed: false,
    shown: false,
    ...more
  };
}

export interface IRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  body: unknown;
}

/** Answers as the notifications service would, at the edge where the page fetches. */
export class FakeServer {
  constructor() {
    this.settings = ServerConnection.makeSettings({
      baseUrl: 'http://localhost/base/',
      fetch: this._fetch
    });
  }

  readonly settings: ServerConnection.ISettings;
  readonly requests: IRequest[] = [];
  readonly rows = new Map<string, INotification>();
  removed: { id: string; seq: number }[] = [];
  store = 'one';
  lasting = true;
  problem: string | null = null;
  pageSize = 200;
  /** No connection. */
  isDown = false;
  /** What the server does is done, and its answer is lost. */
  losesAnswers = false;
  /** Refuse everything with this status. */
  status = 200;
  private readonly _attempts = new Map<string, Set<string>>();

  get seq(): number {
    return Math.max(
      0,
      ...[...this.rows.values()].map(({ seq }) => seq),
      ...this.removed.map(({ seq }) => seq)
    );
  }

  put(...rows: INotification[]): void {
    for (const one of rows) {
      this.rows.set(one.id, one);
    }
  }

  /** As new ones, whatever happened to others. */
  post(...rows: INotification[]): void {
    for (const one of rows) {
      this.put({ ...one, seq: this.seq + 1 });
    }
  }

  change(id: string, change: Partial<INotification>): INotification {
    const changed = { ...this.rows.get(id)!, ...change, seq: this.seq + 1 };
    this.rows.set(id, changed);
    return changed;
  }

  /** The requests of a method, but those that ask what is new. */
  of(method: string): IRequest[] {
    return this.requests.filter(request => request.method === method);
  }

  claim(ids: readonly string[], attempt: string): string[] {
    const granted = ids.filter(id => {
      const known = this.rows.get(id);
      if (!known) {
        return false;
      }
      const again = this._attempts.get(attempt)?.has(id) ?? false;
      if (!known.shown) {
        this.change(id, { shown: true });
        return true;
      }
      return again;
    });
    this._attempts.set(attempt, new Set(granted));
    return granted;
  }

  private readonly _fetch = async (
    input: RequestInfo | URL,
    init?: RequestInit
  ): Promise<Response> => {
    const request = input as Request;
    const url = new URL(request.url);
    const text =
      typeof init?.body === 'string' ? init.body : await request.text();
    const told: IRequest = {
      method: request.method,
      path: url.pathname.replace('/base/cloudru/', ''),
      query: Object.fromEntries(url.searchParams),
      body: text ? JSON.parse(text) : null
    };
    this.requests.push(told);
    if (this.isDown) {
      throw new TypeError('Failed to fetch');
    }
    if (this.status !== 200) {
      return this._json({ message: 'No.', reason: 'no' }, this.status);
    }
    const answer = this._answer(told);
    if (this.losesAnswers) {
      throw new TypeError('Failed to fetch');
    }
    return answer;
  };

  private _answer({ method, path, query, body }: IRequest): Response {
    const id = path.split('/')[1];
    if (path.endsWith('/claims')) {
      const { ids, attempt } = body as { ids: string[]; attempt: string };
      return this._json({ granted: this.claim(ids, attempt) });
    }
    if (method === 'GET') {
      const after = Number(query['after']);
      const rows = [...this.rows.values()]
        .filter(({ seq }) => seq > after)
        .sort((a, b) => a.seq - b.seq);
      const page = rows.slice(0, this.pageSize);
      const more = page.length < rows.length;
      return this._json({
        notifications: page,
        removed: this.removed.filter(({ seq }) => seq > after).map(r => r.id),
        last: more ? page.at(-1)!.seq : this.seq,
        more,
        store: this.store,
        lasting: this.lasting,
        problem: this.problem
      });
    }
    if (!id) {
      const { up_to: upTo, ...marks } = body as { up_to: number };
      for (const one of [...this.rows.values()]) {
        if (method === 'PATCH' && one.seq <= upTo) {
          this.change(one.id, marks);
        }
      }
      return new Response(null, { status: 204 });
    }
    if (!this.rows.has(id)) {
      return this._json({ message: 'Gone', reason: 'not_found' }, 404);
    }
    if (method === 'DELETE') {
      const seq = this.seq + 1;
      this.rows.delete(id);
      this.removed.push({ id, seq });
      return new Response(null, { status: 204 });
    }
    return this._json(this.change(id, body as Partial<INotification>));
  }

  private _json(value: unknown, status = 200): Response {
    return new Response(JSON.stringify(value), { status });
  }
}

/** The event stream of a page, which the test rings. */
export class FakeEvents {
  readonly serverSettings = ServerConnection.makeSettings({
    wsUrl: 'ws://test/',
    WebSocket: EventTarget as unknown as typeof WebSocket
  });

  readonly stream = new Signal<Event.IManager, Event.Emission>(
    this as unknown as Event.IManager
  );

  get manager(): Event.IManager {
    return this as unknown as Event.IManager;
  }

  /** The socket was broken, and is there again. */
  reconnect(): void {
    const { WebSocket } = this.serverSettings;
    const socket = new WebSocket('ws://test/api/events/subscribe?token=t');
    socket.dispatchEvent(new Event('open'));
  }

  ring(schema = 'https://schema.cloud.ru/cloudru_jlab/notifications/v1'): void {
    this.stream.emit({ schema_id: schema, seq: 1, kind: 'new' });
  }
}

/** A model on a fake server, and what was granted to it. */
export function makeModel(
  server: FakeServer,
  events: FakeEvents,
  options: Partial<Notifications.IOptions> = {}
): { model: Notifications; granted: string[][] } {
  const model = new Notifications({
    api: new NotificationsApi(server.settings),
    events: events.manager,
    language: 'en',
    trans: nullTranslator.load(''),
    ...options
  });
  const granted: string[][] = [];
  model.granted.connect((_, rows) => {
    granted.push(rows.map(({ title }) => title));
  });
  return { model, granted };
}

/** Let timers of up to `ms` run, and what they wait for. */
export async function pass(ms = 0): Promise<void> {
  await jest.advanceTimersByTimeAsync(ms);
}

/** What the browser says of the page. */
export function setHidden(hidden: boolean): void {
  Object.defineProperty(document, 'hidden', {
    configurable: true,
    value: hidden
  });
  document.dispatchEvent(new Event('visibilitychange'));
}
