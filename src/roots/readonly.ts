import type { FileBrowser } from '@jupyterlab/filebrowser';
import { Uploader } from '@jupyterlab/filebrowser';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';

import { whyUnchangeable } from '../core/rootpaths';
import type { IRoots } from '../core/tokens';

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

const GUARDED = [...IN_BROWSER, ...Object.keys(IN_FOLDER)];

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
      this._reason(id, args) === null && isEnabled.call(commands, id, args);
    commands.caption = (id, args) =>
      this._reason(id, args) ?? caption.call(commands, id, args);
    commands.execute = (id, args) => {
      const reason = this._reason(id, args);
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
    }
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
    const reason = this._isDisposed ? null : this._reason(IN_BROWSER[0]);
    if (reason === this._told) {
      return;
    }
    this._told = reason;
    const { commands } = this._options;
    for (const id of GUARDED) {
      if (commands.hasCommand(id)) {
        commands.notifyCommandChanged(id);
      }
    }
  }

  private _reason(id: string, args?: ReadonlyPartialJSONObject): string | null {
    const named = IN_FOLDER[id];
    if (named === undefined && !IN_BROWSER.some(other => other === id)) {
      return null;
    }
    const { current, roots, trans } = this._options;
    const folder = named === undefined ? undefined : args?.[named];
    const browser = this._pointed ?? current();
    const path =
      typeof folder === 'string' && folder !== ''
        ? folder
        : browser?.model.path;
    return path === undefined || isOnDrive(path)
      ? null
      : whyUnchangeable(roots, path, trans);
  }

  private _isDisposed = false;
  private _pointed: FileBrowser | null = null;
  private readonly _restore: () => void;
  private _told: string | null = null;
}

export namespace WriteGuard {
  export interface IOptions {
    commands: CommandRegistry;
    roots: IRoots;
    trans: TranslationBundle;
    /** The browser that JupyterLab's commands act upon. */
    current: () => FileBrowser | null;
  }
}

/** Takes from one browser what a read-only root would refuse: uploads by button and by drop. */
export class UploadGuard {
  constructor(
    private readonly _browser: FileBrowser,
    private readonly _roots: IRoots
  ) {}

  update(): void {
    const browser = this._browser;
    const isReadOnly =
      this._roots.rootOf(browser.model.path)?.root.writable === false;
    if (isReadOnly && browser.allowFileUploads) {
      browser.allowFileUploads = false;
      this._isTaken = true;
    } else if (!isReadOnly && this._isTaken) {
      browser.allowFileUploads = true;
      this._isTaken = false;
    }
    browser.node.dataset.cjReadOnly = String(isReadOnly);
    for (const item of browser.toolbar.children()) {
      if (item instanceof Uploader) {
        item.enabled = browser.allowFileUploads;
      }
    }
  }

  private _isTaken = false;
}

/** Whether a path is that of another drive, which has no roots. */
function isOnDrive(path: string): boolean {
  return /^[^/]*:/.test(path);
}
