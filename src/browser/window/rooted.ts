import { showErrorMessage } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { renameFile } from '@jupyterlab/docmanager';
import type { Contents } from '@jupyterlab/services';
import type { Drag } from '@lumino/dragdrop';

import type { CarryKind, ICrossing, ISelected } from '../jobs/crossing';
import { BULK_MIME, WindowedListing } from './listing';

/** Carries the paths of a drag, as JupyterLab does. */
const PATHS_MIME = 'application/x-jupyter-icontents';

/** Carries the dragged rows in the words of the server, for a drop in another root. */
export const ROWS_MIME = 'application/x-cloudru-jlab-rows';

const SELECTED_CLASS = 'jp-mod-selected';
const TARGET_CLASS = 'jp-mod-dropTarget';

/** Marks the listing of another panel that takes what is dragged over it. */
const TAKES_CLASS = 'cj-mod-dropTarget';

/**
 * A listing that knows of several roots: it takes what is dragged from other panels, shares what is cut or copied with
 * them, carries entries to other roots as jobs, and tells why a root that is closed cannot be changed.
 */
export class RootedListing extends WindowedListing {
  /** Null where there is one root alone; then the listing is as without this class. */
  crossing: ICrossing | null = null;

  override cut(): void {
    super.cut();
    this._share('move');
  }

  override copy(): void {
    super.copy();
    this._share('copy');
  }

  override async paste(): Promise<void> {
    const { crossing } = this;
    const clip = crossing?.isNeeded ? crossing.clip : null;
    if (await this._isRefused()) {
      return;
    }
    if (!crossing || !clip) {
      return super.paste();
    }
    const { selected, kind, paths } = clip;
    const owner = clip.owner instanceof RootedListing ? clip.owner : this;
    const { path } = this.model;
    if (crossing.crosses(selected.path, path)) {
      // What was copied is copied: only a large selection is asked about, as within one root.
      const isDecided = kind === 'copy' && paths.length > 0;
      if ((await crossing.carry(selected, path, kind, isDecided)) === null) {
        return;
      }
    } else {
      this._isCut = kind === 'move';
      this._clipboard.splice(0, this._clipboard.length, ...paths);
      this.clipped = paths.length > 0 ? null : selected;
      await super.paste();
      if (this.clipped) {
        return;
      }
    }
    crossing.clip = null;
    owner.emptyClipboard();
  }

  /** Forget what was cut or copied here. */
  emptyClipboard(): void {
    if (this.isDisposed) {
      return;
    }
    this._clipboard.length = 0;
    this._isCut = false;
    this.clipped = null;
    this.update();
  }

  override async delete(): Promise<void> {
    if (!(await this._isRefused())) {
      return super.delete();
    }
  }

  override async duplicate(): Promise<void> {
    if (!(await this._isRefused())) {
      return super.duplicate();
    }
  }

  override async _doRename(): Promise<string> {
    return (await this._isRefused()) ? '' : super._doRename();
  }

  override evtNativeDrop(event: DragEvent): void {
    const closed = this.crossing?.whyUnchangeable(this.model.path) ?? null;
    if (closed === null) {
      super.evtNativeDrop(event);
      return;
    }
    event.preventDefault();
    void this.crossing?.refuse(closed);
  }

