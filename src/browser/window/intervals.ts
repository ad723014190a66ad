/** A set of whole numbers as sorted, disjoint, non-adjacent half-open intervals. The last may be endless. */
export class Intervals {
  get isEmpty(): boolean {
    return this._list.length === 0;
  }

  has(index: number): boolean {
    return this._list.some(([start, stop]) => start <= index && index < stop);
  }

  /** How many numbers of `start` to `stop` are in the set. */
  count(start: number, stop: number): number {
    let count = 0;
    for (const [from, to] of this._list) {
      count += Math.max(0, Math.min(to, stop) - Math.max(from, start));
    }
    return count;
  }

  add(start: number, stop: number): void {
    if (start >= stop) {
      return;
    }
    const list: [number, number][] = [];
    let [from, to] = [start, stop];
    for (const [first, last] of this._list) {
      if (last < from || first > to) {
        list.push([first, last]);
      } else {
        from = Math.min(from, first);
        to = Math.max(to, last);
      }
    }
    list.push([from, to]);
    this._list = list.sort((a, b) => a[0] - b[0]);
  }

  remove(start: number, stop: number): void {
    const list: [number, number][] = [];
    for (const [first, last] of this._list) {
      if (first < Math.min(start, last)) {
        list.push([first, Math.min(start, last)]);
      }
      if (last > Math.max(stop, first)) {
        list.push([Math.max(stop, first), last]);
      }
    }
    this._list = start < stop ? list : this._list;
  }

  clear(): void {
    this._list = [];
  }

  /** The intervals, cut off at `total`. */
  toArray(total: number): [number, number][] {
    return this._list
      .map(([start, stop]): [number, number] => [start, Math.min(stop, total)])
      .filter(([start, stop]) => start < stop);
  }

  private _list: [number, number][] = [];
}
