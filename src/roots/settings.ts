import type { FileBrowser } from '@jupyterlab/filebrowser';
import { FilterFileBrowserModel } from '@jupyterlab/filebrowser';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';

/** The id of the settings of JupyterLab's file browser, which it applies to its own browser alone. */
export const BROWSER_SETTINGS = '@jupyterlab/filebrowser-extension:browser';

/** The settings that a browser has as members of the same name. */
const FLAGS = [
  'allowFileUploads',
  'clearFilterOnNavigation',
  'showDateCreatedColumn',
  'showFileCheckboxes',
  'showFileSizeColumn',
  'showFullPath',
  'showHiddenFiles',
  'showLastModifiedColumn',
  'singleClickNavigation',
  'sortFileNamesNaturally',
  'sortNotebooksFirst'
] as const satisfies readonly (keyof FileBrowser)[];

/** Those that its model has. */
const MODEL_FLAGS = [
  'filterDirectories',
  'useFuzzyFilter'
] as const satisfies readonly (keyof FilterFileBrowserModel)[];

/** How many folders the breadcrumbs show at least, on either side of what they leave out. */
const CRUMBS = {
  minimumLeftItems: 'minimumBreadcrumbsLeftItems',
  minimumRightItems: 'minimumBreadcrumbsRightItems'
} as const satisfies Record<string, keyof FileBrowser>;

/** Give a browser what the user has set for JupyterLab's own, now and whenever it changes. */
export function followSettings(
  browser: FileBrowser,
  settings: ISettingRegistry.ISettings
): void {
  if (browser.isDisposed) {
    return;
  }
  const applied = new Map<string, unknown>();
  const apply = (): void => applySettings(browser, settings, applied);
  settings.changed.connect(apply);
  browser.disposed.connect(() => settings.changed.disconnect(apply));
  // As in JupyterLab's own, only at first: the filter box is opened and closed by command.
  const filter = settings.get('showFileFilter').composite;
  if (typeof filter === 'boolean') {
    browser.showFileFilter = filter;
  }
  apply();
}

/**
 * Apply what is not `applied` yet: each setting that is written draws the rows anew. What the members say does not tell:
 * a new browser shows check boxes, and says that it does not.
 */
function applySettings(
  browser: FileBrowser,
  settings: ISettingRegistry.ISettings,
  applied: Map<string, unknown>
): void {
  const isNews = (name: string, value: unknown): boolean => {
    const isNew = applied.get(name) !== value;
    applied.set(name, value);
    return isNew;
  };
  const composite = (name: string): unknown => settings.get(name).composite;
  for (const flag of FLAGS) {
    const value = composite(flag);
    if (typeof value === 'boolean' && isNews(flag, value)) {
      browser[flag] = value;
    }
  }
  const { model } = browser;
  if (model instanceof FilterFileBrowserModel) {
    for (const flag of MODEL_FLAGS) {
      const value = composite(flag);
      if (typeof value === 'boolean' && isNews(flag, value)) {
        model[flag] = value;
      }
    }
  }
  const crumbs = composite('breadcrumbs') as Record<string, unknown> | null;
  for (const [name, member] of Object.entries(CRUMBS)) {
    const value = crumbs?.[name];
    if (typeof value === 'number' && isNews(name, value)) {
      browser[member] = value;
    }
  }
}
