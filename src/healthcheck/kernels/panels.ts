import type { ISessionContext } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { BoxPanel, Widget } from '@lumino/widgets';

/*
 * The little that is used of JupyterLab's notebooks and consoles: a JupyterLab without them loads this package, too,
 * which it would not if their packages were required.
 */

export interface ICell {
  readonly model: {
    readonly id: string;
    readonly sharedModel: { getSource(): string };
  };
}

/** A notebook or a console. */
export interface IKernelPanel extends Widget {
  readonly contentHeader: BoxPanel;
  readonly sessionContext: ISessionContext;
  readonly revealed: Promise<void>;
}

export interface INotebookPanel extends IKernelPanel {
  readonly content: Widget & {
    activeCellIndex: number;
    readonly widgets: readonly ICell[];
    deselectAll(): void;
  };
}

export function isNotebook(widget: Widget): widget is INotebookPanel {
  return widget.hasClass('jp-NotebookPanel');
}

export function isKernelPanel(widget: Widget): widget is IKernelPanel {
  return (
    (isNotebook(widget) || widget.hasClass('jp-ConsolePanel')) &&
    'contentHeader' in widget &&
    'sessionContext' in widget
  );
}

/** Where a cell stands now, from 0; -1 where it is not in the panel. */
export function indexOf(panel: IKernelPanel, cell: string | null): number {
  return isNotebook(panel)
    ? panel.content.widgets.findIndex(({ model }) => model.id === cell)
    : -1;
}

/** The end of a title taken from a cell's first line. */
const MAX_TITLE = 100;

/** “Cell 3: Train the model”: a comment that heads the cell says what it is. Null for a cell that is not there. */
export function labelOf(
  panel: IKernelPanel,
  cell: string | null,
  trans: TranslationBundle
): string | null {
  const index = indexOf(panel, cell);
  if (index < 0 || !isNotebook(panel)) {
    return null;
  }
  const source =
    panel.content.widgets[index]?.model.sharedModel.getSource() ?? '';
  const [, title] = /^#+ *([^\s!%#][^\n]*)/.exec(source.trimStart()) ?? [];
  const number = String(index + 1);
  return title
    ? trans.__('Cell %1: %2', number, title.trim().slice(0, MAX_TITLE))
    : trans.__('Cell %1', number);
}
