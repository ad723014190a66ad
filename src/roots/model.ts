import { PathExt } from '@jupyterlab/coreutils';
import { JSONExt } from '@lumino/coreutils';
import type { ReadonlyJSONValue } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { isAborted } from '../core/request';
import type { INewRoot, IRoot, IRootPath, IRoots } from '../core/tokens';
import type { IRootsAnswer, RootsApi } from './api';

/** Time between two looks at the roots while the page is visible, in ms: a root that comes back is seen by then. */
const INTERVAL = 30_000;

/** The roots as the server last told, asked for again while somebody can see them. */
export class Roots implements IRoots, IDisposable {
  constructor({ api, interval = INTERVAL, standby }: Roots.IOptions) {
    this._api = api;
    this._poll = new Poll({
      auto: false,
      name: 'cloudru-jlab:roots',
      factory: () => this._ask(false),
      frequency: { interval, backoff: true, max: 10 * interval },
      standby: standby ?? 'when-hidden'
    });
    // At once, in a hidden page too: what waits for the roots must not wait for ever.
    this.ready = this._ask(false).catch(error => {
      if (!this.isDisposed) {
        console.warn('cloudru-jlab: the roots are not known.', error);
      }
    });
    void this._poll.schedule();
  }

  readonly ready: Promise<void>;

  get roots(): readonly IRoot[] {
    return this._roots;
  }

  get mayAdd(): boolean {
    return this._mayAdd;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._abort.signal.aborted;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._abort.abort();
    this._poll.dispose();
    Signal.clearData(this);
  }

  rootOf(path: string): IRootPath | null {
    // API paths come with and without a leading slash, and with dots from what users type.
    const clean = PathExt.removeSlash(PathExt.normalize(`/${path}`));
    const [first = ''] = clean.split('/', 1);
    const root = first.startsWith('@')
      ? this._roots.find(({ prefix }) => prefix === first)
      : undefined;
    if (root) {
      return { root, inside: clean.slice(first.length + 1) };
    }
    const home = this._roots.find(({ prefix }) => prefix === '');
    return home ? { root: home, inside: clean } : null;
  }

  async refresh(): Promise<void> {
    await this._ask(true);
  }

  realPath(path: string, signal?: AbortSignal): Promise<string> {
    return this._api.realPath(path, signal);
  }

  async add(root: INewRoot): Promise<IRoot> {
    const added = await this._api.add(root, this._abort.signal);
    await this._ask(false);
    return added;
  }

  async remove(name: string): Promise<void> {
    await this._api.remove(name, this._abort.signal);
    await this._ask(false);
  }

  private async _ask(refresh: boolean): Promise<void> {
    // An older answer must not replace a newer one.
    const turn = ++this._turn;
    let answer: IRootsAnswer;
    try {
      answer = await this._api.list(refresh, this._abort.signal);
    } catch (error) {
      if (this.isDisposed || isAborted(error)) {
        return;
      }
      throw error;
    }
    if (this.isDisposed || turn < this._shown) {
      return;
    }
    this._shown = turn;
    const { roots } = answer;
    const isSame =
      answer.mayAdd === this._mayAdd &&
      JSONExt.deepEqual(
        roots as unknown as ReadonlyJSONValue,
        this._roots as unknown as ReadonlyJSONValue
      );
    if (!isSame) {
      this._roots = roots;
      this._mayAdd = answer.mayAdd;
      this._changed.emit();
    }
  }

  private readonly _abort = new AbortController();
  private readonly _api: RootsApi;
  private readonly _changed = new Signal<this, void>(this);
  private _mayAdd = false;
  private readonly _poll: Poll;
  private _roots: readonly IRoot[] = [];
  private _shown = 0;
  private _turn = 0;
}

export namespace Roots {
  export interface IOptions {
    api: RootsApi;
    /** Time between two looks at the roots, in ms. */
    interval?: number;
    standby?: Poll.Standby;
  }
}

/** The API path of a place in a root. */
export function apiPath(root: IRoot, inside: string): string {
  return [root.prefix, inside].filter(part => part !== '').join('/');
}
