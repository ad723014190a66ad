import type { Kernel } from '@jupyterlab/services';
import { StateDB } from '@jupyterlab/statedb';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { CellWatches } from '../cells';
import { addCommands, WATCH_CELL } from '../commands';
import { CellMemory } from '../memory';
import type { ICell, INotebookPanel } from '../notebooks';
import { Watches } from '../watches';
import { FakeApi, settle } from './fakewatches';

type AnyMessage = Signal<Kernel.IKernelConnection, Kernel.IAnyMessageArgs>;

class FakeNotebook {
  constructor(kernel = 'kernel') {
    this.kernel = {
      id: kernel,
      isDisposed: false,
      anyMessage: this.anyMessage
    };
    const content = Object.assign(new Widget(), {
      activeCell: null as ICell | null,
      activeCellChanged: new Signal<object, unknown>({}),
      widgets: [] as ICell[]
    });
    const sessionContext = {
      ready: Promise.resolve(),
      session: { kernel: this.kernel }
    };
    this.panel = Object.assign(new Widget(), {
      content,
      context: { path: 'work/a.ipynb' },
      revealed: Promise.resolve(),
      sessionContext: Object.assign(sessionContext, {
        kernelChanged: new Signal<object, unknown>(sessionContext),
        statusChanged: new Signal<object, unknown>(sessionContext)
      })
    }) as unknown as INotebookPanel;
  }

  cell(id: string, source = 'x', type = 'code'): ICell {
    const cell: ICell = {
      node: document.createElement('div'),
      model: {
        id,
        type,
        executionState: 'idle',
        sharedModel: { getSource: () => source }
      },
      outputArea: {}
    };
    (this.panel.content.widgets as ICell[]).push(cell);
    return cell;
  }

  /** What JupyterLab does to run a cell. */
  run(cell: ICell, execution: string): void {
    const msg = {
      header: { msg_id: execution, msg_type: 'execute_request' },
      metadata: { cellId: cell.model.id },
      parent_header: {}
    };
    Object.assign(cell.model, { executionState: 'running' });
    Object.assign(cell.outputArea!, { future: { msg, isDisposed: false } });
    this.emit('send', msg);
  }

  end(cell: ICell, execution: string): void {
    Object.assign(cell.model, { executionState: 'idle' });
    this.emit('recv', {
      header: { msg_id: `${execution}-reply`, msg_type: 'execute_reply' },
      metadata: {},
      parent_header: { msg_id: execution }
    });
  }

  emit(direction: 'send' | 'recv', msg: object): void {
    this.anyMessage.emit({ direction, msg } as Kernel.IAnyMessageArgs);
  }

  readonly anyMessage: AnyMessage = new Signal({} as Kernel.IKernelConnection);
  readonly kernel: {
    id: string;
    isDisposed: boolean;
    anyMessage: AnyMessage;
  };
  readonly panel: INotebookPanel;
}

