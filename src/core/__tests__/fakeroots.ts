import { Signal } from '@lumino/signaling';

import type { INewRoot, IRoot, IRootPath, IRoots } from '../tokens';

export function makeRoot(name: string, more: Partial<IRoot> = {}): IRoot {
  return {
    name,
    title: name.charAt(0).toUpperCase() + name.slice(1),
    prefix: `@${name}`,
    writable: true,
    default: false,
    icon: '',
    order: 0,
    hidden: false,
    symlinks: 'inside',
    added: false,
    state: 'available',
    message: null,
    fileSystem: null,
    freeBytes: null,
    totalBytes: null,
    freeInodes: null,
    totalInodes: null,
    ...more
  };
}

/** Roots that a test sets. */
export class FakeRoots implements IRoots {
  constructor(
    public roots: IRoot[] = [
      makeRoot('home', { prefix: '', default: true }),
      makeRoot('scratch'),
      makeRoot('datasets', { writable: false })
    ]
  ) {}

  readonly changed = new Signal<this, void>(this);
  readonly mayAdd = false;
  readonly ready = Promise.resolve();
  /** Real paths by path; any other is refused. */
  real: Record<string, string> = {};

  set(roots: IRoot[]): void {
    this.roots = roots;
    this.changed.emit();
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
}
