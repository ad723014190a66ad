import type { FileBrowser } from '@jupyterlab/filebrowser';
import {
  caretDownIcon,
  lockIcon,
  ReactWidget
} from '@jupyterlab/ui-components';
import React from 'react';

import { iconOfRoot } from '../core/icons';
import type { IRoots } from '../core/tokens';
import type { FolderMemory } from './favourites';
import { RootsMenu } from './menu';
import type { RootWords } from './words';

/** Above a file browser: which root it shows, how much room there is, and a menu with the others. */
export class RootSwitcher extends ReactWidget {
  constructor(private readonly _options: RootSwitcher.IOptions) {
    super();
    this.addClass('cj-RootSwitcher');
    const { browser, roots } = _options;
    roots.changed.connect(this._onChanged, this);
    browser.model.pathChanged.connect(this._onChanged, this);
    this._onChanged();
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._options.roots.changed.disconnect(this._onChanged, this);
    this._options.browser.model.pathChanged.disconnect(this._onChanged, this);
    this._menu?.dispose();
    super.dispose();
  }

  /** Open the menu, or close it. */
  toggle(): void {
    if (this._menu) {
      this._menu.dismiss();
      return;
    }
    const button = this.node.querySelector('button');
    if (!button || this.isHidden) {
      return;
    }
    const { browser, roots, memory, words, actions } = this._options;
    const menu = new RootsMenu({
      roots,
      memory,
      words,
      actions,
      current: roots.rootOf(browser.model.path)
    });
    this._menu = menu;
    menu.disposed.connect(() => {
      this._menu = null;
      this.update();
    });
    this.update();
    menu.open(button);
  }

  protected override render(): JSX.Element {
    const { browser, roots, words } = this._options;
    const { trans } = words;
    const root = roots.rootOf(browser.model.path)?.root;
    const Icon = root && iconOfRoot(root).react;
    const reason = root && words.reason(root);
    const title = root
      ? trans.__('Root: %1', words.summary(root))
      : trans.__('Roots');
    return (
      <button
        className="cj-RootSwitcher-button"
        aria-haspopup="menu"
        aria-expanded={this._menu !== null}
        aria-label={title}
        title={title}
        onClick={() => this.toggle()}
      >
        {Icon && (
          <Icon
            tag="span"
            className="cj-RootSwitcher-icon"
            stylesheet="menuItem"
          />
        )}
        <span className="cj-RootSwitcher-title">
          {root?.title ?? trans.__('Roots')}
        </span>
        {root && !root.writable && (
          <lockIcon.react
            tag="span"
            className="cj-RootSwitcher-lock"
            stylesheet="menuItem"
          />
        )}
        {root && (
          <span
            className={`cj-RootSwitcher-free${words.isLow(root) ? ' cj-mod-low' : ''}${reason ? ' cj-mod-unavailable' : ''}`}
          >
            {reason ?? words.free(root)}
          </span>
        )}
        <caretDownIcon.react
          tag="span"
          className="cj-RootSwitcher-icon"
          stylesheet="menuItem"
        />
      </button>
    );
  }

  private _onChanged(): void {
    const { roots } = this._options;
    this.setHidden(roots.roots.length < 2 && !roots.mayAdd);
    this.update();
  }

  private _menu: RootsMenu | null = null;
}

export namespace RootSwitcher {
  export interface IOptions {
    browser: FileBrowser;
    roots: IRoots;
    memory: FolderMemory;
    words: RootWords;
    actions: RootsMenu.IActions;
  }
}
