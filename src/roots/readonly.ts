import type { FileBrowser } from '@jupyterlab/filebrowser';
import { Uploader } from '@jupyterlab/filebrowser';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { whyUnchangeable } from '../core/rootpaths';
import type { IRoots } from '../core/tokens';
import type { DocumentTargets } from './documents';
import { DOCUMENT_COMMANDS } from './documents';

/** Commands that write where the current file browser is. */
const IN_BROWSER = [
  'filebrowser:create-new-directory',
  'filebrowser:create-new-file',
  'filebrowser:create-new-markdown-file',
  'filebrowser:cut',
  'filebrowser:delete',
  'filebrowser:duplicate',
  'filebrowser:paste',
  'filebrowser:rename'
] as const;

/** Commands that write where their argument `cwd` or `path` says, else where the current file browser is. */
const IN_FOLDER: Readonly<Record<string, 'cwd' | 'path'>> = {
  'docmanager:new-untitled': 'path',
  'fileeditor:create-new': 'cwd',
  'fileeditor:create-new-markdown-file': 'cwd',
  'notebook:create-new': 'cwd'
};

/** The argument that names the browser in whose toolbar a button is. */
export const BROWSER_ARG = 'cjBrowser';

const GUARDED = [
  ...IN_BROWSER,
  ...Object.keys(IN_FOLDER),
  ...DOCUMENT_COMMANDS
];

/**
 * Switches off, with the reason as their caption, the commands that a read-only root would refuse.
 *
 * They are JupyterLab's commands, and it asks the registry whether one is enabled: the answer is changed there. What
 * runs a command without asking, as the launcher does, gets the reason as an error. Only a courtesy: the server decides.
 */
export class WriteGuard implements IDisposable {
  constructor(private readonly _options: WriteGuard.IOptions) {
    const { commands } = _options;
    const { isEnabled, caption, execute } = commands;
    commands.isEnabled = (id, args) =>
      this.reasonOf(id, args) === null && isEnabled.call(commands, id, args);
    commands.caption = (id, args) =>
      this.reasonOf(id, args) ?? caption.call(commands, id, args);
    commands.execute = (id, args) => {
      const reason = this.reasonOf(id, args);
      return reason === null
        ? execute.call(commands, id, args)
        : Promise.reject(new Error(reason));
    };
    this._restore = () =>
      Object.assign(commands, { isEnabled, caption, execute });
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._restore();
      this.update();
      Signal.clearData(this);
    }
  }

  /** Other commands are switched off than before, or for another reason. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The browser under the pointer: its toolbar is what the user may press next. */
  set pointed(browser: FileBrowser | null) {
    if (browser !== this._pointed) {
      this._pointed = browser;
      this.update();
    }
  }

  /** The current browser is another, or shows another folder. */
  update(): void {
    const [id] = IN_BROWSER;
    const told = JSON.stringify([
      this.reasonOf(id),
      ...Array.from(this._options.browsers(), browser =>
        this.reasonOf(id, { [BROWSER_ARG]: browser.id })
      )
    ]);
    if (told === this._told) {
      return;
    }
    this._told = told;
    const { commands } = this._options;
    for (const id of GUARDED) {
      if (commands.hasCommand(id)) {
        commands.notifyCommandChanged(id);
      }
    }
    this._changed.emit();
  }

  /** Why a command is switched off; null where it is not, as far as roots are concerned. */
  reasonOf(id: string, args?: ReadonlyPartialJSONObject): string | null {
    const { roots, trans } = this._options;
    const path = this._isDisposed ? undefined : this._pathOf(id, args);
    return path === undefined || isOnDrive(path)
      ? null
      : whyUnchangeable(roots, path, trans);
  }

  /** Where a command would write; undefined where it is none that writes. */
  private _pathOf(
    id: string,
    args?: ReadonlyPartialJSONObject
  ): string | undefined {
    const { documents } = this._options;
    const named = IN_FOLDER[id];
    if (named === undefined && !IN_BROWSER.some(other => other === id)) {
      return documents?.pathOf(id, args);
    }
    const folder = named === undefined ? undefined : args?.[named];
    if (typeof folder === 'string' && folder !== '') {
      return folder;
    }
    return this._browserOf(args)?.model.path;
  }

  /** The browser that a command acts upon: buttons stand in the toolbar of theirs. */
  private _browserOf(args?: ReadonlyPartialJSONObject): FileBrowser | null {
    const { browsers, current } = this._options;
    const all = [...browsers()];
    const named = all.find(({ id }) => id === args?.[BROWSER_ARG]);
    // JupyterLab's own browser, which is the first, does not name itself.
    const own = args?.toolbar === true ? all[0] : undefined;
    return named ?? own ?? this._pointed ?? current();
  }

  private readonly _changed = new Signal<this, void>(this);
  private _isDisposed = false;
  private _pointed: FileBrowser | null = null;
  private readonly _restore: () => void;
  private _told = '';
}

export namespace WriteGuard {
  export interface IOptions {
    commands: CommandRegistry;
    roots: IRoots;
    trans: TranslationBundle;
    /** The browser that JupyterLab's commands act upon. */
    current: () => FileBrowser | null;
    /** All browsers, JupyterLab's own first. */
    browsers: () => Iterable<FileBrowser>;
    /** Null where documents are not guarded. */
    documents: DocumentTargets | null;
  }
}

/** Takes from one browser what a read-only root would refuse: uploads by button and by drop. */
export class UploadGuard {
  constructor(
    private readonly _browser: FileBrowser,
    private readonly _roots: IRoots
  ) {
    this._isWanted = _browser.allowFileUploads;
    this._stock = memberOf(_browser, 'allowFileUploads');
    // JupyterLab writes it whenever any setting of its browser changes, wherever the browser is then.
    Object.defineProperty(_browser, 'allowFileUploads', {
      configurable: true,
      enumerable: true,
      get: () => this._isWanted && !this._isReadOnly(),
      set: (isWanted: boolean) => {
        this._isWanted = isWanted;
        this.update();
      }
    });
    this.update();
  }

  update(): void {
    const browser = this._browser;
    this._stock.set?.call(browser, browser.allowFileUploads);
    browser.node.dataset.cjReadOnly = String(this._isReadOnly());
    for (const item of browser.toolbar.children()) {
      if (item instanceof Uploader) {
        item.enabled = browser.allowFileUploads;
      }
    }
  }

  private _isReadOnly(): boolean {
    const { path } = this._browser.model;
    return this._roots.rootOf(path)?.root.writable === false;
  }

  /** What the user has set. */
  private _isWanted: boolean;
  private readonly _stock: PropertyDescriptor;
}

/** How a member of an object is read and written, wherever in its classes it is declared. */
function memberOf(object: object, name: string): PropertyDescriptor {
  let owner: object | null = object;
  while (owner) {
    const found = Object.getOwnPropertyDescriptor(owner, name);
    if (found) {
      return found;
    }
    owner = Object.getPrototypeOf(owner) as object | null;
  }
  return {};
}

/** Whether a path is that of another drive, which has no roots. */
function isOnDrive(path: string): boolean {
  return /^[^/]*:/.test(path);
}
