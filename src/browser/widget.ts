import type { DirListing } from '@jupyterlab/filebrowser';
import { FileBrowser } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import type { ITranslator } from '@jupyterlab/translation';
import type { Drag } from '@lumino/dragdrop';

import { Footer } from './footer';
import type { IBrowserInternals } from './internals';
import {
  BROWSER_FIELDS,
  LISTING_FIELDS,
  missingMembers,
  MODEL_FIELDS
} from './internals';
import type { IBulkActions } from './jobs/actions';
import type { ICrossing } from './jobs/crossing';
import type { WindowedModel } from './model';
import { Problem } from './problem';
import { BULK_MIME, crumbPath } from './window/listing';
import { RootedListing } from './window/rooted';

/** JupyterLab's file browser, with a listing that draws a window of the rows, and a footer. */
export class WindowedBrowser extends FileBrowser {
  constructor(options: WindowedBrowser.IOptions) {
    super(options);
    const { model, translator, crossing } = options;
    const { view } = model;
    const filter = (this as unknown as IBrowserInternals)._fileFilterRef;
    model.filterText = () => filter.current?.value ?? '';

    const rows = this.rows;
    rows.bulk = options.bulk;
    rows.crossing = crossing;
    this._crossing = crossing;
    if (crossing) {
      model.whyUnchangeable = path => crossing.whyUnchangeable(path);
    }
    rows.hold.isMenuOpen = options.isMenuOpen;
    const problem = new Problem({
      view,
      translator,
      retry: () => model.refresh()
    });
    const footer = new Footer({
      view,
      translator,
      selectedCount: () => rows.selectedCount
    });
    rows.selectionChanged.connect(() => footer.update());
    this.mainPanel.addWidget(problem);
    this.mainPanel.addWidget(footer);
    // Before the breadcrumbs' own handler: it moves listed paths only.
    this.crumbs.node.addEventListener('lm-drop', this._onCrumbDrop, true);
  }

  /** The listing with what it has beyond the stock one. */
  get rows(): RootedListing {
    return this.listing as unknown as RootedListing;
  }

  /** The members that this JupyterLab turns out not to have. */
  missing(): string[] {
    return [
      ...missingMembers(this, BROWSER_FIELDS),
      ...missingMembers(this.listing, LISTING_FIELDS),
      ...missingMembers(this.model, MODEL_FIELDS)
    ];
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.crumbs.node.removeEventListener('lm-drop', this._onCrumbDrop, true);
    super.dispose();
    // It was made for this widget, and polls as long as it lives.
    this.model.dispose();
  }

  override async createNewDirectory(): Promise<Contents.IModel> {
    await this._refuseIfClosed();
    return super.createNewDirectory();
  }

  override async createNewFile(
    options: FileBrowser.IFileOptions
  ): Promise<Contents.IModel> {
    await this._refuseIfClosed();
    return super.createNewFile(options);
  }

  protected override createDirListing(
    options: DirListing.IOptions
  ): DirListing {
    // Called by the base constructor: nothing of this class is there yet.
    const listing = new RootedListing(
      options as DirListing.IOptions & { model: WindowedModel }
    );
    return listing as unknown as DirListing;
  }

  private readonly _onCrumbDrop = (event: Event): void => {
    const drop = event as Drag.Event;
    const path = crumbPath(event.target as Element);
    const isBulk = drop.mimeData.hasData(BULK_MIME);
    if (isBulk || (path !== null && this.rows.receive(drop, path))) {
      event.preventDefault();
      event.stopPropagation();
      if (path !== null) {
        drop.dropAction = drop.proposedAction;
      }
    }
    if (isBulk && path !== null) {
      this.rows.dropBulk(drop, path);
    }
  };

  /** What cannot be done in the directory that is shown is told, and not tried. */
  private async _refuseIfClosed(): Promise<void> {
    const closed = this._crossing?.whyUnchangeable(this.model.path) ?? null;
    if (closed !== null) {
      await this._crossing?.refuse(closed);
      throw new Error(closed);
    }
  }

  private readonly _crossing: ICrossing | null;
}

export namespace WindowedBrowser {
  export interface IOptions extends FileBrowser.IOptions {
    model: WindowedModel;
    translator: ITranslator;
    bulk: IBulkActions | null;
    /** Null where there is one root alone. */
    crossing: ICrossing | null;
    /** Whether the application's context menu is open. */
    isMenuOpen: () => boolean;
  }
}
