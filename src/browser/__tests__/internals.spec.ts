import { Context } from '@jupyterlab/docregistry';
import {
  DirListing,
  FileBrowser,
  FileBrowserModel,
  FileDialog,
  FilterFileBrowserModel
} from '@jupyterlab/filebrowser';

import {
  BROWSER_FIELDS,
  CONTEXT_METHODS,
  DIALOG_FUNCTIONS,
  LISTING_FIELDS,
  LISTING_METHODS,
  missingMembers,
  missingMethods,
  MODEL_FIELDS,
  MODEL_METHODS
} from '../internals';
import { createManager } from './fakemanager';

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

  it('are there to be replaced', () => {
    const saveAs: unknown = Reflect.get(Context.prototype, 'saveAs');
    expect(missingMembers(Context.prototype, CONTEXT_METHODS)).toEqual([]);
    expect(saveAs).toBeInstanceOf(Function);
    // It is called without arguments, and says whether the document was saved.
    expect(saveAs).toHaveLength(0);
    expect(missingMembers(FileDialog, DIALOG_FUNCTIONS)).toEqual([]);
    for (const name of DIALOG_FUNCTIONS) {
      const member = Object.getOwnPropertyDescriptor(FileDialog, name);
      expect(member?.writable).toBe(true);
    }
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
