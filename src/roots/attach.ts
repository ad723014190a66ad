import type { FileBrowser } from '@jupyterlab/filebrowser';
import type { IDisposable } from '@lumino/disposable';
import type { PanelLayout } from '@lumino/widgets';

import type { IRoots } from '../core/tokens';
import { RootCrumbs } from './crumbs';
import type { FolderMemory } from './favourites';
import type { RootsMenu } from './menu';
import type { WriteGuard } from './readonly';
import { UploadGuard } from './readonly';
import { RootSwitcher } from './switcher';
import type { RootWords } from './words';

/** All that roots add to one file browser, until one of the two is disposed. */
export class BrowserRoots implements IDisposable {
  constructor(private readonly _options: BrowserRoots.IOptions) {
    const { browser, roots, memory, words, actions } = _options;
    const { model, node } = browser;
    this.switcher = new RootSwitcher({
      browser,
      roots,
      memory,
      words,
      actions
    });
    (browser.layout as PanelLayout).insertWidget(0, this.switcher);
    this._crumbs = new RootCrumbs(browser, roots);
    this._uploads = new UploadGuard(browser, roots);
    this._stopAtTop();
    model.pathChanged.connect(this._onMoved, this);
    roots.changed.connect(this._onMoved, this);
    node.addEventListener('pointerenter', this._onPointer);
    node.addEventListener('pointerleave', this._onPointer);
    browser.disposed.connect(this.dispose, this);
    this._onMoved();
  }

  readonly switcher: RootSwitcher;

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    const { browser, roots, guard } = this._options;
    const { model, node } = browser;
    model.pathChanged.disconnect(this._onMoved, this);
    roots.changed.disconnect(this._onMoved, this);
    browser.disposed.disconnect(this.dispose, this);
    node.removeEventListener('pointerenter', this._onPointer);
    node.removeEventListener('pointerleave', this._onPointer);
    guard.pointed = null;
    this._restore();
    this._crumbs.dispose();
    this.switcher.dispose();
  }

  /** The way up ends at the top of a root: what is above is not a folder of its disk. */
  private _stopAtTop(): void {
    const { browser, roots } = this._options;
    const { model } = browser;
    const { cd } = model;
    model.cd = async path => {
      const place = path === '..' ? roots.rootOf(model.path) : null;
      if (!place || place.inside !== '') {
        await cd.call(model, path);
      }
    };
    this._restore = () => {
      model.cd = cd;
    };
  }

  private _onMoved(): void {
    const { browser, roots, memory, guard } = this._options;
    const { path } = browser.model;
    const place = roots.rootOf(path);
    this._uploads.update();
    guard.update();
    const isAvailable = place === null || place.root.state === 'available';
    if (isAvailable && !this._wasAvailable) {
      // What could not be shown is there again.
      void browser.model.refresh();
    }
    this._wasAvailable = isAvailable;
    if (place && path !== this._seen) {
      this._seen = path;
      memory.visit(browser.id, place.root.name, place.inside);
    }
  }

  private readonly _onPointer = (event: Event): void => {
    const { browser, guard } = this._options;
    guard.pointed = event.type === 'pointerenter' ? browser : null;
    // The toolbar's items come when its settings have been read.
    this._uploads.update();
  };

  private readonly _crumbs: RootCrumbs;
  private _isDisposed = false;
  private _restore = (): void => undefined;
  private _seen: string | null = null;
  private readonly _uploads: UploadGuard;
  private _wasAvailable = true;
}

export namespace BrowserRoots {
  export interface IOptions {
    browser: FileBrowser;
    roots: IRoots;
    memory: FolderMemory;
    words: RootWords;
    guard: WriteGuard;
    actions: RootsMenu.IActions;
  }
}
