import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

/** The messages of a panel's kernel: what runs there, and that it died. */
export class KernelFollower implements IDisposable {
  constructor(private readonly _sessionContext: ISessionContext) {
    _sessionContext.kernelChanged.connect(this._onKernel, this);
    this._follow(_sessionContext.session?.kernel ?? null);
  }

  /** The id of the kernel that is or was there last; empty where there was none. */
  get kernel(): string {
    return this._id;
  }

  /** The id of the cell that runs; null where none of this page runs. */
  get cell(): string | null {
    return this._running?.cell ?? null;
  }

  /** Something was sent to be executed since the kernel died. */
  get isUsed(): boolean {
    return this._isUsed;
  }

  /** Kernel or cell is another than before. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The server says that the kernel has died: with the id of the cell that ran. */
  get died(): ISignal<this, string | null> {
    return this._died;
  }

  /** The kernel is gone, and nobody has said why: it was perhaps shut down. */
  get gone(): ISignal<this, void> {
    return this._gone;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._sessionContext.kernelChanged.disconnect(this._onKernel, this);
    this._follow(null);
    Signal.clearData(this);
  }

  /** What ran will not end any more: gives its cell. */
  stop(): string | null {
    // What a kernel says of its last moment may be lost with it: then the first execution without an end has run.
    const [first = null] = this._sent.values();
    const cell = this._running ? this._running.cell : first;
    this._running = null;
    this._sent.clear();
    this._isUsed = false;
    return cell;
  }

  private _onKernel(
    _: unknown,
    { newValue }: { newValue: Kernel.IKernelConnection | null }
  ): void {
    this._follow(newValue);
    this._changed.emit();
  }

  private _follow(kernel: Kernel.IKernelConnection | null): void {
    if (kernel === this._kernel) {
      return;
    }
    this._kernel?.anyMessage.disconnect(this._onMessage, this);
    this._kernel?.statusChanged.disconnect(this._onStatus, this);
    this._kernel = kernel;
    this._running = null;
    if (!kernel || kernel.isDisposed) {
      return;
    }
    this._sent.clear();
    this._id = kernel.id;
    kernel.anyMessage.connect(this._onMessage, this);
    kernel.statusChanged.connect(this._onStatus, this);
  }

  private _onMessage(
    _: unknown,
    { msg, direction }: Kernel.IAnyMessageArgs
  ): void {
    const { msg_type, msg_id } = msg.header;
    if (direction === 'send') {
      if (msg_type === 'execute_request') {
        const { cellId } = msg.metadata;
        this._sent.set(msg_id, typeof cellId === 'string' ? cellId : null);
        this._isUsed = true;
      }
      return;
    }
    const parent =
      'msg_id' in msg.parent_header ? msg.parent_header.msg_id : '';
    if (msg_type === 'execute_reply') {
      this._sent.delete(parent);
    } else if (msg_type === 'status') {
      const { execution_state } = msg.content as { execution_state: string };
      this._onState(execution_state, parent);
    }
  }

  private _onState(state: string, parent: string): void {
    if (state === 'restarting' || state === 'dead') {
      // The server says this of a kernel that died, and of no other.
      this._died.emit(this.stop());
    } else if (state === 'busy' && this._sent.has(parent)) {
      const cell = this._sent.get(parent) ?? null;
      this._running = { execution: parent, cell };
      this._changed.emit();
    } else if (state === 'idle') {
      this._sent.delete(parent);
      if (this._running?.execution === parent) {
        this._running = null;
        this._changed.emit();
      }
    }
  }

  private _onStatus(_: unknown, status: KernelMessage.Status): void {
    if (status === 'dead') {
      this._gone.emit();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _died = new Signal<this, string | null>(this);
  private readonly _gone = new Signal<this, void>(this);
  private _id = '';
  private _isDisposed = false;
  private _isUsed = false;
  private _kernel: Kernel.IKernelConnection | null = null;
  private _running: { execution: string; cell: string | null } | null = null;
  private readonly _sent = new Map<string, string | null>();
}
