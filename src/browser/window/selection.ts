import type { IRow, ISelectionSpec } from '../../core/tokens';
import { Intervals } from './intervals';

/** A row that differs from what the intervals say about it. */
interface IMark {
  index: number;
  row: IRow;
}

/**
 * Which rows of a view are selected, without holding more than what the user has pointed at.
 *
 * Long spans are intervals of row numbers; single rows are kept by path, with their model, and may lie anywhere, loaded or not. A row in
 * an interval that was taken out again is an exception, kept by path as well. A path is never in both, and a picked row never lies in
 * an interval.
 */
export class Selection {
  /** Whether the selection is no more than some rows that are at hand. */
  get isPlain(): boolean {
    return this._spans.isEmpty;
  }

  get isEmpty(): boolean {
    return this._spans.isEmpty && this._picked.size === 0;
  }

  /** The rows picked one by one, in the order in which they were. */
  picked(): IRow[] {
    return [...this._picked.values()].map(mark => mark.row);
  }

  pickedPaths(): string[] {
    return [...this._picked.keys()];
  }

  count(total: number): number {
    return this.countIn(0, total) + this._strays();
  }

  /** How many rows of `start` to `stop` are selected. */
  countIn(start: number, stop: number): number {
    const within = ({ index }: IMark): boolean =>
      start <= index && index < stop;
    const picked = [...this._picked.values()].filter(within).length;
    const except = [...this._except.values()].filter(within).length;
    return this._spans.count(start, stop) + picked - except;
  }

  /** @param index - where the row stands, or -1 where that is not known */
  has(path: string, index: number): boolean {
    if (this._picked.has(path)) {
      return true;
    }
    return this._spans.has(index) && !this._except.has(path);
  }

  /** Whether a row is selected of which the number alone is known. */
  hasIndex(index: number): boolean {
    return this.countIn(index, index + 1) > 0;
  }

  select(row: IRow, index: number): void {
    this._except.delete(row.path);
    if (!this._spans.has(index)) {
      this._picked.delete(row.path);
      this._picked.set(row.path, { index, row });
    }
  }

  deselect(row: IRow, index: number): void {
    this._picked.delete(row.path);
    if (this._spans.has(index)) {
      this._except.set(row.path, { index, row });
    }
  }

  /** Select all rows from `start` to `stop`; an infinite `stop` takes in whatever the directory will hold. */
  selectSpan(start: number, stop: number): void {
    this._spans.add(start, stop);
    this._unmark(start, stop);
  }

  deselectSpan(start: number, stop: number): void {
    this._spans.remove(start, stop);
    this._unmark(start, stop);
  }

  clear(): void {
    this._spans.clear();
    this._picked.clear();
    this._except.clear();
  }

  /** Forget an entry that is gone. */
  forget(path: string): void {
    this._picked.delete(path);
    this._except.delete(path);
  }

  /** The selection in the words of the server. Names that are not UTF-8 cannot be written down, so they go by number. */
  toSpec(total: number): ISelectionSpec {
    const ranges = this._spans.toArray(total);
    const [only] = ranges;
    const all =
      ranges.length === 1 && !!only && only[0] === 0 && only[1] === total;
    const spec: ISelectionSpec = {
      all,
      names: [],
      except: [],
      ranges: all ? [] : ranges
    };
    for (const { index, row } of this._picked.values()) {
      if (row.undecodable) {
        spec.ranges.push([index, index + 1]);
      } else {
        spec.names.push(row.name);
      }
    }
    for (const { row } of this._except.values()) {
      spec.except.push(row.name);
    }
    return spec;
  }

  /** Whether row numbers matter, so that `follow` is needed when they change. */
  get hasSpans(): boolean {
    return !this._spans.isEmpty;
  }

  /** The rows whose new numbers are needed when the order of rows changes. */
  marks(): IRow[] {
    return [...this._picked.values(), ...this._except.values()].map(
      mark => mark.row
    );
  }

  /** A marked row has another number now, or none: then it is gone. */
  follow(path: string, index: number | null): void {
    for (const marks of [this._picked, this._except]) {
      const mark = marks.get(path);
      if (mark && index === null) {
        marks.delete(path);
      } else if (mark && index !== null) {
        mark.index = index;
      }
    }
  }

  /** The limits of the spans that are not endless. */
  limits(): [number, number][] {
    return this._spans.toArray(Infinity);
  }

  /** Replace the spans, after the rows have moved. */
  setSpans(spans: readonly (readonly [number, number])[]): void {
    this._spans.clear();
    for (const [start, stop] of spans) {
      this._spans.add(start, stop);
    }
  }

  /** Picked rows whose number is not known count too. */
  private _strays(): number {
    return [...this._picked.values()].filter(mark => mark.index < 0).length;
  }

  private _unmark(start: number, stop: number): void {
    for (const marks of [this._picked, this._except]) {
      for (const [path, { index }] of marks) {
        if (start <= index && index < stop) {
          marks.delete(path);
        }
      }
    }
  }

  private readonly _except = new Map<string, IMark>();
  private readonly _picked = new Map<string, IMark>();
  private readonly _spans = new Intervals();
}
