import type { DirListing } from '@jupyterlab/filebrowser';
import type { Message } from '@lumino/messaging';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import type {
  IAnchor,
  IDirectoryView,
  IRow,
  IViewChange
} from '../../core/tokens';
import { ListingBase } from '../internals';
import type { WindowedModel } from '../model';
import { Hold } from './hold';
import { Hover } from './hover';
import { Measures } from './measures';
import { arrangeNodes } from './nodes';
import { WindowRenderer } from './renderer';
import { Scroller } from './scroll';
import { Sentinel } from './sentinel';

/** Rows drawn above and below the visible ones. */
const OVERSCAN = 8;

/** The same in the first frame after a jump: the others follow once what was asked for is on the screen. */
const JUMP_OVERSCAN = 1;

/** How long after a jump the others follow, in milliseconds: a few frames. */
const OVERSCAN_DELAY = 50;

/** How long the scrolling must rest before the scroll bar is put in its place, in milliseconds. */
const SETTLE_DELAY = 150;

const ITEM_CLASS = 'jp-DirListing-item';

/**
 * A listing that draws the rows near the viewport only.
 *
 * The base class works on its arrays of rows and nodes, which hold just the drawn rows here: its index 0 is row `first` of the
 * view. This layer draws and scrolls; those above it select and act.
 */
export abstract class RowWindow extends ListingBase {
  constructor(options: DirListing.IOptions & { model: WindowedModel }) {
    super({ ...options, renderer: options.renderer ?? new WindowRenderer() });
    this.view = options.model.view;
    this.windowed = options.model;
    this.hold = new Hold(this.contentNode, {
      isBusy: () => this._isRenaming || this._drag !== null,
      released: () => this.view.release()
    });
    this.sentinel = new Sentinel(this.contentNode);
    this.measures = new Measures(this.contentNode, () => {
      this._isScrollDue = true;
      this.update();
    });
    this._hover = new Hover(this.contentNode, ITEM_CLASS, row =>
      this._fillTitles(row)
    );
    this.contentNode.classList.add('cj-Window');
    this.view.changed.connect(this._onViewChanged, this);
    this.view.anchor = modeChanged => this.anchor(modeChanged);
    this.view.held = () => this.hold.state;
    this._editNode.addEventListener('blur', this._onEditBlur);
  }

  readonly view: IDirectoryView;
  readonly windowed: WindowedModel;
  readonly hold: Hold;

  /** The number in the view of the first drawn row. */
  get first(): number {
    return this._first;
  }

  get total(): number {
    return this.view.head?.total ?? 0;
  }

  /** The row that has the keyboard, whether drawn or not. */
  get focusRow(): number {
    return this._focusRow;
  }

  set focusRow(row: number) {
    this._focusRow = row;
  }

  /** The base class counts from the first drawn row. */
  override get _focusIndex(): number {
    return (this._focusRow ?? 0) - (this._first ?? 0);
  }

  override set _focusIndex(index: number) {
    this._focusRow = index + (this._first ?? 0);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    clearTimeout(this._settleTimer);
    clearTimeout(this._overscanTimer);
    this._hover.dispose();
    this.measures.dispose();
    this._editNode.removeEventListener('blur', this._onEditBlur);
    this.hold.dispose();
    this.view.anchor = null;
    this.view.held = null;
    this.view.changed.disconnect(this._onViewChanged, this);
    super.dispose();
  }

  override handleEvent(event: Event): void {
    if (event.type === 'scroll') {
      this._onScroll();
    }
    super.handleEvent(event);
  }

  /** Draw now instead of with the next frame. */
  flush(): void {
    MessageLoop.sendMessage(this, Widget.Msg.UpdateRequest);
  }

  /** Bring a row into the viewport and draw. */
  reveal(row: number): void {
    if (this.scroller.reveal(row)) {
      this._isScrollDue = true;
    }
    this.flush();
  }

