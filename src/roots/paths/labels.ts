import type { IDocumentWidget } from '@jupyterlab/docregistry';
import type { IDisposable } from '@lumino/disposable';

import { describePath } from '../../core/rootpaths';
import type { IRoots } from '../../core/tokens';

/**
 * The data attribute of a tab that holds the title of the document's root; the stylesheet draws it after the name.
 *
 * It is no part of the label: a document widget takes another label for the wish to rename the file.
 */
export const ROOT_DATA = 'cj-root';

/**
 * Shows in the tabs of equally named documents which root they are of, and in all tabs of documents the path as users
 * know it in place of one that begins with `@name`.
 */
export class DocumentLabels implements IDisposable {
  constructor(private readonly _roots: IRoots) {
    _roots.changed.connect(this._refresh, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._roots.changed.disconnect(this._refresh, this);
    for (const widget of [...this._widgets]) {
      this._drop(widget);
    }
  }

  /** Take care of a document's tab from now on. */
  add(widget: IDocumentWidget): void {
    if (this._isDisposed || this._widgets.has(widget)) {
      return;
    }
    this._widgets.add(widget);
    widget.disposed.connect(this._drop, this);
    widget.title.changed.connect(this._onTitleChanged, this);
    widget.context.pathChanged.connect(this._refresh, this);
    this._refresh();
  }

  private _refresh(): void {
    const counts = new Map<string, Set<string>>();
    for (const widget of this._widgets) {
      const place = this._placeOf(widget);
      if (place) {
        const titles = counts.get(place.name) ?? new Set();
        counts.set(place.name, titles.add(place.root));
      }
    }
    for (const widget of this._widgets) {
      const place = this._placeOf(widget);
      const isShared = place && (counts.get(place.name)?.size ?? 0) > 1;
      setData(widget, isShared ? place.title : null);
      this._describe(widget);
    }
  }

  /**
   * Say the path as users know it too, in a line of its own. JupyterLab writes captions anew whenever the file has changed,
   * and reads the path in them to find the document of the tab whose context menu is open: that line must stay.
   */
  private _describe(widget: IDocumentWidget): void {
    const { localPath } = widget.context;
    const found = this._roots.rootOf(localPath);
    if (!found?.root.prefix) {
      return;
    }
    const { title } = widget;
    const said = describePath(this._roots, localPath);
    const lines = title.caption.split('\n');
    // The path ends its line, after a word for it in the user's language.
    const place = lines.findIndex(line => line.endsWith(` ${localPath}`));
    if (place >= 0 && lines[place + 1] !== said) {
      lines.splice(place + 1, 0, said);
      title.caption = lines.join('\n');
    }
  }

  private _placeOf(widget: IDocumentWidget): IPlace | null {
    const { localPath } = widget.context;
    const root = this._roots.rootOf(localPath)?.root;
    return root
      ? {
          name: localPath.slice(localPath.lastIndexOf('/') + 1),
          root: root.name,
          title: root.title
        }
      : null;
  }

  private _onTitleChanged(title: { owner: unknown }): void {
    this._describe(title.owner as IDocumentWidget);
  }

  private _drop(widget: IDocumentWidget): void {
    this._widgets.delete(widget);
    widget.disposed.disconnect(this._drop, this);
    if (!widget.isDisposed) {
      widget.title.changed.disconnect(this._onTitleChanged, this);
      widget.context.pathChanged.disconnect(this._refresh, this);
      setData(widget, null);
    }
    this._refresh();
  }

  private _isDisposed = false;
  private readonly _widgets = new Set<IDocumentWidget>();
}

interface IPlace {
  name: string;
  /** The name of the root. */
  root: string;
  title: string;
}

function setData(widget: IDocumentWidget, value: string | null): void {
  const { title } = widget;
  const { [ROOT_DATA]: old, ...others } = title.dataset;
  if ((old ?? null) !== value) {
    title.dataset = value === null ? others : { ...others, [ROOT_DATA]: value };
  }
}