describe('CellWatches', () => {
  let server: FakeApi;
  let watches: Watches;
  let cells: CellWatches;
  let state: StateDB;
  let notebook: FakeNotebook;
  let failures: string[];

  /** A page of its own, with what the last one left. */
  async function load(): Promise<void> {
    watches = new Watches(server.api);
    cells = new CellWatches({
      watches,
      memory: new CellMemory(state, window.sessionStorage),
      trans: nullTranslator.load(''),
      failed: error => failures.push(error.message)
    });
    cells.add(notebook.panel);
    await watches.refresh();
    await settle();
  }

  beforeEach(async () => {
    window.sessionStorage.clear();
    failures = [];
    server = new FakeApi();
    state = new StateDB();
    notebook = new FakeNotebook();
    await load();
  });

  afterEach(() => {
    cells.dispose();
    watches.dispose();
  });

  it('watches the execution of a cell that runs', async () => {
    notebook.cell('first', '# Train the model\nfit()');
    const cell = notebook.cell('c', '\n# Train the model \nfit()');
    notebook.run(cell, 'm1');
    await cells.toggle(notebook.panel, cell);
    expect(server.watches).toEqual([
      {
        id: 'w1',
        kernel_id: 'kernel',
        msg_id: 'm1',
        min_seconds: 0,
        path: 'work/a.ipynb',
        label: 'Cell 2: Train the model'
      }
    ]);
    expect(cells.isWatched(cell)).toBe(true);
    expect(cell.node.classList.contains('cj-mod-watched')).toBe(true);
  });

  it('tells nothing of the code', async () => {
    for (const source of [
      'token = "secret"',
      '#!secret',
      '#%% secret',
      '%env KEY=secret'
    ]) {
      const cell = notebook.cell(source, source);
      notebook.run(cell, source);
      await cells.toggle(notebook.panel, cell);
    }
    expect(
      JSON.stringify(server.watches.map(({ label }) => label))
    ).not.toContain('secret');
    expect(server.watches[0]!.label).toBe('Cell 1');
  });

  it('watches the next execution of a cell that does not run, and that one alone', async () => {
    const cell = notebook.cell('c');
    await cells.toggle(notebook.panel, cell);
    expect(server.watches).toEqual([]);
    expect(cells.isWatched(cell)).toBe(true);
    notebook.run(notebook.cell('other'), 'm0');
    notebook.run(cell, 'm1');
    await settle();
    expect(server.watches.map(({ msg_id }) => msg_id)).toEqual(['m1']);
    expect(cells.isWatched(cell)).toBe(true);
    server.end('m1');
    notebook.end(cell, 'm1');
    await settle();
    expect(cells.isWatched(cell)).toBe(false);
    expect(cell.node.classList.contains('cj-mod-watched')).toBe(false);
    notebook.run(cell, 'm2');
    await settle();
    expect(server.watches).toEqual([]);
  });

  it('watches a cell in the queue', async () => {
    const queue = ['a', 'b', 'c'].map(id => notebook.cell(id));
    queue.forEach((cell, i) => notebook.run(cell, `m${i}`));
    await cells.toggle(notebook.panel, queue[2]!);
    expect(server.watches.map(({ msg_id }) => msg_id)).toEqual(['m2']);
    notebook.end(queue[0]!, 'm0');
    await settle();
    expect(cells.isWatched(queue[2]!)).toBe(true);
    expect(cells.isWatched(queue[0]!)).toBe(false);
  });

  it('is done with a cell that ended before the server knew', async () => {
    const cell = notebook.cell('c');
    await cells.toggle(notebook.panel, cell);
    server.ended.add('m1');
    notebook.run(cell, 'm1');
    await settle();
    expect(server.asked).toContain('add m1');
    expect(cells.isWatched(cell)).toBe(false);
  });

  it('watches no longer when it is asked again', async () => {
    const cell = notebook.cell('c');
    notebook.run(cell, 'm1');
    await cells.toggle(notebook.panel, cell);
    await cells.toggle(notebook.panel, cell);
    expect(server.watches).toEqual([]);
    expect(cells.isWatched(cell)).toBe(false);
    const idle = notebook.cell('i');
    await cells.toggle(notebook.panel, idle);
    await cells.toggle(notebook.panel, idle);
    notebook.run(idle, 'm2');
    await settle();
    expect(server.watches).toEqual([]);
  });

  it('watches no longer when it is asked again before the server answered', async () => {
    const cell = notebook.cell('c');
    notebook.run(cell, 'm1');
    const first = cells.toggle(notebook.panel, cell);
    await Promise.resolve();
    await Promise.all([first, cells.toggle(notebook.panel, cell)]);
    await settle();
    expect(server.watches).toEqual([]);
    expect(cells.isWatched(cell)).toBe(false);
  });

  it('knows after a reload what is watched, and what has ended meanwhile', async () => {
    const cell = notebook.cell('c');
    const ended = notebook.cell('e');
    const next = notebook.cell('n');
    notebook.run(cell, 'm1');
    notebook.run(ended, 'm2');
    await cells.toggle(notebook.panel, cell);
    await cells.toggle(notebook.panel, ended);
    await cells.toggle(notebook.panel, next);
    cells.dispose();
    watches.dispose();
    server.end('m2');
    await load();
    expect(cells.isWatched(cell)).toBe(true);
    expect(cells.isWatched(ended)).toBe(false);
    expect(cells.isWatched(next)).toBe(true);
    notebook.run(next, 'm3');
    await settle();
    expect(server.watches.map(({ msg_id }) => msg_id)).toEqual(['m1', 'm3']);
  });

  it('finds the execution of a cell that was sent before a reload', async () => {
    const cell = notebook.cell('c');
    notebook.run(cell, 'm1');
    cells.dispose();
    watches.dispose();
    Object.assign(cell.model, { executionState: 'idle' });
    Object.assign(cell.outputArea!, { future: null });
    const { sessionContext } = notebook.panel;
    const { session } = sessionContext;
    let connect = (): void => undefined;
    Object.assign(sessionContext, {
      session: null,
      ready: new Promise<void>(resolve => (connect = resolve))
    });
    await load();
    const toggled = cells.toggle(notebook.panel, cell);
    await settle();
    Object.assign(sessionContext, { session });
    (sessionContext.kernelChanged as Signal<unknown, object>).emit({
      newValue: session!.kernel
    });
    connect();
    await toggled;
    expect(server.watches.map(({ msg_id }) => msg_id)).toEqual(['m1']);
    // It was over, as is seen when the cell is run again.
    notebook.run(cell, 'm2');
    await settle();
    expect(server.watches.map(({ msg_id }) => msg_id)).toEqual(['m2']);
  });

  it('waits for the next execution when a reload brought another kernel', async () => {
    const cell = notebook.cell('c');
    notebook.run(cell, 'm1');
    cells.dispose();
    watches.dispose();
    Object.assign(cell.model, { executionState: 'idle' });
    Object.assign(notebook.panel.sessionContext, {
      session: { kernel: new FakeNotebook('second').kernel }
    });
    await load();
    await cells.toggle(notebook.panel, cell);
    expect(server.watches).toEqual([]);
    expect(cells.isWatched(cell)).toBe(true);
  });

  it('waits for the next execution after the kernel was restarted', async () => {
    const cell = notebook.cell('c');
    notebook.run(cell, 'm1');
    Object.assign(cell.model, { executionState: 'idle' });
    (
      notebook.panel.sessionContext.statusChanged as Signal<unknown, string>
    ).emit('restarting');
    await cells.toggle(notebook.panel, cell);
    expect(server.watches).toEqual([]);
    expect(cells.isWatched(cell)).toBe(true);
  });

  it('says when the server does not take it', async () => {
    const cell = notebook.cell('c');
    server.refusal = new Error('Too many.');
    await cells.toggle(notebook.panel, cell);
    notebook.run(cell, 'm1');
    await settle();
    expect(failures).toEqual(['Too many.']);
    expect(cells.isWatched(cell)).toBe(false);
    await expect(cells.toggle(notebook.panel, cell)).rejects.toThrow(
      'Too many.'
    );
  });

  it('follows another kernel of the notebook, and no closed notebook', async () => {
    const cell = notebook.cell('c');
    await cells.toggle(notebook.panel, cell);
    const other = new FakeNotebook('second');
    Object.assign(notebook.panel.sessionContext, {
      session: { kernel: other.kernel }
    });
    (
      notebook.panel.sessionContext.kernelChanged as Signal<unknown, object>
    ).emit({ newValue: other.kernel });
    notebook.run(cell, 'of the first');
    await settle();
    expect(server.watches).toEqual([]);
    other.run(cell, 'm1');
    await settle();
    expect(server.watches.map(({ kernel_id }) => kernel_id)).toEqual([
      'second'
    ]);
    const last = notebook.cell('l');
    await cells.toggle(notebook.panel, last);
    notebook.panel.dispose();
    other.run(last, 'm2');
    await settle();
    expect(server.watches).toHaveLength(1);
  });

  describe('the command', () => {
    let commands: CommandRegistry;

    beforeEach(() => {
      commands = new CommandRegistry();
      addCommands({
        commands,
        cells,
        palette: null,
        shell: { currentWidget: notebook.panel } as never,
        trans: nullTranslator.load(''),
        failed: error => failures.push(error.message)
      });
    });

    it('is a toggle of the active code cell', async () => {
      const cell = notebook.cell('c');
      expect(commands.isVisible(WATCH_CELL)).toBe(false);
      Object.assign(notebook.panel.content, {
        activeCell: notebook.cell('m', '# Text', 'markdown')
      });
      expect(commands.isEnabled(WATCH_CELL)).toBe(false);
      Object.assign(notebook.panel.content, { activeCell: cell });
      expect(commands.isEnabled(WATCH_CELL)).toBe(true);
      expect(commands.isToggleable(WATCH_CELL)).toBe(true);
      expect(commands.isToggled(WATCH_CELL)).toBe(false);
      let changes = 0;
      commands.commandChanged.connect(() => changes++);
      await commands.execute(WATCH_CELL);
      expect(commands.isToggled(WATCH_CELL)).toBe(true);
      expect(changes).toBeGreaterThan(0);
      expect(commands.caption(WATCH_CELL)).toContain('cancel');
    });
  });
});
