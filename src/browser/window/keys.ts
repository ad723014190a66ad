import { ApiError } from '../../core/request';
import { RowSelection } from './select';

const TEXT_CLASS = 'jp-DirListing-itemText';

/** How long a new entry may take to come up in the rows of a directory that is still being read, in milliseconds. */
const APPEAR_TIME = 60_000;

/** The keyboard of a windowed listing: every key reaches every row, whether it is drawn or not. */
export abstract class RowKeys extends RowSelection {
  override evtKeydown(event: KeyboardEvent): void {
    if (this._inRename) {
      return;
    }
    const target = this._targetOf(event);
    if (target !== null) {
      event.stopPropagation();
      event.preventDefault();
      void this._moveTo(target, event);
      return;
    }
    const isToggle =
      event.ctrlKey && (event.key === ' ' || event.key === 'Spacebar');
    if (isToggle && this.sentinel.hasFocus) {
      // The row to be toggled is scrolled away: have it back, where the user sees what happens.
      event.stopPropagation();
      event.preventDefault();
      void this._toggleFocused();
      return;
    }
    super.evtKeydown(event);
  }

  override selectByPrefix(): void {
    const prefix = this._searchPrefix;
    const turn = ++this._searches;
    const wanted = prefix.toLowerCase();
    // Small directories need no server to find the row.
    for (let index = 0; index < this.total; index++) {
      const row = this.view.row(index);
      if (!row) {
        break;
      }
      if (row.name.toLowerCase().startsWith(wanted)) {
        void this.goTo(index);
        return;
      }
      if (index === this.total - 1) {
        return;
      }
    }
    void this.view.locatePrefix(prefix, 0).then(
      ({ index }) => {
        if (!this.isDisposed && turn === this._searches && index !== null) {
          void this.goTo(index);
        }
      },
      () => undefined
    );
  }

  override async _selectItemByName(
    name: string,
    focus = false,
    force = false
  ): Promise<void> {
    if (!force && this.isSelected(name)) {
      return;
    }
    const { path } = this.model;
    await this.model.refresh();
    const deadline = performance.now() + APPEAR_TIME;
    for (;;) {
      if (this.isDisposed) {
        throw new Error('File browser is disposed.');
      }
      const { generation } = this.view.head ?? {};
      const known = this.view.indexOf(path ? `${path}/${name}` : name);
      const found =
        known >= 0
          ? { index: known, exists: true, generation }
          : await this.view.locate(name);
      if (this.isDisposed || this.model.path !== path) {
        throw new Error('Item does not exist.');
      }
      const isCurrent = found.generation === this.view.head?.generation;
      if (found.index !== null && isCurrent) {
        await this.goTo(found.index, false, focus);
        return;
      }
      const isReading =
        this.view.head?.mode === 'preview' || !this.view.head?.complete;
      const mayCome = found.exists && isReading;
      if ((!mayCome && isCurrent) || performance.now() > deadline) {
        throw new Error('Item does not exist.');
      }
      if (mayCome && isCurrent) {
        await this._nextChange();
      }
      await this.view.sync(true);
    }
  }

  /** The row that a key leads to, or null when it leads to none. */
  private _targetOf(event: KeyboardEvent): number | null {
    const { total, focusRow } = this;
    const { key } = event;
    const isText = (event.target as HTMLElement).classList.contains(TEXT_CLASS);
    if (event.altKey || event.metaKey || !isText || total === 0) {
      return null;
    }
    const page = Math.max(1, this.scroller.pageRows - 1);
    const steps: Record<string, number> = {
      ArrowUp: -1,
      ArrowDown: 1,
      PageUp: -page,
      PageDown: page,
      Home: -Infinity,
      End: Infinity
    };
    const step = steps[key];
    if (step === undefined) {
      return null;
    }
    if (key === 'ArrowDown' && focusRow === 0 && !event.ctrlKey) {
      // As in stock: the first press selects the first row.
      return this.selected.isEmpty ? 0 : Math.min(1, total - 1);
    }
    return Math.max(0, Math.min(focusRow + step, total - 1));
  }

  private async _moveTo(row: number, event: KeyboardEvent): Promise<void> {
    const { shiftKey, ctrlKey } = event;
    if (!(await this.bring(row))) {
      return;
    }
    const index = row - this.first;
    if (shiftKey) {
      this._handleMultiSelect(index);
    } else if (!ctrlKey) {
      this._selectItem(index, false, false);
    }
    this._focusItem(index);
    this.update();
  }

  private async _toggleFocused(): Promise<void> {
    const row = this.focusRow;
    if (!(await this.bring(row))) {
      return;
    }
    const path = this.pathAt(row);
    if (path !== undefined) {
      if (this.selection[path]) {
        delete this.selection[path];
      } else {
        this.selection[path] = true;
      }
      this._selectionChanged.emit();
      this._focusItem(row - this.first);
      this.update();
    }
  }

  private _nextChange(): Promise<void> {
    return new Promise((resolve, reject) => {
      const slot = (): void => {
        this.view.changed.disconnect(slot);
        const { error } = this.view;
        if (error instanceof ApiError) {
          reject(error);
        } else {
          resolve();
        }
      };
      this.view.changed.connect(slot);
    });
  }

  private _searches = 0;
}
