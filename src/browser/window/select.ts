import type { DirListing } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import type { Message } from '@lumino/messaging';

import { AbortedError } from '../../core/request';
import type { IAnchor, IRow, IViewChange } from '../../core/tokens';
import type { SelectionRecord } from '../internals';
import type { WindowedModel } from '../model';
import { FOLLOW_LIMIT, followMarks, SpanEnds } from './follow';
import type { IPlacedRow } from './record';
import { selectionRecord } from './record';
import { RowWindow } from './rows';
import { Selection } from './selection';

/** Up to so many rows are fetched in order to be selected one by one; beyond, spans are kept as numbers. */
const PICK_LIMIT = 1000;

/** Keeps the selection and the focus of a windowed listing, in terms of all rows instead of the drawn ones. */
export abstract class RowSelection extends RowWindow {
  constructor(options: DirListing.IOptions & { model: WindowedModel }) {
    super(options);
    this._record = selectionRecord(
      this.selected,
      path => this._find(path),
      () => this._sortedItems
    );
    this.model.fileChanged.connect(this._onEntryGone, this);
  }

  readonly selected = new Selection();

  override dispose(): void {
    if (!this.isDisposed) {
      this.model.fileChanged.disconnect(this._onEntryGone, this);
      super.dispose();
    }
  }

  /** The base class writes single rows into this, and replaces it to select none. */
  override get selection(): SelectionRecord {
    return this._record;
  }

  override set selection(record: SelectionRecord) {
    // Not there yet while the base class is being constructed.
    this.selected?.clear();
    for (const path of Object.keys(record)) {
      this._record[path] = true;
    }
  }

  /** How many rows are selected. */
  get selectedCount(): number {
    return this.selected.count(this.total);
  }

  /** The picked rows, and of longer spans the rows at hand. */
  override *selectedItems(): IterableIterator<Contents.IModel> {
    const picked = this.selected.picked();
    const paths = new Set(picked.map(row => row.path));
    yield* picked;
    if (!this.selected.isPlain) {
      for (const row of this.view.rows()) {
        const index = this.view.indexOf(row.path);
        if (!paths.has(row.path) && this.selected.has(row.path, index)) {
          yield row;
        }
      }
    }
  }

  override isSelected(name: string): boolean {
    const { path } = this.model;
    return !!this._record[path ? `${path}/${name}` : name];
  }

  override async selectAll(): Promise<void> {
    const { total } = this;
    if (total <= PICK_LIMIT) {
      await this.view.load(0, total);
      if (this.isDisposed) {
        return;
      }
    }
    this.selected.clear();
    this._selectSpan(0, total > PICK_LIMIT ? Infinity : this.total);
    this._selectionChanged.emit();
    this.update();
  }

  override selectNext(keepExisting = false): void {
    this._step(1, keepExisting);
  }

  override selectPrevious(keepExisting = false): void {
    this._step(-1, keepExisting);
  }

  /** Select a row and give it the focus, wherever it is. */
  async goTo(row: number, keepExisting = false, focus = true): Promise<void> {
    if (await this.bring(row)) {
      this._selectItem(row - this.first, keepExisting, focus);
    }
  }

  /** Have a row drawn, with all that will be seen around it. Resolves to false when it cannot be, or another row is asked for. */
  async bring(row: number): Promise<boolean> {
    const turn = ++this._turn;
    const [first, last] = this.around(row);
    if (!this._hasRows(first, last)) {
      try {
        await this.view.load(first, last);
      } catch {
        // The view shows its error.
        return false;
      }
    }
    if (this.isDisposed || turn !== this._turn || !this.view.row(row)) {
      return false;
    }
    this.reveal(row);
    return !!this._items[row - this.first];
  }

  override _focusItem(index: number): void {
    const count = this._items.length;
    if (count > 0 && (index < 0 || index >= count)) {
      // The row is scrolled away. The base class would take the nearest one that is drawn.
      const row = Math.max(0, Math.min(index + this.first, this.total - 1));
      this.focusRow = row;
      this._focusPath = this.pathAt(row) ?? this._focusPath;
      this.sentinel.focus();
      return;
    }
    super._focusItem(index);
  }