  /** The rows that will be drawn once a row is revealed. */
  around(row: number): [number, number] {
    const { scroller } = this;
    const first = scroller.firstVisible;
    const last = scroller.lastVisible;
    if (row >= first && row < last) {
      return [row, row + 1];
    }
    const count = scroller.pageRows + 1;
    const from = row < first ? row : row - count;
    return [
      Math.max(0, from - OVERSCAN),
      Math.min(this.total, from + count + 1 + OVERSCAN)
    ];
  }

  /** The path of a row that is at hand. */
  pathAt(row: number): string | undefined {
    return this.view.row(row)?.path;
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this.measures.attach();
    this._hover.attach();
  }

  protected override onBeforeDetach(msg: Message): void {
    this._hover.detach();
    this.measures.detach();
    super.onBeforeDetach(msg);
  }

  protected override onAfterShow(msg: Message): void {
    this._isScrollDue = true;
    this.update();
  }

  protected override onUpdateRequest(msg: Message): void {
    if (this._layOut()) {
      super.onUpdateRequest(msg);
      this._describeRows();
    }
    this._applyScroll();
    this.measures.drawn(this._items);
    this._takeFocus();
  }

  /** Which row is to stay in its place when another generation comes. */
  protected abstract anchor(modeChanged: boolean): IAnchor | null;

  /** The rows have changed places. */
  protected abstract onRowsMoved(change: IViewChange): void;

  private _measure(): void {
    const { rowHeight, viewport } = this.measures;
    this.scroller.measure(this.total, rowHeight, viewport);
  }

  /**
   * Decide which rows to draw, and put the nodes and the space around them in order.
   *
   * @returns whether any of the rows can be seen: those left behind by a jump need not be drawn while others are awaited
   */
  private _layOut(): boolean {
    let isSeen = true;
    this._measure();
    if (!this._isRenaming) {
      this.view.want(...this._visible(OVERSCAN));
      const [top, bottom] = this._visible(0);
      const isJump =
        bottom <= this._first || top >= this._first + this._sortedItems.length;
      const run = this._rowsAtHand(
        ...this._visible(isJump ? JUMP_OVERSCAN : OVERSCAN)
      );
      isSeen = run !== null || !isJump;
      if (run) {
        this._setRows(...run);
        if (isJump && run[1].length > 0) {
          clearTimeout(this._overscanTimer);
          this._overscanTimer = window.setTimeout(
            () => this.update(),
            OVERSCAN_DELAY
          );
        }
      }
    }
    this._setSpace();
    return isSeen;
  }

  /** The rows in the viewport, and so many on either side. */
  private _visible(margin: number): [number, number] {
    const { firstVisible, lastVisible } = this.scroller;
    return [
      Math.max(0, firstVisible - margin),
      Math.min(this.total, lastVisible + margin)
    ];
  }

  /** The longest unbroken run of rows at hand that shows in the viewport; null where there is none but should be. */
  private _rowsAtHand(first: number, last: number): [number, IRow[]] | null {
    let start = first;
    let rows: IRow[] = [];
    let best: [number, IRow[]] | null = last > first ? null : [0, []];
    for (let index = first; index <= last; index++) {
      const row = index < last ? this.view.row(index) : undefined;
      if (row) {
        rows.push(row);
        continue;
      }
      if (rows.length > (best?.[1].length ?? 0)) {
        best = [start, rows];
      }
      rows = [];
      start = index + 1;
    }
    return best;
  }

  private _setRows(first: number, rows: IRow[]): void {
    for (const row of rows) {
      row.indices = this.windowed.highlight(row);
    }
    const focusRow = this._focusRow;
    const after = rows.map(row => row.path);
    const focused = this._items.findIndex(node =>
      node.contains(document.activeElement)
    );
    const path = this._sortedItems[focused]?.path;
    if (path !== undefined && !after.includes(path)) {
      this.sentinel.focus();
    }
    if (this._items.length > 0) {
      const before = this._sortedItems.map(item => item.path);
      arrangeNodes(this.contentNode, this._items, before, after, () => {
        const node = this.renderer.createItemNode(
          this._hiddenColumns,
          this._columnSizes
        );
        node.classList.add(ITEM_CLASS);
        return node;
      });
    }
    this._first = first;
    this._focusRow = focusRow;
    this._sortedItems = rows;
  }