  override evtDragEnter(event: Drag.Event): void {
    super.evtDragEnter(event);
    if (!event.defaultPrevented && this._takes(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  override evtDragOver(event: Drag.Event): void {
    super.evtDragOver(event);
    if (!this._takes(event)) {
      return;
    }
    const isOnFolder = this._folderAt(event) !== null;
    this.toggleClass(TAKES_CLASS, !isOnFolder);
    event.dropAction = event.proposedAction;
    if (!isOnFolder) {
      this._unmark();
    }
  }

  override evtDragLeave(event: Drag.Event): void {
    super.evtDragLeave(event);
    if (!this.contentNode.contains(event.relatedTarget as Node | null)) {
      this.removeClass(TAKES_CLASS);
    }
  }

  override evtDrop(event: Drag.Event): void {
    this.removeClass(TAKES_CLASS);
    const folder = this._folderAt(event);
    const target = folder ?? (this._takes(event) ? this.model.path : null);
    if (
      target === null ||
      event.proposedAction === 'none' ||
      !this.receive(event, target, folder === null)
    ) {
      super.evtDrop(event);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    event.dropAction = event.proposedAction;
    this._unmark();
  }

  override dropBulk(event: Drag.Event, destination: string): void {
    if (!this.receive(event, destination)) {
      super.dropBulk(event, destination);
    }
  }

  /**
   * Take what was dropped on a directory, where that is not what a listing does with one root.
   *
   * @param isWhole - the stock listing does not know this target, so that all drops on it are ours
   * @returns whether it was taken, or refused with a reason
   */
  receive(event: Drag.Event, destination: string, isWhole = false): boolean {
    const { crossing } = this;
    const selected = carriedRows(event);
    if (!crossing || !selected) {
      return false;
    }
    const kind: CarryKind = event.ctrlKey ? 'copy' : 'move';
    if (crossing.crosses(selected.path, destination)) {
      void crossing.carry(selected, destination, kind, event.ctrlKey);
      return true;
    }
    const closed = crossing.whyUnchangeable(destination);
    if (closed !== null) {
      void crossing.refuse(closed);
      return true;
    }
    if (isWhole && event.mimeData.hasData(BULK_MIME)) {
      super.dropBulk(event, destination);
    } else if (isWhole) {
      void this._takePaths(event, destination, kind);
    }
    return isWhole;
  }

  override _startDrag(index: number, clientX: number, clientY: number): void {
    const rows = this._rowsToDrag(index);
    super._startDrag(index, clientX, clientY);
    const data = this._drag?.mimeData;
    if (data && rows && this.crossing?.isNeeded && !data.hasData(BULK_MIME)) {
      data.setData(ROWS_MIME, rows);
    }
  }

  /** The rows that a drag of this one is about, of this moment. */
  private _rowsToDrag(index: number): ISelected | null {
    const row = this.view.row(index + this.first);
    const node = this._items[index];
    if (!row || !node || node.classList.contains(SELECTED_CLASS)) {
      return row && node ? this.selectedNow() : null;
    }
    const at = index + this.first;
    return {
      ...this.selectedNow(),
      selection: {
        all: false,
        names: row.undecodable ? [] : [row.name],
        except: [],
        ranges: row.undecodable ? [[at, at + 1]] : []
      },
      count: 1
    };
  }

  /** Paths from another panel of the same root, as the stock listing would take them on a folder. */
  private async _takePaths(
    event: Drag.Event,
    destination: string,
    kind: CarryKind
  ): Promise<void> {
    const { manager } = this.model;
    const paths = event.mimeData.getData(PATHS_MIME) as string[];
    const pending: Promise<Contents.IModel | null>[] = [];
    for (const path of paths) {
      const target = PathExt.join(destination, PathExt.basename(path));
      if (kind === 'copy') {
        pending.push(manager.copy(path, destination));
      } else if (target !== path) {
        pending.push(renameFile(manager, path, target));
      }
    }
    try {
      await Promise.all(pending);
    } catch (error) {
      const trans = this.translator.load('jupyterlab');
      await showErrorMessage(
        trans._p('showErrorMessage', 'Error while copying/moving files'),
        error as Error
      );
    }
  }

  /** Whether the directory that is shown takes what another panel's rows are dragged over it. */
  private _takes(event: Drag.Event): boolean {
    return (
      !this._drag &&
      (this.crossing?.isNeeded ?? false) &&
      carriedRows(event) !== null
    );
  }

  /** The directory whose row the pointer is on, or null. */
  private _folderAt(event: Drag.Event): string | null {
    const index = this._items.findIndex(node =>
      node.contains(event.target as Node)
    );
    const row = this._sortedItems[index];
    return row?.type === 'directory' ? row.path : null;
  }

  private _unmark(): void {
    for (const node of this._items) {
      node.classList.remove(TARGET_CLASS);
    }
  }

  /** Whether the directory cannot be changed; the user has been told why by then. */
  private async _isRefused(): Promise<boolean> {
    const closed = this.crossing?.whyUnchangeable(this.model.path) ?? null;
    if (closed === null) {
      return false;
    }
    await this.crossing?.refuse(closed);
    return true;
  }

  private _share(kind: CarryKind): void {
    const { crossing } = this;
    if (crossing?.isNeeded) {
      crossing.clip = {
        kind,
        selected: this.selectedNow(),
        paths: [...this._clipboard],
        owner: this
      };
    }
  }
}

/** The rows that a drag carries, in the words of the server; null for a drag of something else. */
function carriedRows({ mimeData }: Drag.Event): ISelected | null {
  for (const type of [BULK_MIME, ROWS_MIME]) {
    if (mimeData.hasData(type)) {
      return mimeData.getData(type) as ISelected;
    }
  }
  return null;
}
