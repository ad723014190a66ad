import type { LabIcon } from '@jupyterlab/ui-components';
import {
  addIcon,
  closeIcon,
  folderIcon,
  historyIcon,
  launchIcon,
  lockIcon,
  ReactWidget,
  refreshIcon,
  UseSignal
} from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import React from 'react';

import { iconOfRoot } from '../core/icons';
import type { IRoot, IRootPath, IRoots } from '../core/tokens';
import type { FolderMemory } from './favourites';
import { starIcon, starOutlineIcon } from './icons';
import { moveFocus, TypeAhead } from './keys';
import type { RootWords } from './words';

/** Room that is left between the menu and the edges of the window, in px. */
const MARGIN = 8;

/** The roots, the favourite and recent folders of the current one, and what can be done with them. */
export class RootsMenu extends ReactWidget {
  constructor(private readonly _options: RootsMenu.IOptions) {
    super();
    this.addClass('cj-RootsMenu');
    const { node } = this;
    node.setAttribute('role', 'menu');
    node.setAttribute('aria-label', _options.words.trans.__('Roots'));
    node.tabIndex = -1;
  }

  /** Open below an element, as wide as it at least. */
  open(anchor: HTMLElement): void {
    this._anchor = anchor;
    Widget.attach(this, document.body);
  }

  /** Close, and give the focus back. */
  dismiss(): void {
    if (!this.isDisposed) {
      this.dispose();
      this._anchor?.focus();
    }
  }

  handleEvent(event: Event): void {
    switch (event.type) {
      case 'keydown':
        this._onKeydown(event as KeyboardEvent);
        break;
      case 'pointerdown':
        // A press of its own button closes it by the click that follows.
        if (
          !this.node.contains(event.target as Node) &&
          !this._anchor?.contains(event.target as Node)
        ) {
          this.dispose();
        }
        break;
      case 'resize':
        this.dismiss();
        break;
    }
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this.node.addEventListener('keydown', this);
    document.addEventListener('pointerdown', this, true);
    window.addEventListener('resize', this);
    this._place();
  }

  protected override onBeforeDetach(msg: Message): void {
    super.onBeforeDetach(msg);
    this.node.removeEventListener('keydown', this);
    document.removeEventListener('pointerdown', this, true);
    window.removeEventListener('resize', this);
  }

  protected override render(): JSX.Element {
    const { roots, memory } = this._options;
    return (
      <UseSignal signal={roots.changed}>
        {() => (
          <UseSignal signal={memory.changed}>
            {() => (
              <MenuItems
                {...this._options}
                drawn={this._onDrawn}
                run={this._run}
              />
            )}
          </UseSignal>
        )}
      </UseSignal>
    );
  }

  private readonly _onDrawn = (): void => {
    if (!this.isDisposed) {
      this._place();
      (
        this.node.querySelector<HTMLElement>('[aria-checked="true"]') ??
        this.node.querySelector<HTMLElement>('[data-cj-item]')
      )?.focus();
    }
  };

  /** Close, then act: a dialog gives the focus back to what had it. */
  private readonly _run = (action: () => unknown): void => {
    this.dismiss();
    action();
  };

  private _place(): void {
    const box = this._anchor?.getBoundingClientRect();
    if (!box) {
      return;
    }
    const { style } = this.node;
    style.minWidth = `${Math.min(box.width, window.innerWidth - 2 * MARGIN)}px`;
    style.maxWidth = `${window.innerWidth - 2 * MARGIN}px`;
    style.top = `${box.bottom + 2}px`;
    style.maxHeight = `${Math.max(window.innerHeight - box.bottom - MARGIN, 120)}px`;
    const width = this.node.getBoundingClientRect().width;
    const left = Math.min(box.left, window.innerWidth - width - MARGIN);
    style.left = `${Math.max(left, MARGIN)}px`;
  }

  private _onKeydown(event: KeyboardEvent): void {
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      event.stopPropagation();
      this.dismiss();
      return;
    }
    if (
      moveFocus(this.node, event.key) ||
      this._typeAhead.press(this.node, event)
    ) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private _anchor: HTMLElement | null = null;
  private readonly _typeAhead = new TypeAhead();
}

export namespace RootsMenu {
  export interface IActions {
    choose: (root: IRoot) => unknown;
    openPanel: ((root: IRoot) => unknown) | null;
    openFolder: (root: IRoot, folder: string) => unknown;
    add: () => unknown;
    remove: (root: IRoot) => unknown;
    /** Resolves when the menu shows the answer. */
    refresh: () => Promise<void>;
    closePanel: () => unknown;
    /** Whether the browser is one of those opened beside the first. */
    mayClosePanel: () => boolean;
  }

  export interface IOptions {
    roots: IRoots;
    memory: FolderMemory;
    words: RootWords;
    /** Where the browser is. */
    current: IRootPath | null;
    actions: IActions;
  }
}

interface IItemsProps extends RootsMenu.IOptions {
  drawn: () => void;
  run: (action: () => unknown) => void;
}

function MenuItems(props: IItemsProps): JSX.Element {
  const { roots, words, actions, current, drawn, run } = props;
  const { trans } = words;
  const [isBusy, setBusy] = React.useState(false);
  React.useEffect(drawn, [drawn]);
  const refresh = (): void => {
    setBusy(true);
    void actions.refresh().finally(() => setBusy(false));
  };
  return (
    <>
      <div role="group" aria-label={trans.__('Roots')}>
        {roots.roots.map(root => (
          <RootRow key={root.name} root={root} {...props} />
        ))}
      </div>
      {current && <Folders {...props} current={current} />}
      <div role="separator" className="cj-RootsMenu-separator" />
      {roots.mayAdd && (
        <Item
          icon={addIcon}
          label={trans.__('Add Root…')}
          act={() => run(actions.add)}
        />
      )}
      <Item
        icon={refreshIcon}
        label={isBusy ? trans.__('Refreshing…') : trans.__('Refresh Roots')}
        isBusy={isBusy}
        act={refresh}
      />
      {actions.mayClosePanel() && (
        <Item
          icon={closeIcon}
          label={trans.__('Close This Panel')}
          act={() => run(actions.closePanel)}
        />
      )}
    </>
  );
}