  private _setSpace(): void {
    const { scroller, contentNode } = this;
    const count = this._sortedItems.length;
    const rows = count * scroller.rowHeight;
    const room = Math.max(0, scroller.height - rows);
    const above = Math.max(0, Math.min(scroller.place(this._first), room));
    contentNode.style.setProperty('--cj-above', `${above}px`);
    contentNode.style.setProperty('--cj-below', `${room - above}px`);
  }

  private _describeRows(): void {
    const total = String(this.total);
    this._items.forEach((node, i) => {
      node.setAttribute('aria-setsize', total);
      node.setAttribute('aria-posinset', String(this._first + i + 1));
    });
  }

  /** Scroll to where the rows are; only with all nodes in place is there the height that the position lies in. */
  private _applyScroll(): void {
    const { scroller, contentNode } = this;
    if (!this._isScrollDue || this.measures.viewport === 0) {
      return;
    }
    this._isScrollDue = false;
    const wanted = scroller.scrollTop;
    if (Math.abs(contentNode.scrollTop - wanted) < 1) {
      return;
    }
    contentNode.scrollTop = wanted;
    const got = contentNode.scrollTop;
    if (Math.abs(got - wanted) > 1 && !this._isSecondTry) {
      // New rows may not have their full height before their icons come, which is in the next frame.
      this._isSecondTry = true;
      this._isScrollDue = true;
      this.update();
      return;
    }
    this._isSecondTry = false;
    scroller.adopt(got);
  }

  /** The keyboard goes back to its row when that is drawn again. */
  private _takeFocus(): void {
    if (!this.sentinel.hasFocus || this._isRenaming) {
      return;
    }
    const node = this._items[this._focusIndex];
    const name = node && this.renderer.getNameNode(node);
    if (name) {
      name.tabIndex = 0;
      name.focus({ preventScroll: true });
    }
  }

  private _onScroll(): void {
    const { scroller } = this;
    const mustSettle = scroller.scrolled(this.contentNode.scrollTop);
    clearTimeout(this._settleTimer);
    if (scroller.isCompressed) {
      this._settleTimer = window.setTimeout(
        () => this._settle(),
        mustSettle ? 0 : SETTLE_DELAY
      );
    }
    this.hold.scrolled();
    this.update();
  }

  private _settle(): void {
    if (!this.isDisposed) {
      this.scroller.settle();
      this._isScrollDue = true;
      this.update();
    }
  }

  private _onViewChanged(_: unknown, change: IViewChange): void {
    const { scroller } = this;
    switch (change.kind) {
      case 'reset':
        this._measure();
        scroller.moveTo(0);
        this._isScrollDue = true;
        this.onRowsMoved(change);
        break;
      case 'moved': {
        this._measure();
        const { from = 0, to = null } = change.anchor ?? {};
        if (to !== null && to !== from) {
          scroller.moveTo(scroller.top + (to - from) * scroller.rowHeight);
        }
        this._isScrollDue = true;
        this.onRowsMoved(change);
        break;
      }
      case 'rows':
      case 'head':
      case 'error':
        break;
    }
    this.update();
  }

  /** Complete the hover text of a row. */
  private _fillTitles(node: HTMLElement): void {
    const { renderer } = this;
    if (renderer instanceof WindowRenderer) {
      renderer.fillTitles(node, this.translator);
      // Else the base class would take the title for one without the kernel's line.
      if (this._lastRenderedState.has(node)) {
        this._lastRenderedState.set(node, node.title);
      }
    }
  }

  private readonly _onEditBlur = (): void => {
    // The base class puts the name back in the same event.
    queueMicrotask(() => this.hold.check());
  };

  /** The name of a row is being edited: its node must stay. */
  protected get _isRenaming(): boolean {
    return this._editNode?.parentNode !== null;
  }

  protected readonly scroller = new Scroller();
  protected readonly sentinel: Sentinel;
  protected readonly measures: Measures;
  private _first = 0;
  private readonly _hover: Hover;
  private _focusRow = 0;
  private _isScrollDue = false;
  private _isSecondTry = false;
  private _overscanTimer = -1;
  private _settleTimer = -1;
}