  override _focusContent(): void {
    if (this.total === 0) {
      this._focusItem(0);
      return;
    }
    const known = this.view.indexOf(this._focusPath);
    void this.goTo(known >= 0 ? known : this.focusRow);
  }

  override _handleMultiSelect(index: number): void {
    const from = this.focusRow;
    const to = index + this.first;
    const { selected } = this;
    if (to === from) {
      if (!selected.hasIndex(to)) {
        this._selectSpan(to, to + 1);
        this._selectionChanged.emit();
      }
      return;
    }
    const before = this.selectedCount;
    const step = to > from ? 1 : -1;
    const [first, last] = to > from ? [from + 1, to + 1] : [to, from];
    let isShrinking = false;
    if (selected.hasIndex(to)) {
      if (to === from + step) {
        // One step back into the selected rows: the row that is left is given up, if it was the last of them.
        const beyond = from - step;
        const isLast =
          beyond < 0 || beyond >= this.total || !selected.hasIndex(beyond);
        if (selected.hasIndex(from) && isLast) {
          this._deselectSpan(from, from + 1);
        }
      } else {
        const [start, stop] = to > from ? [from + 1, to] : [to + 1, from];
        isShrinking = selected.countIn(start, stop) === stop - start;
      }
    }
    if (isShrinking) {
      const [start, stop] = to > from ? [from, to] : [to + 1, from + 1];
      this._deselectSpan(start, stop);
    } else {
      this._selectSpan(first, last);
    }
    if (this.selectedCount !== before || isShrinking) {
      this._selectionChanged.emit();
    }
  }

  override _evtClick(event: MouseEvent): void {
    const checkbox = this.renderer.getCheckboxNode(this.headerNode);
    if (
      checkbox &&
      this.headerNode.contains(event.target as Node) &&
      this.isWithinCheckboxHitArea(event) &&
      checkbox.dataset.indeterminate === 'false' &&
      checkbox.dataset.checked === 'false'
    ) {
      void this.selectAll();
      return;
    }
    super._evtClick(event);
  }

  override _onModelRefreshed(): void {
    // The view has told what has changed; what stays selected does not depend on which rows are at hand.
    this.update();
  }

  override _onPathChanged(): void {
    const hasFocus = this.node.contains(document.activeElement);
    this.clearSelectedItems();
    this.focusRow = 0;
    this._focusPath = '';
    this.update();
    requestAnimationFrame(() => {
      if (!this.isDisposed && hasFocus) {
        this._focusItem(-this.first);
      }
    });
  }

  protected override onUpdateRequest(msg: Message): void {
    super.onUpdateRequest(msg);
    const count = this.selectedCount;
    this.toggleClass('jp-mod-selected', count > 0);
    this.toggleClass('jp-mod-multiSelected', count > 1);
    const checkbox = this.renderer.getCheckboxNode(this.headerNode);
    if (checkbox) {
      const isAll = count > 0 && count >= this.total;
      const isSome = count > 0 && !isAll;
      const trans = this.translator.load('jupyterlab');
      checkbox.checked = isAll;
      checkbox.indeterminate = isSome;
      checkbox.dataset.checked = String(isAll);
      checkbox.dataset.indeterminate = String(isSome);
      checkbox.setAttribute(
        'aria-label',
        count > 0
          ? trans.__('Deselect all files and directories')
          : trans.__('Select all files and directories')
      );
    }
  }

  protected override anchor(modeChanged: boolean): IAnchor | null {
    const { scroller } = this;
    const focused = this.selected.has(this._focusPath, this.focusRow)
      ? this._anchorAt(this.focusRow)
      : null;
    if (modeChanged) {
      // All rows get other neighbours. Whoever has chosen one is looking at that; everybody else sees the top.
      return focused;
    }
    const pointer = this.hold.pointer;
    const isFocusVisible =
      this.focusRow >= scroller.firstVisible &&
      this.focusRow < scroller.lastVisible;
    return (
      (pointer === null ? null : this._anchorAt(scroller.rowAt(pointer))) ??
      (isFocusVisible ? focused : null) ??
      (scroller.top > 0 ? this._anchorAt(scroller.firstVisible) : null)
    );
  }

