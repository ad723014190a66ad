import { ServerConnection } from '@jupyterlab/services';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IRoot, IRootPath, IRoots } from '../../core/tokens';

export function root(name: string, more: Partial<IRoot> = {}): IRoot {
  return {
    name,
    title: name.charAt(0).toUpperCase() + name.slice(1),
    prefix: more.default ? '' : `@${name}`,
    writable: true,
    default: false,
    icon: '',
    order: 0,
    hidden: false,
    symlinks: 'inside',
    added: false,
    state: 'available',
    message: null,
    fileSystem: 'ext4',
    freeBytes: 12 * 1024 ** 3,
    totalBytes: 100 * 1024 ** 3,
    freeInodes: 1_000_000,
    totalInodes: 2_000_000,
    ...more
  };
}

export const HOME = root('home', { default: true });
export const DATA = root('data', { writable: false });
export const GONE = root('gone', {
  state: 'missing',
  message: 'No such directory'
});

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

/** Roots without a server. */
export class FakeRoots implements IRoots {
  constructor(public roots: readonly IRoot[] = [HOME, DATA, GONE]) {
    this._changed = new Signal<this, void>(this);
  }

  readonly ready = Promise.resolve();
  mayAdd = false;
  refreshes = 0;
  /** What the next refresh finds. */
  next: readonly IRoot[] | null = null;
  readonly added: unknown[] = [];
  readonly removed: string[] = [];

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  set(roots: readonly IRoot[]): void {
    this.roots = roots;
    this._changed.emit();
  }

  rootOf(path: string): IRootPath | null {
    const [first = ''] = path.split('/', 1);
    const found = this.roots.find(({ prefix }) => prefix && prefix === first);
    if (found) {
      return { root: found, inside: path.slice(first.length + 1) };
    }
    const home = this.roots.find(({ prefix }) => prefix === '');
    return home ? { root: home, inside: path } : null;
  }

  refresh(): Promise<void> {
    this.refreshes++;
    if (this.next) {
      this.set(this.next);
    }
    return Promise.resolve();
  }

  realPath(path: string): Promise<string> {
    return Promise.resolve(`/real/${path}`);
  }

  add(wanted: { path: string }): Promise<IRoot> {
    this.added.push(wanted);
    return Promise.resolve(DATA);
  }

  remove(name: string): Promise<void> {
    this.removed.push(name);
    return Promise.resolve();
  }

  private readonly _changed: Signal<this, void>;
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
