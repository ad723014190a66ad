import type { FileBrowser } from '@jupyterlab/filebrowser';
import type { IDisposable } from '@lumino/disposable';

import type { IRoots } from '../core/tokens';

const ITEM = 'jp-BreadCrumbs-item';
const MARK = 'cj-RootCrumb';

/**
 * Begins the breadcrumbs of a browser at the root it is in: a crumb with the root's title stands where the house would lead to
 * the default root, and there is no `@name`.
 *
 * The crumbs are JupyterLab's, changed after each drawing: what they do is decided by their class and `data-path`, so clicks,
 * keys and drops need nothing more.
 */
export class RootCrumbs implements IDisposable {
  constructor(
    private readonly _browser: FileBrowser,
    private readonly _roots: IRoots
  ) {
    this._content = _browser.node.querySelector('.jp-BreadCrumbs-content');
    this._observer = new MutationObserver(() => this._draw());
    this._observe();
    _roots.changed.connect(this._draw, this);
    this._draw();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._observer.disconnect();
      this._roots.changed.disconnect(this._draw, this);
    }
  }

  private _draw(): void {
    const content = this._content;
    const { model } = this._browser;
    const { contents } = model.manager.services;
    const { root } = this._roots.rootOf(contents.localPath(model.path)) ?? {};
    if (!content || !root || root.prefix === '' || !content.firstChild) {
      return;
    }
    this._observer.disconnect();
    const crumbs = [...content.querySelectorAll<HTMLElement>(`.${ITEM}`)];
    // The crumbs are drawn a frame after the path has changed.
    const isOfRoot = crumbs.some(
      ({ dataset }) =>
        dataset.path === root.prefix ||
        dataset.path?.startsWith(`${root.prefix}/`)
    );
    if (isOfRoot) {
      for (const name of ['home', 'preferred']) {
        removeWithSeparator(content.querySelector(`.jp-BreadCrumbs-${name}`));
      }
      const crumb = takeOrMake(content, crumbs, root.prefix);
      crumb.classList.add(MARK);
      if (crumb.textContent !== root.title) {
        crumb.textContent = root.title;
      }
      crumb.title = root.title;
      keepReachable(content);
    }
    this._observe();
  }

  private _observe(): void {
    if (this._content) {
      this._observer.observe(this._content, { childList: true });
    }
  }

  private readonly _content: HTMLElement | null;
  private _isDisposed = false;
  private readonly _observer: MutationObserver;
}

/** The crumb of the root: the one that is there, or a new one where the ellipsis has swallowed it. */
function takeOrMake(
  content: HTMLElement,
  crumbs: HTMLElement[],
  prefix: string
): HTMLElement {
  const ellipsis = content.querySelector<HTMLElement>(
    '.jp-BreadCrumbs-ellipsis'
  );
  const there = crumbs.find(
    crumb => crumb !== ellipsis && crumb.dataset.path === prefix
  );
  if (there) {
    return there;
  }
  const made = document.createElement('span');
  made.className = ITEM;
  made.dataset.path = prefix;
  made.tabIndex = -1;
  const swallowed = ellipsis?.title.split('/') ?? [];
  if (ellipsis && swallowed.length === 1 && swallowed[0] === prefix) {
    ellipsis.replaceWith(made);
    return made;
  }
  if (ellipsis && swallowed[0] === prefix) {
    ellipsis.title = swallowed.slice(1).join('/');
  }
  const separator = document.createElement('span');
  separator.className = 'jp-BreadCrumbs-separator';
  separator.textContent = '/';
  content.prepend(made, separator);
  return made;
}

function removeWithSeparator(crumb: Element | null): void {
  const next = crumb?.nextElementSibling;
  if (next?.classList.contains('jp-BreadCrumbs-separator')) {
    next.remove();
  }
  crumb?.remove();
}

/** One crumb is in the order of tabs: the house may have been it. */
function keepReachable(content: HTMLElement): void {
  const crumbs = [...content.querySelectorAll<HTMLElement>(`.${ITEM}`)];
  if (crumbs[0] && !crumbs.some(crumb => crumb.tabIndex === 0)) {
    crumbs[0].tabIndex = 0;
  }
}
