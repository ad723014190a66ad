import { SemanticCommand } from '@jupyterlab/apputils';
import type { CommandRegistry } from '@lumino/commands';

import type { INotebookPanel } from './panels';

/** JupyterLab's command. It runs above the active cell. */
export const RUN_ALL_ABOVE = 'notebook:run-all-above';

/** Give a notebook a kernel without variables, and run the cells above one. */
export async function restartAndRunAbove(
  commands: CommandRegistry,
  panel: INotebookPanel,
  options: {
    /** Where the cell stands, from 0. */
    index: number;
    /** The kernel was started again, and nothing has run there since. */
    isFresh: boolean;
    /** The id of a kernel that is not there any more, whatever the page and the server think of it. */
    gone: string | null;
    /** The kernel to start where there is none any more. */
    name: string;
  }
): Promise<void> {
  const { sessionContext, content } = panel;
  if (!options.isFresh) {
    // A gateway that lost a kernel takes the session with it, and nobody tells the page: it would ask for a restart of
    // what is not there any more.
    await sessionContext.sessionManager.refreshRunning();
  }
  const kernel = sessionContext.session?.kernel;
  if (
    !kernel ||
    kernel.isDisposed ||
    kernel.status === 'dead' ||
    kernel.id === options.gone
  ) {
    await sessionContext.changeKernel({ name: options.name });
  } else if (!options.isFresh) {
    await sessionContext.restartKernel();
  }
  if (panel.isDisposed) {
    return;
  }
  content.deselectAll();
  content.activeCellIndex = options.index;
  await commands.execute(RUN_ALL_ABOVE, {
    [SemanticCommand.WIDGET]: panel.id
  });
}
