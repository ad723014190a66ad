import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import type { ISignal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';

/*
 * The little that is used of JupyterLab's notebooks: a JupyterLab without notebooks loads this package, too, which it
 * would not if their package were required.
 */

export interface ICell {
  readonly node: HTMLElement;
  readonly model: {
    readonly id: string;
    readonly type: string;
    readonly executionState?: string;
    readonly sharedModel: { getSource(): string };
  };
  readonly outputArea?: { readonly future?: Kernel.IShellFuture | null };
}

export interface INotebook {
  readonly activeCell: ICell | null;
  readonly activeCellChanged: ISignal<unknown, unknown>;
  readonly widgets: readonly ICell[];
}

export interface INotebookPanel extends Widget {
  readonly content: INotebook & Widget;
  readonly context: { readonly path: string };
  readonly revealed: Promise<void>;
  readonly sessionContext: ISessionContext;
}

/** The id of the execution that a cell waits for, as far as this page started it; null where there is none. */
export function runningExecution({ model, outputArea }: ICell): string | null {
  const future = outputArea?.future;
  return model.executionState === 'running' && future && !future.isDisposed
    ? future.msg.header.msg_id
    : null;
}

export function isCode(cell: ICell | null): cell is ICell {
  return cell?.model.type === 'code';
}
