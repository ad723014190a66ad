import {
  DirListing,
  FileBrowser,
  FileBrowserModel
} from '@jupyterlab/filebrowser';

import {
  BROWSER_FIELDS,
  LISTING_FIELDS,
  LISTING_METHODS,
  missingMembers,
  missingMethods,
  MODEL_FIELDS,
  MODEL_METHODS
} from '../internals';
import { createManager } from './fakemanager';
import { FilterFileBrowserModel } from '@jupyterlab/filebrowser';

describe('the private members that we build upon', () => {
  const manager = createManager();
  const model = new FilterFileBrowserModel({ manager, auto: false });
  const browser = new FileBrowser({ id: 'browser', model });
  const { listing } = browser as unknown as { listing: DirListing };

  afterAll(() => {
    browser.dispose();
    model.dispose();
  });

  it('are methods of the real classes', () => {
    expect(missingMethods()).toEqual([]);
    expect(missingMembers(DirListing.prototype, LISTING_METHODS)).toEqual([]);
    expect(missingMembers(FileBrowserModel.prototype, MODEL_METHODS)).toEqual(
      []
    );
  });

  it('are fields of real instances', () => {
    expect(missingMembers(listing, LISTING_FIELDS)).toEqual([]);
    expect(missingMembers(model, MODEL_FIELDS)).toEqual([]);
    expect(missingMembers(browser, BROWSER_FIELDS)).toEqual([]);
  });

  it('have the kinds that we take them for', () => {
    const fields = listing as unknown as Record<string, unknown>;
    expect(fields._items).toEqual([]);
    expect(fields._sortedItems).toEqual([]);
    expect(fields._clipboard).toEqual([]);
    expect(fields._focusIndex).toBe(0);
    expect(fields._inRename).toBe(false);
    expect(fields._sortState).toEqual({ direction: 'ascending', key: 'name' });
    expect(fields._editNode).toBeInstanceOf(HTMLInputElement);
  });

  it('are missed by the check when they are not there', () => {
    expect(missingMembers({ _items: [] }, ['_items', '_gone'])).toEqual([
      '_gone'
    ]);
  });
});
