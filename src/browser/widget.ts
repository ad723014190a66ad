import type { DirListing } from '@jupyterlab/filebrowser';
import { FileBrowser } from '@jupyterlab/filebrowser';
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
import type { WindowedModel } from './model';
import { Problem } from './problem';
import { BULK_MIME, crumbPath, WindowedListing } from './window/listing';

/** JupyterLab's file browser, with a listing that draws a window of the rows, and a footer. */
export class WindowedBrowser extends FileBrowser {
  constructor(options: WindowedBrowser.IOptions) {
    super(options);
    const { model, translator } = options;
    const { view } = model;
    const filter = (this as unknown as IBrowserInternals)._fileFilterRef;
    model.filterText = () => filter.current?.value ?? '';

    const rows = this.rows;
    rows.bulk = options.bulk;
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
  get rows(): WindowedListing {
    return this.listing as unknown as WindowedListing;
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

  protected override createDirListing(
    options: DirListing.IOptions
  ): DirListing {
    // Called by the base constructor: nothing of this class is there yet.
    const listing = new WindowedListing(
      options as DirListing.IOptions & { model: WindowedModel }
    );
    return listing as unknown as DirListing;
  }

  private readonly _onCrumbDrop = (event: Event): void => {
    const drop = event as Drag.Event;
    if (!drop.mimeData.hasData(BULK_MIME)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const path = crumbPath(event.target as Element);
    if (path !== null) {
      drop.dropAction = drop.proposedAction;
      this.rows.dropBulk(drop, path);
    }
  };
}

export namespace WindowedBrowser {
  export interface IOptions extends FileBrowser.IOptions {
    model: WindowedModel;
    translator: ITranslator;
    bulk: IBulkActions | null;
    /** Whether the application's context menu is open. */
    isMenuOpen: () => boolean;
  }
}
