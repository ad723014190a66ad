import { Notification, showErrorMessage } from '@jupyterlab/apputils';
import type { DirListing } from '@jupyterlab/filebrowser';
import { MimeData } from '@lumino/coreutils';
import { Drag } from '@lumino/dragdrop';

import { bundle, formatCount } from '../../core/i18n';
import type { IJobRequest } from '../../core/tokens';
import type { IBulkActions } from '../jobs/actions';
import type { ISelected } from '../jobs/crossing';
import { RowKeys } from './keys';

/** Up to so many rows an action is one request per row, as in stock; beyond, it is a job on the server. */
export const BULK_LIMIT = 100;

/** Carries a selection that is too large to be listed from the start of a drag to its end. */
export const BULK_MIME = 'application/x-cloudru-jlab-selection';

const SELECTED_CLASS = 'jp-mod-selected';
const CLIPBOARD_CLASS = 'jp-mod-clipboard';

/** The directory listing: rows by number, and actions on as many of them as there are. */
export class WindowedListing extends RowKeys {
  /** Runs actions on many rows; without it they are refused. */
  bulk: IBulkActions | null = null;

  /** A large selection that was cut or copied. */
  protected clipped: ISelected | null = null;

  /** Whether the selection is too large for one request per row. */
  get isBulk(): boolean {
    return !this.selected.isPlain || this.selectedCount > BULK_LIMIT;
  }

  /** The selection in the words of the server, of this moment. */
  selectedNow(): ISelected {
    return {
      path: this.model.path,
      view: { ...this.view.params },
      generation: this.view.head?.generation ?? '',
      selection: this.selected.toSpec(this.total),
      count: this.selectedCount
    };
  }

  override sort(state: DirListing.ISortState): void {
    this._sortState = state;
    this._pushSort();
    this._saveState();
  }

  override async restore(id: string): Promise<void> {
    await super.restore(id);
    if (!this.isDisposed) {
      this._pushSort();
      this.update();
    }
  }

  override setColumnVisibility(
    name: DirListing.ToggleableColumn,
    visible: boolean
  ): void {
    super.setColumnVisibility(name, visible);
    this.update();
  }

  override async delete(): Promise<void> {
    if (this.isBulk || this.selected.picked().some(row => row.undecodable)) {
      await this.runBulk('delete', null);
      return;
    }
    await this._withPickedRows(() => super.delete());
  }

  override cut(): void {
    super.cut();
    this._keepSelection();
  }

  override copy(): void {
    super.copy();
    this._keepSelection();
  }

  override async paste(): Promise<void> {
    const selected = this.clipped;
    if (!selected) {
      return super.paste();
    }
    const kind = this._isCut ? 'move' : 'copy';
    if (await this.runBulk(kind, this.model.path, selected)) {
      this.clipped = null;
      this._isCut = false;
      this.removeClass(CLIPBOARD_CLASS);
    }
  }

  override async duplicate(): Promise<void> {
    if (this.isBulk) {
      await this.runBulk('copy', this.model.path);
      return;
    }
    return super.duplicate();
  }

  override async download(): Promise<void> {
    if (this.isBulk) {
      const trans = bundle(this.translator);
      const count = formatCount(this.selectedCount, this.translator);
      Notification.warning(
        trans.__(
          '%1 items are too many to download one by one. Select up to %2.',
          count,
          BULK_LIMIT
        ),
        { autoClose: 6000 }
      );
      return;
    }
    return super.download();
  }

  override async shutdownKernels(): Promise<void> {
    const { sessions } = this.model.manager.services;
    try {
      await Promise.all(
        [...this.model.sessions()]
          .filter(session => this.selection[session.path])
          .map(session => sessions.shutdown(session.id))
      );
    } catch (error) {
      const trans = this.translator.load('jupyterlab');
      await showErrorMessage(
        trans._p('showErrorMessage', 'Shut down kernel'),
        error as Error
      );
    }
  }

  /** Have the server act on many rows, after the user has confirmed. Resolves to whether it has begun. */
  async runBulk(
    kind: IJobRequest['kind'],
    destination: string | null,
    selected: ISelected = this.selectedNow()
  ): Promise<boolean> {
    const { bulk } = this;
    if (!bulk || selected.count === 0) {
      return false;
    }
    const hasBegun = await bulk.run({ ...selected, kind, destination });
    if (hasBegun && !this.isDisposed && kind !== 'copy') {
      // These rows are about to go.
      this.clearSelectedItems();
      this.update();
    }
    return hasBegun;
  }

