import { ServerConnection } from '@jupyterlab/services';

import { FakeRoots, makeRoot } from '../../core/__tests__/fakeroots';
import type { IRoot } from '../../core/tokens';

export const HOME = makeRoot('home', { default: true });
export const DATA = makeRoot('data', { writable: false });
export const GONE = makeRoot('gone', {
  state: 'missing',
  message: 'No such directory'
});

/** A writable root, a read-only one, and one that is not there. */
export function fakeRoots(): FakeRoots {
  return new FakeRoots([HOME, DATA, GONE]);
}

/** What the server sends for a root. */
export function onWire(of: IRoot): Record<string, unknown> {
  const {
    fileSystem,
    freeBytes,
    totalBytes,
    freeInodes,
    totalInodes,
    ...same
  } = of;
  return {
    ...same,
    file_system: fileSystem,
    free_bytes: freeBytes,
    total_bytes: totalBytes,
    free_inodes: freeInodes,
    total_inodes: totalInodes
  };
}

/** Answers the routes of the roots, at the edge where the page fetches. */
export class FakeServer {
  readonly settings = ServerConnection.makeSettings({
    baseUrl: 'http://localhost/base/',
    fetch: (request: RequestInfo | URL) => this._answer(request as Request)
  });

  readonly requests: { method: string; url: URL; body: string }[] = [];
  answer: unknown = { roots: [HOME, DATA].map(onWire), may_add: false };
  status = 200;
  /** While set, answers wait for `deliver`. */
  isSlow = false;

  /** Let the waiting request with this number, in the order of their coming, be answered. */
  deliver(index: number): void {
    this._waiting[index]?.();
  }

  private async _answer(request: Request): Promise<Response> {
    const { method, url } = request;
    this.requests.push({
      method,
      url: new URL(url),
      body: method === 'POST' ? await request.text() : ''
    });
    const body = this.status === 204 ? null : JSON.stringify(this.answer);
    const { status } = this;
    if (this.isSlow) {
      await new Promise<void>(resolve => this._waiting.push(resolve));
    }
    return new Response(body, { status });
  }

  private readonly _waiting: (() => void)[] = [];
}

/** Let everything that is under way, and waits for nothing from outside, come to its end. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 20; round++) {
    await new Promise(resolve => setTimeout(resolve));
  }
}
