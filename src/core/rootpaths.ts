/** What is said of paths where there are several roots. */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IRoot, IRoots } from './tokens';

/** Whether two paths lie in different roots. */
export function crossesRoots(
  roots: IRoots | null,
  from: string,
  to: string
): boolean {
  const source = roots?.rootOf(from)?.root;
  const target = roots?.rootOf(to)?.root;
  return !!source && !!target && source.name !== target.name;
}

/** A path in words: the title of its root and the way inside it; the path itself where there is one root. */
export function describePath(roots: IRoots | null, path: string): string {
  const found = roots?.rootOf(path);
  if (!found) {
    return path || '/';
  }
  const { root, inside } = found;
  return inside ? `${root.title}: ${inside}` : root.title;
}

/** Why nothing can be changed in a root, in words; null where it can. */
export function whyClosed(
  root: IRoot,
  trans: TranslationBundle
): string | null {
  if (root.state !== 'available') {
    return root.message
      ? trans.__('“%1” is not available now: %2', root.title, root.message)
      : trans.__('“%1” is not available now.', root.title);
  }
  return root.writable ? null : trans.__('“%1” is read-only.', root.title);
}

/** Why nothing can be changed at a path, in words; null where it can, and where the roots are not known. */
export function whyUnchangeable(
  roots: IRoots | null,
  path: string,
  trans: TranslationBundle
): string | null {
  const root = roots?.rootOf(path)?.root;
  return root ? whyClosed(root, trans) : null;
}
