import type { WidgetTracker } from '@jupyterlab/apputils';
import { Notification } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { FileBrowser, FilterFileBrowserModel } from '@jupyterlab/filebrowser';
import type { IStateDB } from '@jupyterlab/statedb';
import type { ITranslator } from '@jupyterlab/translation';
import type { Poll } from '@lumino/polling';

import { bundle } from '../core/i18n';
import type { IListing, IRoots } from '../core/tokens';
import { missingMethods } from './internals';
import type { IBulkActions } from './jobs/actions';
import type { ICrossing } from './jobs/crossing';
import { WindowedModel } from './model';
import { WindowedBrowser } from './widget';

export interface IFactoryOptions {
  docManager: IDocumentManager;
  translator: ITranslator;
  tracker: WidgetTracker<FileBrowser>;
  stateDB: IStateDB | null;
  refreshStandby: () => boolean | Poll.Standby;
  /** Null where the stock browser is wanted. */
  listing: IListing | null;
  bulk: IBulkActions | null;
  /** Null where there is one root alone. */
  crossing: ICrossing | null;
  roots: IRoots | null;
  isMenuOpen: () => boolean;
  /** A windowed browser was made. */
  created?: (browser: WindowedBrowser) => void;
}

/** Makes file browsers: ours for the server's own files, stock ones for other drives and where ours cannot work. */
export class BrowserFactory implements IFileBrowserFactory {
  constructor(private readonly _options: IFactoryOptions) {
    this.tracker = _options.tracker;
    this._isWindowed =
      _options.listing !== null && this._canWork(missingMethods());
  }

  readonly tracker: WidgetTracker<FileBrowser>;

  readonly createFileBrowser = (
    id: string,
    options: IFileBrowserFactory.IOptions = {}
  ): FileBrowser => {
    const browser =
      (this._isWindowed && !options.driveName
        ? this._createWindowed(id, options)
        : null) ?? this._createStock(id, options);
    void this.tracker.add(browser);
    return browser;
  };

  private _createWindowed(
    id: string,
    options: IFileBrowserFactory.IOptions
  ): FileBrowser | null {
    const { listing, translator, bulk, crossing, roots, isMenuOpen, created } =
      this._options;
    if (!listing) {
      return null;
    }
    const { modelOptions, browserOptions } = this._common(id, options);
    const model = new WindowedModel({ ...modelOptions, listing });
    model.topOf = path => roots?.rootOf(path)?.root.prefix ?? '';
    const browser = new WindowedBrowser({
      ...browserOptions,
      model,
      translator,
      bulk,
      crossing,
      isMenuOpen
    });
    if (!this._canWork(browser.missing())) {
      this._isWindowed = false;
      browser.dispose();
      return null;
    }
    created?.(browser);
    return browser;
  }

  private _createStock(
    id: string,
    options: IFileBrowserFactory.IOptions
  ): FileBrowser {
    const { modelOptions, browserOptions } = this._common(id, options);
    const model = new FilterFileBrowserModel(modelOptions);
    return new FileBrowser({ ...browserOptions, model });
  }

  private _common(
    id: string,
    options: IFileBrowserFactory.IOptions
  ): {
    modelOptions: FilterFileBrowserModel.IOptions;
    browserOptions: Omit<FileBrowser.IOptions, 'model'>;
  } {
    const { docManager, translator, stateDB, refreshStandby } = this._options;
    const state =
      options.state === null
        ? undefined
        : (options.state ?? stateDB ?? undefined);
    return {
      modelOptions: {
        translator,
        auto: options.auto ?? true,
        manager: docManager,
        driveName: options.driveName ?? '',
        refreshInterval: options.refreshInterval,
        refreshStandby,
        state,
        allowFileUploads: options.allowFileUploads ?? true
      },
      browserOptions: {
        id,
        restore: options.restore,
        translator,
        state,
        renderer: options.renderer
      }
    };
  }

  /** Whether nothing is missing of what we build upon. */
  private _canWork(missing: readonly string[]): boolean {
    if (missing.length === 0) {
      return true;
    }
    const trans = bundle(this._options.translator);
    console.warn(
      'cloudru-jlab: this JupyterLab has another file browser than expected; the stock one is used. Missing:',
      missing.join(', ')
    );
    Notification.warning(
      trans.__(
        'The file browser for large directories does not fit this version of JupyterLab, so the standard one is used.'
      ),
      { autoClose: 10_000 }
    );
    return false;
  }

  private _isWindowed: boolean;
}