  protected override onRowsMoved(change: IViewChange): void {
    if (change.kind === 'reset') {
      if (this.view.path !== this.model.path) {
        // Another directory: the selection goes when the model says so.
        return;
      }
      // Numbers mean nothing in another order, and with another filter. The rows that were picked one by one stay.
      if (
        this.selected.hasSpans ||
        this.selected.marks().length > FOLLOW_LIMIT
      ) {
        this.clearSelectedItems();
      }
    }
    if (!this.selected.isEmpty || this._focusPath) {
      void this._follow();
    }
  }

  /** Select rows, one by one where they are few and at hand. */
  protected _selectSpan(start: number, stop: number): void {
    const few = stop - start <= PICK_LIMIT;
    const rows: IRow[] = [];
    for (let index = start; few && index < stop; index++) {
      const row = this.view.row(index);
      if (row) {
        rows.push(row);
      }
    }
    if (few && rows.length === stop - start) {
      rows.forEach((row, i) => this.selected.select(row, start + i));
    } else {
      this.selected.selectSpan(start, stop);
      this._ends.note(this.view, start);
      this._ends.note(this.view, stop);
    }
  }

  private _deselectSpan(start: number, stop: number): void {
    this.selected.deselectSpan(start, stop);
    this._ends.note(this.view, start);
    this._ends.note(this.view, stop);
  }

  private _onEntryGone(_: unknown, change: Contents.IChangedArgs): void {
    const path = change.type === 'delete' ? change.oldValue?.path : undefined;
    if (path !== undefined && this.selected.has(path, -1)) {
      this.selected.forget(path);
      this._selectionChanged.emit();
    }
  }

  private _step(by: number, keepExisting: boolean): void {
    const { total } = this;
    const count = this.selectedCount;
    if (total === 0) {
      return;
    }
    const picked = this.selected.picked();
    const end = by > 0 ? picked[picked.length - 1] : picked[0];
    const at = end ? this.view.indexOf(end.path) : this.focusRow;
    let row = by > 0 ? 0 : total - 1;
    if (count === 1 || (keepExisting && count > 0)) {
      row = (at + by + total) % total;
    } else if (count > 0) {
      row = Math.max(0, at);
    }
    void this.goTo(row, keepExisting);
  }

  private _hasRows(first: number, last: number): boolean {
    for (let index = first; index < last; index++) {
      if (!this.view.row(index)) {
        return false;
      }
    }
    return true;
  }

  private _anchorAt(index: number): IAnchor | null {
    const row = this.view.row(index);
    return row ? { path: row.path, name: row.name, index } : null;
  }

  private _find(path: string): IPlacedRow | undefined {
    const index = this.view.indexOf(path);
    const row = this.view.row(index);
    return row && { row, index };
  }

  /** Find the focused and the selected rows again after rows have changed places. */
  private async _follow(): Promise<void> {
    const turn = ++this._followed;
    const { view, selected } = this;
    const path = this._focusPath;
    const known = path ? view.indexOf(path) : -1;
    if (known >= 0) {
      this.focusRow = known;
    }
    const find = async (name: string): Promise<number | null | undefined> => {
      const { index, exists } = await view.locate(name);
      if (this.isDisposed || turn !== this._followed) {
        throw new AbortedError();
      }
      // A preview does not show all yet.
      return index ?? (exists && !view.head?.complete ? undefined : null);
    };
    try {
      const isSmaller = await followMarks(selected, view, row =>
        find(row.name)
      );
      if (selected.hasSpans) {
        await this._ends.follow(
          selected,
          async row => (await find(row.name)) ?? null
        );
      }
      if (path && known < 0) {
        const index = await find(path.slice(path.lastIndexOf('/') + 1));
        if (this._focusPath === path && index !== undefined) {
          const last = Math.max(0, this.total - 1);
          this.focusRow = index ?? Math.min(this.focusRow, last);
          this._focusPath =
            index === null ? (this.pathAt(this.focusRow) ?? '') : path;
        }
      }
      if (isSmaller) {
        this._selectionChanged.emit();
      }
    } catch {
      // A newer generation tries again; until then rows may seem to be where they were.
      return;
    }
    this.update();
  }

  private readonly _ends = new SpanEnds();
  private _followed = 0;
  private readonly _record: SelectionRecord;
  private _turn = 0;
}
