import type { Event, Kernel } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { BoxPanel, Widget } from '@lumino/widgets';

import { HEALTHCHECK_EVENT } from '../../../core/ids';
import type { IDeath, IDeaths } from '../../types';
import type { DeathsApi } from '../api';
import type { IKernelPanel, INotebookPanel } from '../panels';

export async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) {
    await Promise.resolve();
  }
}

/** The server's deaths, and its doorbell. */
export class FakeServer {
  readonly stream = new Signal<object, Event.Emission>({});
  deaths: IDeath[] = [];
  last = 0;
  /** Whether it answers. */
  isHung = false;

  get events(): Event.IManager {
    return { stream: this.stream } as unknown as Event.IManager;
  }

  get api(): DeathsApi {
    return {
      list: (after: number): Promise<IDeaths> => {
        if (this.isHung) {
          return new Promise(() => undefined);
        }
        return Promise.resolve({
          instance: 'i',
          last: this.last,
          deaths: this.deaths.filter(({ seq }) => seq > after)
        });
      }
    } as unknown as DeathsApi;
  }

  /** A kernel has died; the page is not told. */
  die(more: Partial<IDeath> = {}): IDeath {
    const seq = ++this.last;
    const death: IDeath = {
      id: `d${seq}`,
      seq,
      time: '2026-01-01T00:00:00Z',
      kernel_id: 'k',
      kernel_name: 'python3',
      path: 'a.ipynb',
      cause: 'killed',
      confidence: 'certain',
      exit_code: -9,
      signal: 'SIGKILL',
      restarted: true,
      evidence: { oom_kill: '0 -> 0' },
      title: `Title ${seq}`,
      body: 'Body.',
      advice: 'Advice.',
      texts: { ru: { title: 'Заголовок', body: 'Текст.', advice: 'Совет.' } },
      ...more
    };
    // What is more known of the same one replaces it.
    this.deaths = [...this.deaths.filter(({ id }) => id !== death.id), death];
    return death;
  }

  /** It was none; the page is not told. */
  takeBack(id: string): void {
    this.deaths = this.deaths.filter(death => death.id !== id);
    this.last += 1;
  }

  async ring(): Promise<void> {
    this.stream.emit({
      schema_id: `https://x${HEALTHCHECK_EVENT}v1`,
      kind: 'death',
      seq: this.last
    });
    await settle();
  }
}

type AnyMessage = Signal<Kernel.IKernelConnection, Kernel.IAnyMessageArgs>;

/** A notebook or a console, and its connection to a kernel. */
export class FakePanel {
  constructor(kind: 'notebook' | 'console' = 'notebook', path = 'a.ipynb') {
    const content = Object.assign(new Widget(), {
      activeCellIndex: 0,
      deselectAll: () => undefined,
      widgets: ['first', 'second', 'third'].map((id, index) => ({
        model: {
          id,
          sharedModel: { getSource: () => (index === 1 ? '# Train\nx' : 'x') }
        }
      }))
    });
    this.kernel = Object.assign(
      {},
      {
        id: 'k',
        isDisposed: false,
        status: 'idle',
        anyMessage: this.anyMessage,
        statusChanged: new Signal<object, string>({})
      }
    );
    this.sessionContext = {
      path,
      kernelPreference: { name: 'python3' },
      session: { kernel: this.kernel },
      kernelChanged: new Signal<object, unknown>({}),
      statusChanged: new Signal<object, string>({}),
      sessionManager: {
        refreshRunning: () => {
          this.asked.push('refresh');
          return Promise.resolve();
        }
      },
      restartKernel: () => {
        this.asked.push('restart');
        return Promise.resolve();
      },
      changeKernel: ({ name }: { name: string }) => {
        this.asked.push(`start ${name}`);
        return Promise.resolve(null);
      }
    };
    const widget = Object.assign(new Widget(), {
      content,
      contentHeader: new BoxPanel(),
      revealed: Promise.resolve(),
      sessionContext: this.sessionContext
    });
    widget.addClass(
      kind === 'notebook' ? 'jp-NotebookPanel' : 'jp-ConsolePanel'
    );
    this.panel = widget as unknown as IKernelPanel;
    this.notebook = widget as unknown as INotebookPanel;
    Widget.attach(widget.contentHeader, document.body);
  }

  readonly anyMessage: AnyMessage = new Signal({} as Kernel.IKernelConnection);
  /** What it asked of its session. */
  readonly asked: string[] = [];
  readonly kernel: {
    id: string;
    isDisposed: boolean;
    status: string;
    anyMessage: AnyMessage;
    statusChanged: Signal<object, string>;
  };
  readonly notebook: INotebookPanel;
  readonly panel: IKernelPanel;
  readonly sessionContext;

  /** Send a cell, and let the kernel begin with it. */
  run(cell: string): void {
    this.send(cell);
    this.status('busy', cell);
  }

  /** Send a cell. */
  send(cell: string): void {
    this.message(
      'send',
      { msg_id: cell, msg_type: 'execute_request' },
      {
        metadata: { cellId: cell }
      }
    );
  }

  end(cell: string): void {
    this.message(
      'recv',
      { msg_id: 'r', msg_type: 'execute_reply' },
      {
        parent_header: { msg_id: cell }
      }
    );
    this.status('idle', cell);
  }

  status(execution_state: string, parent?: string): void {
    this.message(
      'recv',
      { msg_id: 's', msg_type: 'status' },
      {
        parent_header: parent === undefined ? {} : { msg_id: parent },
        content: { execution_state }
      }
    );
  }

  /** The lines that are shown. */
  get lines(): HTMLElement[] {
    return [
      ...this.panel.contentHeader.node.querySelectorAll<HTMLElement>(
        '.cj-KernelLine'
      )
    ];
  }

  get text(): string {
    return this.lines.map(({ textContent }) => textContent).join('\n');
  }

  button(label: string): HTMLButtonElement | undefined {
    return this.lines
      .flatMap(line => [...line.querySelectorAll('button')])
      .find(({ textContent, title }) => [textContent, title].includes(label));
  }

  dispose(): void {
    this.panel.contentHeader.dispose();
    this.panel.dispose();
  }

  private message(
    direction: 'send' | 'recv',
    header: object,
    more: object
  ): void {
    const msg = { header, metadata: {}, parent_header: {}, content: {} };
    this.anyMessage.emit({
      direction,
      msg: { ...msg, ...more }
    } as unknown as Kernel.IAnyMessageArgs);
  }
}