  override evtDrop(event: Drag.Event): void {
    if (!event.mimeData.hasData(BULK_MIME)) {
      super.evtDrop(event);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const index = this._items.findIndex(node =>
      node.contains(event.target as Node)
    );
    this._items[index]?.classList.remove('jp-mod-dropTarget');
    const row = this._sortedItems[index];
    if (row?.type === 'directory' && event.proposedAction !== 'none') {
      event.dropAction = event.proposedAction;
      this.dropBulk(event, row.path);
    }
  }

  /** A large selection was dropped on a directory. */
  dropBulk(event: Drag.Event, destination: string): void {
    const selected = event.mimeData.getData(BULK_MIME) as ISelected;
    const kind = event.ctrlKey ? 'copy' : 'move';
    if (kind === 'copy' || destination !== selected.path) {
      void this.runBulk(kind, destination, selected);
    }
  }

  override async _doRename(): Promise<string> {
    const focused = this.pathAt(this.focusRow);
    if (focused === undefined || !this.selection[focused]) {
      const last = this.selected.picked().pop();
      const row = last ? this.view.indexOf(last.path) : -1;
      if (last && (row < 0 || !(await this.bring(row)))) {
        const { index } = await this.view.locate(last.name);
        if (index === null || !(await this.bring(index))) {
          return '';
        }
      }
    } else if (!(await this.bring(this.focusRow))) {
      return '';
    }
    try {
      return await super._doRename();
    } finally {
      this.hold.check();
    }
  }

  override _startDrag(index: number, clientX: number, clientY: number): void {
    const source = this._items[index];
    const isSelected = source?.classList.contains(SELECTED_CLASS) ?? false;
    if (source && isSelected && this.isBulk) {
      this._startBulkDrag(source, clientX, clientY);
    } else if (isSelected) {
      void this._withPickedRows(() => {
        super._startDrag(index, clientX, clientY);
      });
    } else {
      super._startDrag(index, clientX, clientY);
    }
    this._watchDrag();
  }

  private _startBulkDrag(
    source: HTMLElement,
    clientX: number,
    clientY: number
  ): void {
    const trans = this.translator.load('jupyterlab');
    const selected = this.selectedNow();
    const dragImage = this.renderer.createDragImage(
      source,
      selected.count,
      trans
    );
    const drag = new Drag({
      dragImage,
      mimeData: new MimeData(),
      supportedActions: 'move',
      proposedAction: 'move'
    });
    // The stock drop targets look for paths; they are to find none rather than a few of them.
    drag.mimeData.setData('application/x-jupyter-icontents', []);
    drag.mimeData.setData(BULK_MIME, selected);
    this._drag = drag;
    document.removeEventListener('mousemove', this, true);
    document.removeEventListener('mouseup', this, true);
    void drag.start(clientX, clientY).then(() => {
      this._drag = null;
    });
  }

  /** Rows are held while they are dragged: let them go afterwards. */
  private _watchDrag(): void {
    const look = (): void => {
      if (this.isDisposed) {
        return;
      }
      if (this._drag) {
        requestAnimationFrame(look);
      } else {
        this.hold.check();
      }
    };
    requestAnimationFrame(look);
  }

  /** Let the base class find all picked rows among those it holds while it gathers them, drawn or not. */
  private _withPickedRows<T>(act: () => T): T {
    const rows = this._sortedItems;
    const paths = new Set(rows.map(row => row.path));
    const others = this.selected.picked().filter(row => !paths.has(row.path));
    this._sortedItems = [...rows, ...others];
    try {
      return act();
    } finally {
      this._sortedItems = rows;
    }
  }

  private _keepSelection(): void {
    this.clipped = null;
    if (this.isBulk) {
      this.clipped = this.selectedNow();
      this._clipboard.length = 0;
    }
  }

  private _pushSort(): void {
    this.windowed.sortBy(
      this._sortState,
      this._sortNotebooksFirst,
      this._sortFileNamesNaturally
    );
    this.update();
  }
}

/** The directory that an element of the breadcrumbs stands for, or null. */
export function crumbPath(target: Element): string | null {
  const crumb = target.closest<HTMLElement>('[data-path]');
  if (crumb) {
    return crumb.dataset.path?.replace(/^\/+|\/+$/g, '') ?? null;
  }
  return target.closest('.jp-BreadCrumbs-home') ? '' : null;
}
