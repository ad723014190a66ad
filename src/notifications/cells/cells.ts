import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { CellMemory } from './memory';
import type { ICell, INotebookPanel } from './notebooks';
import { isCode, runningExecution } from './notebooks';
import type { Watches } from './watches';

/** The end of a title taken from a cell's first line. */
const MAX_TITLE = 100;

/** After these nothing that was sent will ever be answered. */
const OVER: ReadonlySet<Kernel.Status> = new Set([
  'autorestarting',
  'dead',
  'restarting',
  'terminating'
]);

/** The class of a cell that is watched. */
const WATCHED = 'cj-mod-watched';

/** The cells whose end the user wants to be told, running, queued, or not run yet. The server does the watching. */
export class CellWatches implements IDisposable {
  constructor(private readonly _options: CellWatches.IOptions) {
    _options.watches.changed.connect(this._onWatches, this);
    void _options.memory.ready.then(() => this._onWatches());
  }

  /** Which cells are watched has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._options.watches.changed.disconnect(this._onWatches, this);
    this._panels.forEach((_, panel) => this._forget(panel));
    Signal.clearData(this);
  }

  /** Follow a notebook until it is closed. */
  add(panel: INotebookPanel): void {
    if (this._panels.has(panel)) {
      return;
    }
    this._panels.set(panel, null);
    const { sessionContext } = panel;
    sessionContext.kernelChanged.connect(this._onKernel, this);
    sessionContext.statusChanged.connect(this._onStatus, this);
    panel.disposed.connect(this._forget, this);
    panel.content.activeCellChanged.connect(this._tell, this);
    this._follow(panel, sessionContext.session?.kernel ?? null);
    void panel.revealed.then(() => this._mark()).catch(() => undefined);
  }

  has(panel: unknown): panel is INotebookPanel {
    return this._panels.has(panel as INotebookPanel);
  }

  isWatched(cell: ICell): boolean {
    const { id } = cell.model;
    return (
      this._options.memory.pending.has(id) || this._executionsOf(id).length > 0
    );
  }

  /** Watch a cell, or no longer. Rejects with the server's error. */
  async toggle(panel: INotebookPanel, cell: ICell): Promise<void> {
    const { memory } = this._options;
    await memory.ready;
    const { id } = cell.model;
    if (this.isWatched(cell)) {
      memory.pending.delete(id);
      const executions = this._executionsOf(id);
      executions.forEach(execution => memory.watched.delete(execution));
      this._save();
      await this._unwatch(executions);
      return;
    }
    const sent = memory.unanswered(id);
    if (sent) {
      // A page that was just loaded anew may not be connected yet.
      await panel.sessionContext.ready;
    }
    const kernel = panel.sessionContext.session?.kernel;
    // Sent before the page was loaded anew: whether it still runs the page cannot know, for a kernel says `idle` to those
    // who connect. The server does know, unless that was long ago.
    const kept = sent?.kernel === kernel?.id ? sent?.execution : undefined;
    const execution = runningExecution(cell) ?? kept;
    if (kernel && execution) {
      if (execution !== runningExecution(cell)) {
        this._guessed.add(execution);
      }
      await this._watch(panel, kernel.id, execution, id);
    } else {
      memory.pending.add(id);
      this._save();
    }
  }

  private async _watch(
    panel: INotebookPanel,
    kernel: string,
    execution: string,
    cell: string
  ): Promise<void> {
    const { memory, watches } = this._options;
    memory.watched.set(execution, cell);
    this._asking.add(execution);
    this._save();
    try {
      const { id } = await watches.add({
        kernel_id: kernel,
        msg_id: execution,
        min_seconds: 0,
        path: panel.context.path,
        label: this._labelOf(panel, cell)
      });
      if (!memory.watched.has(execution)) {
        // Not wanted any more since.
        await watches.remove(id);
        return;
      }
      // It may have ended before it was watched: the server has told of it then, and watches no longer.
      await watches.refresh();
    } catch (error) {
      memory.watched.delete(execution);
      throw error;
    } finally {
      this._asking.delete(execution);
      this._onWatches();
    }
  }

  private async _unwatch(executions: readonly string[]): Promise<void> {
    const { watches } = this._options;
    const ids = watches.all
      .filter(({ msg_id }) => msg_id !== null && executions.includes(msg_id))
      .map(({ id }) => id);
    await Promise.all(ids.map(id => watches.remove(id)));
  }

  private _executionsOf(cell: string): string[] {
    return [...this._options.memory.watched]
      .filter(([, id]) => id === cell)
      .map(([execution]) => execution);
  }

