import type { FileBrowser, FileBrowserModel } from '@jupyterlab/filebrowser';
import { TogglableHiddenFileBrowserModel } from '@jupyterlab/filebrowser';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';

import { bundle, formatCount, languageOf } from '../core/i18n';
import type {
  IDirectoryView,
  IListing,
  IRoots,
  IViewParams
} from '../core/tokens';
import type { ICompletedInternals, INavigatorInternals } from './internals';
import { missingMembers, NAVIGATOR_MEMBERS } from './internals';

/** How many directories are suggested at most. */
const LIMIT = 100;

/**
 * Completes the path that is typed into the breadcrumbs, from the listing service.
 *
 * The stock navigator fetches the whole directory at the first key. This one asks for the first directories whose
 * name starts with what was typed, whatever else the directory holds.
 */
export class PathCompletion implements IDisposable {
  constructor(options: PathCompletion.IOptions) {
    this._navigator = options.navigator;
    this._model = options.model;
    this._options = options;
    this._stock = this._navigator._updateSuggestions;
    this._navigator._updateSuggestions = value => this.update(value);
    this._navigator.closed.connect(this._onClosed, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._navigator._updateSuggestions = this._stock;
    this._navigator.closed.disconnect(this._onClosed, this);
    this._drop();
  }

  /** Suggest directories for the text of the path input. */
  async update(text: string): Promise<void> {
    if (!this._navigator._isOpen) {
      return;
    }
    const { contents } = this._model.manager.services;
    if (contents.driveName(text) || this._model.driveName) {
      return this._stock.call(this._navigator, text);
    }
    const wanted = split(text);
    this._wanted = wanted;
    try {
      await this._list(wanted);
    } catch {
      // No such directory, most often: there is nothing to suggest.
      if (this._wanted === wanted) {
        this._show([], 0);
      }
      return;
    }
    if (this._wanted === wanted) {
      this._listed = wanted;
      await this._render();
    }
  }

  /** Have the view list what is wanted; one directory is one view. */
  private async _list(wanted: IWanted): Promise<void> {
    const params = {
      filter: wanted.prefix,
      hidden: this._includesHidden() || wanted.prefix.startsWith('.')
    };
    if (this._view && this._directory === wanted.directory) {
      await this._view.configure(params);
      return;
    }
    this._view?.dispose();
    this._directory = wanted.directory;
    const view = this._options.createView({
      ...params,
      dirsOnly: true,
      match: 'prefix'
    });
    this._view = view;
    view.want(0, LIMIT);
    // A scan that goes on, and changes of the directory while the input is open.
    view.changed.connect((_, change) => {
      if (change.kind !== 'error' && this._listed === this._wanted) {
        void this._render();
      }
    });
    await view.open(wanted.directory);
  }

  private async _render(): Promise<void> {
    const view = this._view;
    const wanted = this._listed;
    if (!view?.head || !wanted) {
      return;
    }
    const { total } = view.head;
    const count = Math.min(total, LIMIT);
    const names: string[] = [];
    for (let index = 0; index < count; index++) {
      const row = view.row(index);
      if (row && this._isOffered(row.name, wanted)) {
        names.push(row.name);
      }
    }
    this._show(
      [...this._prefixes(wanted), ...names].map(name =>
        join(wanted.directory, name)
      ),
      total - count
    );
    if (total > count) {
      await this._boundCommonPrefix(view, wanted, names, total);
    }
  }

  /**
   * Tab completes to the longest common prefix of the suggestions; where more directories match than are shown, the
   * last of them must have a say.
   */
  private async _boundCommonPrefix(
    view: IDirectoryView,
    wanted: IWanted,
    names: string[],
    total: number
  ): Promise<void> {
    try {
      await view.load(total - 1, total);
    } catch {
      return;
    }
    const first = names[0];
    const last = view.row(total - 1)?.name;
    if (
      this._wanted !== wanted ||
      this._navigator._activeSuggestionIndex >= 0 ||
      first === undefined ||
      last === undefined
    ) {
      return;
    }
    // In natural order 2 stands between 1 and 10: digits at the end are not known to be common.
    const common = commonPrefix(first, last).replace(/\d+$/, '');
    const typed = first.slice(0, wanted.prefix.length);
    this._navigator._currentFilteredSuggestions.push(
      join(wanted.directory, common.length < typed.length ? typed : common)
    );
  }

  /** Other roots are reached from the default one, by what their paths begin with. */
  private _prefixes({ directory, prefix }: IWanted): string[] {
    const typed = prefix.toLowerCase();
    return directory
      ? []
      : (this._options.prefixes?.() ?? []).filter(name =>
          name.toLowerCase().startsWith(typed)
        );
  }

  private _show(paths: string[], more: number): void {
    const navigator = this._navigator;
    if (!navigator._isOpen) {
      return;
    }
    navigator._activeSuggestionIndex = -1;
    navigator._renderSuggestions(paths);
    const list = navigator._suggestionsNode;
    if (more === 0) {
      delete list.dataset.cjMore;
    } else {
      list.dataset.cjMore = this._options.trans._n(
        '%2 more: keep typing',
        '%2 more: keep typing',
        more,
        this._options.formatCount(more)
      );
    }
  }

  private _isOffered(name: string, { prefix }: IWanted): boolean {
    return (
      !name.startsWith('.') || prefix.startsWith('.') || this._includesHidden()
    );
  }

  private _includesHidden(): boolean {
    return (
      this._model instanceof TogglableHiddenFileBrowserModel &&
      this._model.includeHiddenFiles
    );
  }

  private _onClosed(): void {
    this._drop();
  }

  private _drop(): void {
    this._wanted = null;
    this._listed = null;
    this._view?.dispose();
    this._view = null;
  }

  private _directory = '';
  private _isDisposed = false;
  /** What the view lists, once its rows are there. */
  private _listed: IWanted | null = null;
  private _model: FileBrowserModel;
  private _navigator: INavigatorInternals;
  private _options: PathCompletion.IOptions;
  private _stock: INavigatorInternals['_updateSuggestions'];
  private _view: IDirectoryView | null = null;
  /** What was typed last. */
  private _wanted: IWanted | null = null;
}

export namespace PathCompletion {
  export interface IOptions {
    navigator: INavigatorInternals;
    /** The model of the browser that the navigator belongs to. */
    model: FileBrowserModel;
    createView: (params: Partial<IViewParams>) => IDirectoryView;
    formatCount: (count: number) => string;
    /** The first parts of paths by which other roots are reached. */
    prefixes?: () => string[];
    trans: TranslationBundle;
  }
}

/** Complete the paths typed into a browser's breadcrumbs, until the browser is disposed. */
export function completePaths(
  browser: FileBrowser,
  listing: IListing,
  translator: ITranslator,
  roots: IRoots | null = null
): void {
  const navigator = (browser as unknown as ICompletedInternals).crumbs
    ?._pathNavigator;
  if (!navigator || missingMembers(navigator, NAVIGATOR_MEMBERS).length > 0) {
    console.warn('cloudru-jlab: paths are completed by JupyterLab itself.');
    return;
  }
  const completion = new PathCompletion({
    navigator,
    model: browser.model,
    createView: params =>
      listing.createView({
        params: { ...params, locale: languageOf(translator) }
      }),
    formatCount: count => formatCount(count, translator),
    prefixes: () =>
      (roots?.roots ?? [])
        .filter(root => root.prefix && root.state === 'available')
        .map(root => root.prefix),
    trans: bundle(translator)
  });
  browser.disposed.connect(() => completion.dispose());
}

/** The directory and the beginning of a name in it that a text stands for. */
interface IWanted {
  directory: string;
  prefix: string;
}

function split(text: string): IWanted {
  const slash = text.lastIndexOf('/');
  return {
    directory: text
      .slice(0, Math.max(slash, 0))
      .split('/')
      .filter(Boolean)
      .join('/'),
    prefix: text.slice(slash + 1)
  };
}

function join(directory: string, name: string): string {
  return directory ? `${directory}/${name}` : name;
}

function commonPrefix(first: string, second: string): string {
  let length = 0;
  while (length < first.length && first[length] === second[length]) {
    length++;
  }
  return first.slice(0, length);
}
