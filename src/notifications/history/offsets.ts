/** Where rows of different heights stand in a list, in px from its top. */
export class Offsets {
  constructor(
    readonly count: number,
    heightOf: (index: number) => number
  ) {
    const ends = new Float64Array(count);
    let end = 0;
    for (let i = 0; i < count; i++) {
      end += heightOf(i);
      ends[i] = end;
    }
    this._ends = ends;
  }

  get total(): number {
    return this.top(this.count);
  }

  /** The top edge of a row. */
  top(index: number): number {
    return index > 0 ? (this._ends[Math.min(index, this.count) - 1] ?? 0) : 0;
  }

  bottom(index: number): number {
    return this.top(index + 1);
  }

  /** The row at a distance from the top; the first above it, the last below. */
  at(y: number): number {
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.bottom(middle) > y) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return Math.max(low, 0);
  }

  private readonly _ends: Float64Array;
}
