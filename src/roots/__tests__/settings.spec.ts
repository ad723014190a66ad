import { FileBrowser, FilterFileBrowserModel } from '@jupyterlab/filebrowser';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';

// The tests of one feature may use another's fake of the server.
// eslint-disable-next-line @typescript-eslint/no-restricted-imports
import { createManager } from '../../browser/__tests__/fakemanager';
import { followSettings } from '../settings';
import { settle } from './fakeroots';

class FakeSettings {
  readonly changed = new Signal<this, void>(this);
  values: Record<string, unknown> = {};

  get(name: string): { composite: unknown } {
    return { composite: this.values[name] };
  }

  set(values: Record<string, unknown>): void {
    Object.assign(this.values, values);
    this.changed.emit();
  }
}

describe('followSettings', () => {
  let settings: FakeSettings;
  let model: FilterFileBrowserModel;
  let panel: FileBrowser;

  beforeEach(() => {
    settings = new FakeSettings();
    model = new FilterFileBrowserModel({
      manager: createManager(),
      auto: false
    });
    // No request is to be under way at the end.
    jest.spyOn(model, 'refresh').mockResolvedValue();
    panel = new FileBrowser({ id: 'panel', model });
  });

  afterEach(async () => {
    panel.dispose();
    model.dispose();
    // The end of its poll is told while the test still runs.
    await settle();
  });

  const follow = (): void =>
    followSettings(panel, settings as unknown as ISettingRegistry.ISettings);

  const FLAGS = {
    allowFileUploads: false,
    clearFilterOnNavigation: false,
    showDateCreatedColumn: true,
    showFileCheckboxes: true,
    showFileFilter: true,
    showFileSizeColumn: true,
    showFullPath: true,
    showHiddenFiles: true,
    showLastModifiedColumn: false,
    singleClickNavigation: true,
    sortFileNamesNaturally: false,
    sortNotebooksFirst: true
  };

  it.each(Object.entries(FLAGS))('applies %s', (name, value) => {
    expect(panel[name as keyof typeof FLAGS]).toBe(!value);
    settings.values = { [name]: value };
    follow();
    expect(panel[name as keyof typeof FLAGS]).toBe(value);
  });

  it('applies what concerns the filter and the breadcrumbs', () => {
    settings.values = {
      breadcrumbs: { minimumLeftItems: 3, minimumRightItems: 4 },
      filterDirectories: false,
      useFuzzyFilter: false
    };
    follow();
    expect(model.filterDirectories).toBe(false);
    expect(model.useFuzzyFilter).toBe(false);
    expect(panel.minimumBreadcrumbsLeftItems).toBe(3);
    expect(panel.minimumBreadcrumbsRightItems).toBe(4);
  });

  it('hides the check boxes, which a new browser shows and denies', () => {
    const hide = jest.spyOn(panel, 'showFileCheckboxes', 'set');
    settings.values = { showFileCheckboxes: false };
    follow();
    settings.set({ showHiddenFiles: true });
    expect(hide.mock.calls).toEqual([[false]]);
  });

  it('follows changes, but leaves the filter box as it was opened', () => {
    settings.values = { showFileCheckboxes: false, showFileFilter: false };
    follow();
    panel.showFileFilter = true;
    settings.set({ showFileCheckboxes: true });
    expect(panel.showFileCheckboxes).toBe(true);
    expect(panel.showFileFilter).toBe(true);
  });

  it('lets go of a panel that is closed', () => {
    settings.values = { showHiddenFiles: false };
    follow();
    panel.dispose();
    expect(() => settings.set({ showHiddenFiles: true })).not.toThrow();
    expect(panel.showHiddenFiles).toBe(false);
  });
});
