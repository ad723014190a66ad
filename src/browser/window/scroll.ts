/**
 * The largest height given to the scrolled element, in pixels. Chromium stops at 33,554,428 and Firefox at about 17.9 million.
 */
export const MAX_HEIGHT = 15_000_000;

/** The part at both ends, in pixels, that is not compressed, so that small steps reach the first and the last row exactly. */
const EDGE = 1_000_000;

/** Movements below this many viewports are taken as they are; larger ones are jumps to a proportional place. */
const SMALL_STEP = 2;

/**
 * Translates between the scroll bar and rows, where all rows together are higher than an element can be.
 *
 * `top` is where the viewport begins in the full height of all rows; `scrollTop` is what the browser knows. They are equal as long as all
 * rows fit. Beyond, the scroll bar's range has three parts: its two ends map one to one, and the middle is compressed. Wheel, touch
 * and keys move `top` by exactly what they move `scrollTop`; only a jump, by dragging the scroll bar, goes through the map. What
 * the small steps have shifted between the two is made good by `settle` once the scrolling rests.
 */
export class Scroller {
  /** Where the viewport begins, in pixels of the full height. */
  get top(): number {
    return this._top;
  }

  /** Where the browser is to stand, in pixels of the scrolled element. */
  get scrollTop(): number {
    return this._scrollTop;
  }

  get rowHeight(): number {
    return this._rowHeight;
  }

  get viewport(): number {
    return this._viewport;
  }

  /** The height of the scrolled element. */
  get height(): number {
    return Math.min(this._content, MAX_HEIGHT);
  }

  get isCompressed(): boolean {
    return this._content > MAX_HEIGHT;
  }

  /** The first row that is at least partly in the viewport. */
  get firstVisible(): number {
    return Math.floor(this._top / this._rowHeight);
  }

  /** One after the last row that is at least partly in the viewport. */
  get lastVisible(): number {
    return Math.ceil((this._top + this._viewport) / this._rowHeight);
  }

  /** How many whole rows fit into the viewport; at least one. */
  get pageRows(): number {
    return Math.max(1, Math.floor(this._viewport / this._rowHeight));
  }

  /** The place of a row in the scrolled element, in pixels, given where it is scrolled to. */
  place(row: number): number {
    return row * this._rowHeight - this._top + this._scrollTop;
  }

  /** The row at a distance from the upper edge of the viewport, in pixels. */
  rowAt(distance: number): number {
    return Math.floor((this._top + distance) / this._rowHeight);
  }

  /** Take over new measures. The first visible row stays where it is when the row height changes. */
  measure(total: number, rowHeight: number, viewport: number): void {
    const scale = rowHeight / this._rowHeight;
    this._content = total * rowHeight;
    this._rowHeight = rowHeight;
    this._viewport = viewport;
    this._top = this._clamp(this._top * scale);
    const isFree = !this.isCompressed;
    if (isFree || this._scrollTop > this._scrollRange) {
      this.settle();
    }
  }

  /** The browser has scrolled. Returns whether the difference between the two positions must be settled at once. */
  scrolled(scrollTop: number): boolean {
    const step = scrollTop - this._scrollTop;
    this._scrollTop = scrollTop;
    if (!this.isCompressed) {
      this._top = this._clamp(scrollTop);
      return false;
    }
    const small = Math.abs(step) <= SMALL_STEP * this._viewport;
    this._top = this._clamp(small ? this._top + step : this._toTop(scrollTop));
    // At an end of the scroll bar, small steps could go no further although there are rows left.
    const room = this._viewport;
    const atEnd = scrollTop < room || scrollTop > this._scrollRange - room;
    const shift = this._toScrollTop(this._top) - scrollTop;
    return atEnd && Math.abs(shift) > 0.01;
  }

  /** Go to a place in the full height. */
  moveTo(top: number): void {
    this._top = this._clamp(top);
    this.settle();
  }

  /** Bring a row into the viewport with the least movement. Returns whether anything has moved. */
  reveal(row: number): boolean {
    const start = row * this._rowHeight;
    const end = start + this._rowHeight;
    if (start < this._top || this._rowHeight > this._viewport) {
      this.moveTo(start);
      return true;
    }
    if (end > this._top + this._viewport) {
      this.moveTo(end - this._viewport);
      return true;
    }
    return false;
  }

  /** Put the scroll bar where it belongs; the rows stay where they are. */
  settle(): void {
    this._scrollTop = this._toScrollTop(this._top);
  }

  /** What the browser made of the position that it was given: it may round. */
  adopt(scrollTop: number): void {
    this._top = this._clamp(this._top + scrollTop - this._scrollTop);
    this._scrollTop = scrollTop;
  }

  private get _range(): number {
    return Math.max(0, this._content - this._viewport);
  }

  private get _scrollRange(): number {
    return Math.max(0, this.height - this._viewport);
  }

  private _clamp(top: number): number {
    return Math.max(0, Math.min(top, this._range));
  }

  private _toTop(scrollTop: number): number {
    const range = this._range;
    const scrollRange = this._scrollRange;
    if (!this.isCompressed || scrollTop <= EDGE) {
      return scrollTop;
    }
    if (scrollTop >= scrollRange - EDGE) {
      return range - (scrollRange - scrollTop);
    }
    const ratio = (range - 2 * EDGE) / (scrollRange - 2 * EDGE);
    return EDGE + (scrollTop - EDGE) * ratio;
  }

  private _toScrollTop(top: number): number {
    const range = this._range;
    const scrollRange = this._scrollRange;
    if (!this.isCompressed || top <= EDGE) {
      return top;
    }
    if (top >= range - EDGE) {
      return scrollRange - (range - top);
    }
    const ratio = (scrollRange - 2 * EDGE) / (range - 2 * EDGE);
    return EDGE + (top - EDGE) * ratio;
  }

  private _content = 0;
  private _rowHeight = 24;
  private _scrollTop = 0;
  private _top = 0;
  private _viewport = 0;
}
