import type { IStateDB } from '@jupyterlab/statedb';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

const KEY = 'cloudru-jlab:roots';

/** How many recently used folders are kept of a root. */
export const RECENT_LIMIT = 10;

type Folders = Record<string, string[]>;

interface ISaved {
  favourites: Folders;
  recent: Folders;
  /** Per browser and root. */
  last: Record<string, Record<string, string>>;
}

/**
 * Folders that the user comes back to, per root: favourites, those used of late, and where each browser was. Folders are
 * paths inside the root; the root itself is none of them.
 */
export class FolderMemory {
  constructor(private readonly _state: IStateDB | null) {
    this.ready = this._restore();
  }

  /** What was saved is here. Never rejects. */
  readonly ready: Promise<void>;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  favourites(root: string): readonly string[] {
    return this._saved.favourites[root] ?? [];
  }

  recent(root: string): readonly string[] {
    return this._saved.recent[root] ?? [];
  }

  isFavourite(root: string, folder: string): boolean {
    return this.favourites(root).includes(folder);
  }

  toggleFavourite(root: string, folder: string): void {
    this._change(({ favourites }) => {
      favourites[root] = this.isFavourite(root, folder)
        ? this.favourites(root).filter(other => other !== folder)
        : [...this.favourites(root), folder].sort();
    });
  }

  /** Where the browser was in the root when it left; empty for the top, and where it never was. */
  last(browser: string, root: string): string {
    return this._saved.last[browser]?.[root] ?? '';
  }

  /** The browser shows this folder. */
  visit(browser: string, root: string, folder: string): void {
    this._change(({ last, recent }) => {
      last[browser] = { ...last[browser], [root]: folder };
      if (folder) {
        const others = this.recent(root).filter(other => other !== folder);
        // On the way down only the end of the way counts.
        const [newest] = others;
        if (newest !== undefined && folder.startsWith(`${newest}/`)) {
          others.shift();
        }
        recent[root] = [folder, ...others].slice(0, RECENT_LIMIT);
      }
    });
  }

  /** The folder is gone. A favourite stays: it may come back. */
  forget(root: string, folder: string): void {
    this._change(({ last, recent }) => {
      recent[root] = this.recent(root).filter(other => other !== folder);
      for (const folders of Object.values(last)) {
        if (folders[root] === folder) {
          delete folders[root];
        }
      }
    });
  }

  /** The browser was closed for good. */
  forgetBrowser(browser: string): void {
    this._change(({ last }) => {
      delete last[browser];
    });
  }

  private async _restore(): Promise<void> {
    try {
      const saved = (await this._state?.fetch(KEY)) as
        Partial<ISaved> | undefined;
      this._saved = {
        favourites: { ...saved?.favourites },
        recent: { ...saved?.recent },
        last: { ...saved?.last }
      };
    } catch (error) {
      console.warn('cloudru-jlab: favourite folders cannot be read.', error);
    }
    this._isReady = true;
    this._changed.emit();
  }

  /** Change what is saved; once it is known what that is. */
  private _change(change: (saved: ISaved) => void): void {
    if (!this._isReady) {
      void this.ready.then(() => this._change(change));
      return;
    }
    change(this._saved);
    this._changed.emit();
    void this._state
      ?.save(KEY, this._saved as unknown as ReadonlyPartialJSONValue)
      .catch(error => {
        console.warn('cloudru-jlab: favourite folders are not saved.', error);
      });
  }

  private readonly _changed = new Signal<this, void>(this);
  private _isReady = false;
  private _saved: ISaved = { favourites: {}, recent: {}, last: {} };
}
