import { ServerConnection } from '@jupyterlab/services';

import type { IHead, IRow } from '../../core/tokens';

export function row(name: string, directory: string): IRow {
  return {
    name,
    path: directory ? `${directory}/${name}` : name,
    type: 'file',
    writable: true,
    created: '2024-01-01T00:00:00Z',
    last_modified: '2024-01-01T00:00:00Z',
    size: 0,
    mimetype: 'text/plain',
    format: null,
    content: null
  };
}

interface IDirectory {
  names: string[];
  generation: number;
  mode: IHead['mode'];
  complete: boolean;
}

interface IWaiting {
  url: URL;
  go: () => void;
}

/** Answers what the listing service would, at the edge where the page fetches. */
export class FakeServer {
  constructor() {
    this.settings = ServerConnection.makeSettings({
      baseUrl: 'http://localhost/base/',
      fetch: this._fetch
    });
  }

  readonly settings: ServerConnection.ISettings;

  /** The requests so far, newest last. */
  readonly requests: URL[] = [];

  /** The requests that were aborted before their answer. */
  readonly aborted: URL[] = [];

  /** While set, answers wait until `deliver`. */
  isSlow = false;

  /** Answers of this kind are errors. */
  failure: { status: number; body: unknown } | null = null;

  /** What /changes reports of rows, once. */
  changed: { index: number; row: IRow }[] = [];

  setDirectory(
    path: string,
    names: string[],
    more: Partial<Omit<IDirectory, 'names'>> = {}
  ): void {
    const generation = (this._directories.get(path)?.generation ?? 0) + 1;
    this._directories.set(path, {
      names,
      generation,
      mode: 'sorted',
      complete: true,
      ...more
    });
  }

  /** The requests of one route. */
  asked(route: string): URL[] {
    return this.requests.filter(url => url.pathname.endsWith(route));
  }

  /** Let the oldest waiting request, or the newest, have its answer. */
  async deliver(which: 'oldest' | 'newest' = 'oldest'): Promise<void> {
    const next =
      which === 'oldest' ? this._waiting.shift() : this._waiting.pop();
    next?.go();
    await settle();
  }

  private readonly _fetch: typeof fetch = async input => {
    // JupyterLab makes a request object of the address and the options.
    const request = input as Request;
    const url = new URL(request.url);
    const { signal } = request;
    this.requests.push(url);
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        this.aborted.push(url);
        reject(new TypeError('aborted'));
      };
      const go = (): void => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      signal.addEventListener('abort', abort);
      if (this.isSlow) {
        this._waiting.push({ url, go });
      } else {
        go();
      }
    });
    if (this.failure) {
      const { status, body } = this.failure;
      return json(status, body);
    }
    return this._answer(url);
  };

  private _answer(url: URL): Response {
    const query = url.searchParams;
    const path = query.get('path') ?? '';
    const directory = this._directories.get(path);
    if (!directory) {
      return json(404, { message: 'No such directory.', reason: 'not_found' });
    }
    const generation = String(directory.generation);
    const filter = query.get('filter') ?? '';
    const names = directory.names.filter(name => name.includes(filter));
    const head = {
      path,
      generation,
      seq: 1,
      total: names.length,
      unfiltered: directory.names.length,
      complete: directory.complete,
      mode: directory.mode,
      progress: null,
      scanned: directory.names.length,
      match: 'substring',
      deferred: false,
      watched: true,
      writable: true
    };
    const wanted = query.get('generation');
    if (url.pathname.endsWith('/locate')) {
      const name = query.get('name');
      const prefix = query.get('prefix');
      const index =
        name === null
          ? names.findIndex(one => one.startsWith(prefix ?? ''))
          : names.indexOf(name);
      return json(200, {
        generation,
        total: names.length,
        index: index < 0 ? null : index,
        name: names[index] ?? null,
        exists: name !== null && directory.names.includes(name)
      });
    }
    if (url.pathname.endsWith('/changes')) {
      const rows = wanted === generation ? this.changed.splice(0) : [];
      return json(200, { ...head, rows });
    }
    if (wanted !== null && wanted !== generation) {
      return json(409, {
        message: 'The directory has changed.',
        reason: 'stale_generation',
        details: { generation, total: names.length }
      });
    }
    const offset = Number(query.get('offset'));
    const limit = Number(query.get('limit'));
    const rows = names
      .slice(offset, offset + limit)
      .map(name => row(name, path));
    return json(200, { ...head, offset, rows });
  }

  private readonly _directories = new Map<string, IDirectory>();
  private readonly _waiting: IWaiting[] = [];
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status });
}

/** Let everything that is ready happen. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await new Promise(resolve => setTimeout(resolve));
  }
}

/** Names that sort as they are numbered. */
export function numbered(count: number, prefix = 'f'): string[] {
  return Array.from(
    { length: count },
    (_, i) => prefix + String(i).padStart(7, '0')
  );
}
