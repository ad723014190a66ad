/** Watches the height of a row, which changes with the font and with the check boxes, and that of the viewport. */
export class Measures {
  /** @param changed - called when one of them is another */
  constructor(
    private readonly _content: HTMLElement,
    private readonly _changed: () => void
  ) {}

  /** In pixels. */
  get rowHeight(): number {
    return this._rowHeight;
  }

  /** In pixels; 0 while the listing is not shown. */
  get viewport(): number {
    return this._viewport;
  }

  attach(): void {
    this._viewportObserver.observe(this._content);
  }

  detach(): void {
    this._viewportObserver.disconnect();
  }

  dispose(): void {
    this.detach();
    this._rowObserver.disconnect();
  }

  /** Say which rows are drawn. */
  drawn(items: readonly HTMLElement[]): void {
    const [first] = items;
    this._items = items;
    if (first && first !== this._observed) {
      this._rowObserver.disconnect();
      this._rowObserver.observe(first);
      this._observed = first;
    }
  }

  private _measureRow(): void {
    const [first, second] = this._items;
    if (!first?.isConnected) {
      return;
    }
    const distance = second ? second.offsetTop - first.offsetTop : 0;
    const height = distance > 0 ? distance : first.offsetHeight;
    if (height > 0 && Math.abs(height - this._rowHeight) > 0.01) {
      this._rowHeight = height;
      this._changed();
    }
  }

  private _measureViewport(): void {
    const height = this._content.clientHeight;
    if (height !== this._viewport) {
      this._viewport = height;
      this._changed();
    }
  }

  private _items: readonly HTMLElement[] = [];
  private _observed: HTMLElement | null = null;
  private _rowHeight = 24;
  private _viewport = 0;
  private readonly _rowObserver = new ResizeObserver(() => this._measureRow());
  private readonly _viewportObserver = new ResizeObserver(() =>
    this._measureViewport()
  );
}
