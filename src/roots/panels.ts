import type { ILabShell, ILayoutRestorer } from '@jupyterlab/application';
import type { IToolbarWidgetRegistry } from '@jupyterlab/apputils';
import {
  createToolbarFactory,
  setToolbar,
  WidgetTracker
} from '@jupyterlab/apputils';
import type { FileBrowser, IFileBrowserFactory } from '@jupyterlab/filebrowser';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IStateDB } from '@jupyterlab/statedb';
import type { ITranslator } from '@jupyterlab/translation';
import { UUID } from '@lumino/coreutils';

import { iconOfRoot } from '../core/icons';
import type { IRoot, IRoots } from '../core/tokens';
import { apiPath } from './model';
import { BROWSER_ARG } from './readonly';
import { BROWSER_SETTINGS, followSettings } from './settings';

/** The sidebars that a panel may stand in. */
export type Area = 'left' | 'right';

const NAMESPACE = 'cloudru-roots';
const RANK = 101;

const WIDGET_SETTINGS = '@jupyterlab/filebrowser-extension:widget';
/** JupyterLab's name of the toolbars of file browsers. */
const TOOLBAR = 'FileBrowser';

/** File browsers beside the first. */
export class RootPanels {
  constructor(private readonly _options: RootPanels.IOptions) {
    this.tracker = new WidgetTracker<FileBrowser>({ namespace: NAMESPACE });
    _options.roots.changed.connect(() =>
      this.tracker.forEach(panel => this._name(panel))
    );
  }

  readonly tracker: WidgetTracker<FileBrowser>;

  /** Bring back the panels of the last visit; `command` makes one from its `id` and `area`. */
  restore(restorer: ILayoutRestorer, command: string): void {
    void restorer
      .restore(this.tracker, {
        command,
        args: ({ id }) => ({ id, area: this.areaOf(id) }),
        name: ({ id }) => id
      })
      .catch(console.warn);
  }

  /** A browser at the top of a root. */
  async open(root: IRoot, area: Area): Promise<FileBrowser> {
    const panel = this.create(`${NAMESPACE}-${UUID.uuid4()}`, area);
    await panel.model.restored;
    await panel.model.cd(`/${apiPath(root, '')}`);
    this._options.shell.activateById(panel.id);
    return panel;
  }

  /** A browser where one of this id was. */
  create(id: string, area: Area): FileBrowser {
    const { factory, shell } = this._options;
    const panel = factory.createFileBrowser(id);
    panel.addClass('cj-RootPanel');
    panel.model.pathChanged.connect(() => this._name(panel));
    this._name(panel);
    this._equip(panel);
    shell.add(panel, area, { rank: RANK, type: 'File Browser' });
    void this.tracker.add(panel);
    return panel;
  }

  /** The sidebar in which a browser stands. */
  areaOf(id: string): Area {
    return [...this._options.shell.widgets('right')].some(
      widget => widget.id === id
    )
      ? 'right'
      : 'left';
  }

  has(browser: FileBrowser): boolean {
    return this.tracker.has(browser);
  }

  /** Close a panel for good. */
  close(panel: FileBrowser): void {
    const { id } = panel;
    panel.dispose();
    void this._options.state
      ?.remove(`file-browser-${id}:cwd`)
      .catch(console.warn);
  }

  /** The toolbar and the columns that JupyterLab gives its own browser. */
  private _equip(panel: FileBrowser): void {
    const { settings, toolbars, translator } = this._options;
    if (!settings) {
      return;
    }
    if (toolbars) {
      setToolbar(
        panel,
        createToolbarFactory(
          named(toolbars),
          settings,
          TOOLBAR,
          WIDGET_SETTINGS,
          translator
        )
      );
    }
    void settings
      .load(BROWSER_SETTINGS)
      .then(loaded => followSettings(panel, loaded))
      .catch(console.warn);
  }

  private _name(panel: FileBrowser): void {
    const root = this._options.roots.rootOf(panel.model.path)?.root;
    if (root) {
      panel.title.icon = iconOfRoot(root);
      panel.title.caption = root.title;
    }
  }
}

export namespace RootPanels {
  export interface IOptions {
    shell: ILabShell;
    factory: IFileBrowserFactory;
    roots: IRoots;
    settings: ISettingRegistry | null;
    toolbars: IToolbarWidgetRegistry | null;
    state: IStateDB | null;
    translator: ITranslator;
  }
}

/** Let the buttons of a toolbar tell the browser they are of to their commands. */
function named(toolbars: IToolbarWidgetRegistry): IToolbarWidgetRegistry {
  const createWidget: IToolbarWidgetRegistry['createWidget'] = (
    factory,
    widget,
    item
  ) => {
    const args = { ...item.args, [BROWSER_ARG]: widget.id };
    return toolbars.createWidget(factory, widget, { ...item, args });
  };
  return Object.create(toolbars, {
    createWidget: { value: createWidget }
  }) as IToolbarWidgetRegistry;
}
