import type { IRow } from '../core/tokens';

/** Rows per page: the unit of loading and of forgetting. */
export const PAGE_SIZE = 200;

/** Pages kept: 10,000 rows, a few megabytes. */
const CAPACITY = 50;

interface IPageEntry {
  rows: (IRow | undefined)[];
  /** Per row, the state of the server's stat data that it shows. */
  seqs: number[];
}

/** The rows of one generation that are at hand, in pages; those used longest ago go first. */
export class PageCache {
  constructor(private readonly _capacity: number = CAPACITY) {}

  /** The number of rows at hand. */
  get size(): number {
    return this._index.size;
  }

  clear(): void {
    this._pages.clear();
    this._index.clear();
  }

  /** Keep rows that start at any index. */
  put(offset: number, rows: readonly IRow[], seq: number): void {
    rows.forEach((row, i) => {
      const index = offset + i;
      const page = this._page(Math.floor(index / PAGE_SIZE));
      this._set(page, index, row);
      page.seqs[index % PAGE_SIZE] = seq;
    });
    while (this._pages.size > this._capacity) {
      const oldest = this._pages.keys().next();
      if (oldest.done) {
        break;
      }
      this._drop(oldest.value);
    }
  }

  /** Replace a row that is at hand. */
  patch(index: number, row: IRow): void {
    const page = this._pages.get(Math.floor(index / PAGE_SIZE));
    if (page?.rows[index % PAGE_SIZE]) {
      this._set(page, index, row);
    }
  }

  row(index: number): IRow | undefined {
    return this._pages.get(Math.floor(index / PAGE_SIZE))?.rows[
      index % PAGE_SIZE
    ];
  }

  indexOf(path: string): number {
    return this._index.get(path) ?? -1;
  }

  /** Count the pages as used just now. */
  touch(first: number, last: number): void {
    for (const number of pageNumbers(first, last)) {
      const page = this._pages.get(number);
      if (page) {
        this._pages.delete(number);
        this._pages.set(number, page);
      }
    }
  }

  /** The smallest range of whole pages that holds every missing row of `first` to `last`, or null. */
  missing(first: number, last: number): [number, number] | null {
    let from = -1;
    let to = -1;
    for (let index = first; index < last; index++) {
      if (!this.row(index)) {
        from = from < 0 ? index : from;
        to = index;
      }
    }
    return from < 0
      ? null
      : [
          Math.floor(from / PAGE_SIZE) * PAGE_SIZE,
          (Math.floor(to / PAGE_SIZE) + 1) * PAGE_SIZE
        ];
  }

  /** The oldest state of stat data that one of the rows `first` to `last` shows. */
  seq(first: number, last: number): number {
    let oldest = Infinity;
    for (let index = first; index < last; index++) {
      const page = this._pages.get(Math.floor(index / PAGE_SIZE));
      oldest = Math.min(oldest, page?.seqs[index % PAGE_SIZE] ?? Infinity);
    }
    return Number.isFinite(oldest) ? oldest : 0;
  }

  /** Note that the rows `first` to `last` show state `seq` of the stat data. */
  current(first: number, last: number, seq: number): void {
    for (let index = first; index < last; index++) {
      const page = this._pages.get(Math.floor(index / PAGE_SIZE));
      if (page?.rows[index % PAGE_SIZE]) {
        page.seqs[index % PAGE_SIZE] = seq;
      }
    }
  }

  private _page(number: number): IPageEntry {
    let page = this._pages.get(number);
    if (!page) {
      page = { rows: [], seqs: [] };
      this._pages.set(number, page);
    }
    return page;
  }

  private _set(page: IPageEntry, index: number, row: IRow): void {
    const slot = index % PAGE_SIZE;
    const before = page.rows[slot];
    if (before && this._index.get(before.path) === index) {
      this._index.delete(before.path);
    }
    page.rows[slot] = row;
    this._index.set(row.path, index);
  }

  private _drop(number: number): void {
    const page = this._pages.get(number);
    this._pages.delete(number);
    page?.rows.forEach((row, slot) => {
      if (row && this._index.get(row.path) === number * PAGE_SIZE + slot) {
        this._index.delete(row.path);
      }
    });
  }

  private readonly _pages = new Map<number, IPageEntry>();
  private readonly _index = new Map<string, number>();
}

function* pageNumbers(first: number, last: number): Generator<number> {
  for (
    let number = Math.floor(first / PAGE_SIZE);
    number * PAGE_SIZE < last;
    number++
  ) {
    yield number;
  }
}
