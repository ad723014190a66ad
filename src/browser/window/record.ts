import type { IRow } from '../../core/tokens';
import type { SelectionRecord } from '../internals';
import type { Selection } from './selection';

/** A row and its number. */
export interface IPlacedRow {
  row: IRow;
  index: number;
}

/**
 * The selection in the form that the base class reads and writes: an object with a true property for every selected path. It shows the
 * rows picked one by one and, of longer spans, those that are drawn.
 */
export function selectionRecord(
  selection: Selection,
  find: (path: string) => IPlacedRow | undefined,
  drawn: () => readonly { path: string }[]
): SelectionRecord {
  const has = (path: string): boolean =>
    selection.has(path, find(path)?.index ?? -1);
  const keys = (): string[] => {
    const paths = new Set(selection.pickedPaths());
    for (const { path } of drawn()) {
      if (has(path)) {
        paths.add(path);
      }
    }
    return [...paths];
  };
  return new Proxy<SelectionRecord>(Object.create(null) as SelectionRecord, {
    get: (_, path) => (typeof path === 'string' && has(path)) || undefined,
    has: (_, path) => typeof path === 'string' && has(path),
    set: (_, path, value) => {
      const placed = typeof path === 'string' ? find(path) : undefined;
      if (placed && value) {
        selection.select(placed.row, placed.index);
      } else if (placed) {
        selection.deselect(placed.row, placed.index);
      }
      return true;
    },
    deleteProperty: (_, path) => {
      if (typeof path === 'string') {
        const placed = find(path);
        if (placed) {
          selection.deselect(placed.row, placed.index);
        } else {
          selection.forget(path);
        }
      }
      return true;
    },
    ownKeys: keys,
    getOwnPropertyDescriptor: (_, path) =>
      typeof path === 'string' && has(path)
        ? { configurable: true, enumerable: true, writable: true, value: true }
        : undefined
  });
}
