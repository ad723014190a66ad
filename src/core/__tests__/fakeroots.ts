import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { INewRoot, IRoot, IRootPath, IRoots } from '../tokens';

export function makeRoot(name: string, more: Partial<IRoot> = {}): IRoot {
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

/** Roots without a server, which a test sets. */
export class FakeRoots implements IRoots {
  constructor(
    public roots: readonly IRoot[] = [
      makeRoot('home', { default: true }),
      makeRoot('scratch'),
      makeRoot('datasets', { writable: false })
    ]
  ) {
    this._changed = new Signal<this, void>(this);
  }

  readonly ready = Promise.resolve();
  mayAdd = false;
  refreshes = 0;
  /** What the next refresh finds. */
  next: readonly IRoot[] | null = null;
  /** Real paths by path; any other is refused. */
  real: Record<string, string> = {};

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  set(roots: readonly IRoot[]): void {
    this.roots = roots;
    this._changed.emit();
  }

  rootOf(path: string): IRootPath | null {
    const parts = path.split('/').filter(Boolean);
    const named = this.roots.find(
      ({ prefix }) => prefix !== '' && prefix === parts[0]
    );
    if (named) {
      return { root: named, inside: parts.slice(1).join('/') };
    }
    const home = this.roots.find(({ prefix }) => prefix === '');
    return home ? { root: home, inside: parts.join('/') } : null;
  }

  refresh(): Promise<void> {
    this.refreshes++;
    if (this.next) {
      this.set(this.next);
    }
    return Promise.resolve();
  }

  realPath(path: string): Promise<string> {
    const real = this.real[path];
    return real === undefined
      ? Promise.reject(new Error(`“${path}” has no path on the server.`))
      : Promise.resolve(real);
  }

  add(_root: INewRoot): Promise<IRoot> {
    throw new Error('not used');
  }

  remove(): Promise<void> {
    throw new Error('not used');
  }

  private readonly _changed: Signal<this, void>;
}
