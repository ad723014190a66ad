import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

/** How JupyterLab finds the path in the tooltip of a tab. */
const PATH_IN_TITLE = /[Pp]ath:\s?(.*)\n?/;

/** Which document JupyterLab's commands that write a document act upon. */
const ACTS_ON: Readonly<Record<string, 'current' | 'pointed' | 'named'>> = {
  'docmanager:delete': 'pointed',
  'docmanager:delete-file': 'named',
  'docmanager:duplicate': 'pointed',
  'docmanager:rename': 'pointed',
  'docmanager:restore-checkpoint': 'current',
  'docmanager:save': 'current'
};

/** The commands that write a document which is open. */
export const DOCUMENT_COMMANDS: readonly string[] = Object.keys(ACTS_ON);

/** Finds the document that a command of JupyterLab would write. */
export class DocumentTargets {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _manager: IDocumentManager
  ) {}

  /** The path that a command would write to; undefined where it is no such command, and where there is no document. */
  pathOf(id: string, args?: ReadonlyPartialJSONObject): string | undefined {
    switch (ACTS_ON[id]) {
      case 'named':
        return typeof args?.path === 'string' ? args.path : undefined;
      case 'current':
        // JupyterLab answers the shortcut with a message, and without it the web browser would save the page.
        return isShortcut(args) ? undefined : this._pathOfCurrent();
      case 'pointed':
        return this._pathOfPointed() ?? this._pathOfCurrent();
      case undefined:
        break;
    }
    return undefined;
  }

  private _pathOfCurrent(): string | undefined {
    const { currentWidget } = this._app.shell;
    return currentWidget
      ? this._manager.contextForWidget(currentWidget)?.path
      : undefined;
  }

  /** As JupyterLab has it: the document of the tab whose context menu was opened last. */
  private _pathOfPointed(): string | undefined {
    const node = this._app.contextMenuHitTest(({ title }) =>
      PATH_IN_TITLE.test(title)
    );
    const path = node && PATH_IN_TITLE.exec(node.title)?.[1];
    const widget = path ? this._manager.findWidget(path, null) : null;
    return widget?.context.path;
  }
}

function isShortcut(args?: ReadonlyPartialJSONObject): boolean {
  const event = args?._luminoEvent as ReadonlyPartialJSONObject | undefined;
  return event?.type === 'keybinding';
}