  /** “Cell 3: Train the model”: code may hold secrets, a comment that heads it hardly. */
  private _labelOf(panel: INotebookPanel, id: string): string {
    const { trans } = this._options;
    const cells = panel.content.widgets;
    const index = cells.findIndex(({ model }) => model.id === id);
    const source = cells[index]?.model.sharedModel.getSource() ?? '';
    const [, title] = /^#+ *([^\s!%#][^\n]*)/.exec(source.trimStart()) ?? [];
    const number = String(index + 1);
    return title
      ? trans.__('Cell %1: %2', number, title.trim().slice(0, MAX_TITLE))
      : trans.__('Cell %1', number);
  }

  private _onKernel(
    sender: ISessionContext,
    { newValue }: { newValue: Kernel.IKernelConnection | null }
  ): void {
    for (const panel of this._panels.keys()) {
      if (panel.sessionContext === sender) {
        this._follow(panel, newValue);
      }
    }
  }

  private _onStatus(sender: ISessionContext, status: Kernel.Status): void {
    if (!OVER.has(status)) {
      return;
    }
    for (const { content, sessionContext } of this._panels.keys()) {
      if (sessionContext === sender) {
        this._options.memory.forget(
          content.widgets.map(({ model }) => model.id)
        );
      }
    }
  }

  private _follow(
    panel: INotebookPanel,
    kernel: Kernel.IKernelConnection | null
  ): void {
    this._panels.get(panel)?.dispose();
    if (!kernel || kernel.isDisposed) {
      this._panels.set(panel, null);
      return;
    }
    const slot = (_: unknown, message: Kernel.IAnyMessageArgs): void =>
      this._onMessage(panel, kernel.id, message);
    kernel.anyMessage.connect(slot);
    this._panels.set(
      panel,
      new DisposableDelegate(() => kernel.anyMessage.disconnect(slot))
    );
  }

  private _onMessage(
    panel: INotebookPanel,
    kernel: string,
    { msg, direction }: Kernel.IAnyMessageArgs
  ): void {
    const { memory } = this._options;
    const { msg_type, msg_id } = msg.header;
    if (direction === 'send' && msg_type === 'execute_request') {
      const { cellId } = msg.metadata;
      if (typeof cellId !== 'string') {
        return;
      }
      memory.sent(cellId, msg_id, kernel);
      // What was taken for running was not, or it is run once more: it is this one then that is waited for.
      const guessed = this._executionsOf(cellId).filter(execution =>
        this._guessed.delete(execution)
      );
      guessed.forEach(execution => memory.watched.delete(execution));
      void this._unwatch(guessed).catch(() => undefined);
      if (memory.pending.delete(cellId) || guessed.length > 0) {
        this._watch(panel, kernel, msg_id, cellId).catch(error => {
          this._options.failed(error as Error);
        });
      }
    } else if (direction === 'recv' && msg_type === 'execute_reply') {
      const { msg_id: execution } =
        msg.parent_header as KernelMessage.IHeader<'execute_request'>;
      memory.ended(execution);
      if (memory.watched.has(execution)) {
        void this._options.watches.refresh().catch(() => undefined);
      }
    }
  }

  /** What the server no longer watches has ended. */
  private _onWatches(): void {
    const { memory, watches } = this._options;
    const there = new Set(watches.all.map(({ msg_id }) => msg_id));
    for (const execution of [...memory.watched.keys()]) {
      if (
        !there.has(execution) &&
        !this._asking.has(execution) &&
        watches.isKnown
      ) {
        memory.watched.delete(execution);
      }
    }
    this._save();
  }

  private _save(): void {
    const { memory } = this._options;
    const now = JSON.stringify([[...memory.pending], [...memory.watched]]);
    if (now !== this._saved) {
      this._saved = now;
      memory.save();
    }
    this._mark();
    this._tell();
  }

  private _mark(): void {
    for (const { content, isDisposed } of this._panels.keys()) {
      if (!isDisposed) {
        content.widgets
          .filter(isCode)
          .forEach(cell =>
            cell.node.classList.toggle(WATCHED, this.isWatched(cell))
          );
      }
    }
  }

  private _tell(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _forget(panel: INotebookPanel): void {
    this._panels.get(panel)?.dispose();
    this._panels.delete(panel);
    panel.sessionContext.kernelChanged.disconnect(this._onKernel, this);
    panel.sessionContext.statusChanged.disconnect(this._onStatus, this);
    panel.disposed.disconnect(this._forget, this);
    panel.content.activeCellChanged?.disconnect(this._tell, this);
  }

  /** Executions of which the server does not know yet that they are to be watched. */
  private readonly _asking = new Set<string>();
  private readonly _changed = new Signal<this, void>(this);
  /** Executions that were sent before a reload, and may be over. */
  private readonly _guessed = new Set<string>();
  private _isDisposed = false;
  private readonly _panels = new Map<INotebookPanel, IDisposable | null>();
  private _saved = '';
}

export namespace CellWatches {
  export interface IOptions {
    watches: Watches;
    memory: CellMemory;
    trans: TranslationBundle;
    /** A cell that was to be watched could not be. */
    failed: (error: Error) => void;
  }
}