function RootRow(props: IItemsProps & { root: IRoot }): JSX.Element {
  const { root, words, actions, current, run } = props;
  const { trans } = words;
  const { openPanel } = actions;
  const reason = words.reason(root);
  const Icon = iconOfRoot(root).react;
  return (
    <div role="none" className="cj-RootsMenu-row">
      <div
        role="menuitemradio"
        className="cj-RootsMenu-item"
        aria-checked={current?.root.name === root.name}
        aria-disabled={reason !== null}
        aria-label={words.summary(root)}
        tabIndex={-1}
        title={root.message ?? undefined}
        data-cj-item={root.title}
        data-cj-root={root.name}
        onClick={() => run(() => actions.choose(root))}
      >
        <Icon tag="span" className="cj-RootsMenu-icon" stylesheet="menuItem" />
        <span className="cj-RootsMenu-text">
          <span className="cj-RootsMenu-title">{root.title}</span>
          {reason !== null && (
            <span className="cj-RootsMenu-reason">{reason}</span>
          )}
        </span>
        {!root.writable && (
          <lockIcon.react
            tag="span"
            className="cj-RootsMenu-lock"
            stylesheet="menuItem"
            title={trans.__('Read-only')}
          />
        )}
        <span
          className={`cj-RootsMenu-free${words.isLow(root) ? ' cj-mod-low' : ''}`}
        >
          {words.free(root)}
        </span>
      </div>
      {openPanel && (
        <Action
          icon={launchIcon}
          label={trans.__('Open “%1” in New Panel', root.title)}
          closed={reason}
          act={() => run(() => openPanel(root))}
        />
      )}
      {root.added && (
        <Action
          icon={closeIcon}
          label={trans.__('Remove “%1”', root.title)}
          act={() => run(() => actions.remove(root))}
        />
      )}
    </div>
  );
}

/** The favourite and recent folders of the current root, and the star of the current folder. */
function Folders(props: IItemsProps & { current: IRootPath }): JSX.Element {
  const { memory, words, actions, current, run } = props;
  const { root, inside } = current;
  const { trans } = words;
  const favourites = memory.favourites(root.name);
  const recent = memory
    .recent(root.name)
    .filter(folder => folder !== inside && !favourites.includes(folder));
  const isEmpty =
    inside === '' && favourites.length === 0 && recent.length === 0;
  const isFavourite = memory.isFavourite(root.name, inside);
  const list = (
    title: string,
    icon: LabIcon,
    folders: readonly string[]
  ): JSX.Element | null =>
    folders.length === 0 ? null : (
      <div role="group" aria-label={title}>
        <div className="cj-RootsMenu-heading" aria-hidden="true">
          {title}
        </div>
        {folders.map(folder => (
          <Item
            key={folder}
            icon={icon}
            label={folder}
            act={() => run(() => actions.openFolder(root, folder))}
          />
        ))}
      </div>
    );
  return (
    <>
      {!isEmpty && <div role="separator" className="cj-RootsMenu-separator" />}
      {list(trans.__('Favorites'), starIcon, favourites)}
      {list(trans.__('Recent Folders'), historyIcon, recent)}
      {inside !== '' && (
        <Item
          icon={isFavourite ? starIcon : starOutlineIcon}
          label={
            isFavourite
              ? trans.__('Remove This Folder from Favorites')
              : trans.__('Add This Folder to Favorites')
          }
          act={() => memory.toggleFavourite(root.name, inside)}
        />
      )}
      {inside !== '' && (
        <Item
          icon={folderIcon}
          label={trans.__('Go to the Top of “%1”', root.title)}
          act={() => run(() => actions.openFolder(root, ''))}
        />
      )}
    </>
  );
}

function Item(props: {
  icon: LabIcon;
  label: string;
  act: () => void;
  isBusy?: boolean;
}): JSX.Element {
  const { icon, label, act, isBusy } = props;
  return (
    <div role="none" className="cj-RootsMenu-row">
      <div
        role="menuitem"
        className="cj-RootsMenu-item"
        tabIndex={-1}
        title={label}
        aria-busy={isBusy}
        data-cj-item={label}
        onClick={act}
      >
        <icon.react
          tag="span"
          className="cj-RootsMenu-icon"
          stylesheet="menuItem"
        />
        <span className="cj-RootsMenu-text">
          <span className="cj-RootsMenu-title">{label}</span>
        </span>
      </div>
    </div>
  );
}

/** Something that can be done with the root of the row: the arrow keys to the sides lead to it. */
function Action(props: {
  icon: LabIcon;
  label: string;
  /** Why it cannot be done now; null where it can. */
  closed?: string | null;
  act: () => void;
}): JSX.Element {
  const { icon, label, closed = null, act } = props;
  return (
    <div
      role="menuitem"
      className="cj-RootsMenu-action"
      tabIndex={-1}
      aria-disabled={closed !== null}
      aria-label={label}
      title={closed ?? label}
      onClick={closed === null ? act : undefined}
    >
      <icon.react tag="span" stylesheet="menuItem" />
    </div>
  );
}
