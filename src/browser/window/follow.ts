import type { IDirectoryView, IRow } from '../../core/tokens';
import type { Selection } from './selection';

/** How many picked rows are looked up again after rows have moved. */
export const FOLLOW_LIMIT = 100;

/** Rows next to the limits of selected spans, by number: they tell where a span is when the numbers have changed. */
export class SpanEnds {
  /** Note the rows on both sides of a limit, where they are at hand. */
  note(view: IDirectoryView, limit: number): void {
    for (const index of [limit - 1, limit]) {
      const row = view.row(index);
      if (row) {
        this._rows.set(index, row);
      }
    }
  }

  clear(): void {
    this._rows.clear();
  }

  /** Give the spans of a selection their new numbers. A span whose ends cannot be found again is given up. */
  async follow(
    selection: Selection,
    find: (row: IRow) => Promise<number | null>
  ): Promise<void> {
    const rows = new Map<number, IRow>();
    const locate = async (limit: number): Promise<number | null> => {
      if (limit === 0 || limit === Infinity) {
        return limit;
      }
      for (const [index, shift] of [
        [limit, 0],
        [limit - 1, 1]
      ] as const) {
        const row = this._rows.get(index);
        const found = row ? await find(row) : null;
        if (row && found !== null) {
          rows.set(found, row);
          return found + shift;
        }
      }
      return null;
    };
    const spans: [number, number][] = [];
    for (const [start, stop] of selection.limits()) {
      const from = await locate(start);
      const to = await locate(stop);
      if (from !== null && to !== null && from < to) {
        spans.push([from, to]);
      }
    }
    selection.setSpans(spans);
    this.clear();
    rows.forEach((row, index) => this._rows.set(index, row));
  }

  private readonly _rows = new Map<number, IRow>();
}

/**
 * Find the marked rows of a selection again.
 *
 * @param find - the number of a row now, null when it is gone, undefined when that is not known yet
 */
export async function followMarks(
  selection: Selection,
  view: IDirectoryView,
  find: (row: IRow) => Promise<number | null | undefined>
): Promise<boolean> {
  const lost: IRow[] = [];
  for (const row of selection.marks()) {
    const index = view.indexOf(row.path);
    if (index >= 0) {
      selection.follow(row.path, index);
    } else if (!row.undecodable) {
      lost.push(row);
    }
  }
  let hasChanged = false;
  for (const row of lost.slice(0, FOLLOW_LIMIT)) {
    const index = await find(row);
    if (index !== undefined) {
      selection.follow(row.path, index);
      hasChanged ||= index === null;
    }
  }
  return hasChanged;
}
