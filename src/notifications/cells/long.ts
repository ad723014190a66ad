import type { Session } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';

import type { IWatch } from './api';
import type { Watches } from './watches';

/** Sessions in which a user runs cells. */
const TYPES: readonly string[] = ['notebook', 'console'];

/** Tells of every cell that takes long, in every notebook and console. */
export class LongCells implements IDisposable {
  constructor(private readonly _options: LongCells.IOptions) {
    _options.sessions.runningChanged.connect(this._onRunning, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._options.sessions.runningChanged.disconnect(this._onRunning, this);
  }

  /** The cells that are told of take longer than this; 0 for none. */
  get minutes(): number {
    return this._minutes;
  }
  set minutes(minutes: number) {
    if (minutes !== this._minutes) {
      this._former = this._minutes * 60 || this._former;
      this._minutes = minutes;
      void this.update();
    }
  }

  /** Have the server watch what is to be watched. Never rejects: it is tried again with the next change. */
  update(): Promise<void> {
    this._again = true;
    this._running ??= this._run().finally(() => {
      this._running = null;
    });
    return this._running;
  }

  private async _run(): Promise<void> {
    while (this._again && !this._isDisposed) {
      this._again = false;
      try {
        await (this._minutes > 0 ? this._watch() : this._unwatch());
      } catch (error) {
        // Without the server there is no session either; it says so itself.
        console.warn('Long cells cannot be watched.', error);
      }
    }
  }

  private async _watch(): Promise<void> {
    const { sessions, watches } = this._options;
    const seconds = this._minutes * 60;
    const wanted = new Map<string, string>();
    for (const { kernel, path, type } of sessions.running()) {
      if (kernel && TYPES.includes(type)) {
        // A console has a name for its path, and no document.
        wanted.set(kernel.id, type === 'notebook' ? path : '');
      }
    }
    const isThere = (kernel: string, path: string): boolean =>
      watches.all.some(
        watch =>
          isLong(watch) &&
          watch.kernel_id === kernel &&
          watch.path === path &&
          watch.min_seconds === seconds
      );
    if (![...wanted].every(([kernel, path]) => isThere(kernel, path))) {
      await watches.refresh();
    }
    for (const [kernel, path] of wanted) {
      if (!isThere(kernel, path) && this._minutes * 60 === seconds) {
        await watches.add({
          kernel_id: kernel,
          msg_id: null,
          min_seconds: seconds,
          path,
          label: ''
        });
      }
    }
  }

  /** Remove what this page asked for; what programs of the user asked for stays. */
  private async _unwatch(): Promise<void> {
    const { watches } = this._options;
    if (this._former === null) {
      return;
    }
    await watches.refresh();
    const ours = watches.all.filter(
      watch => isLong(watch) && watch.min_seconds === this._former
    );
    await Promise.all(ours.map(({ id }) => watches.remove(id)));
    this._former = null;
  }

  private _onRunning(): void {
    if (this._minutes > 0) {
      void this.update();
    }
  }

  private _again = false;
  private _former: number | null = null;
  private _isDisposed = false;
  private _minutes = 0;
  private _running: Promise<void> | null = null;
}

export namespace LongCells {
  export interface IOptions {
    sessions: Pick<Session.IManager, 'running' | 'runningChanged'>;
    watches: Watches;
  }
}

function isLong({ msg_id }: IWatch): boolean {
  return msg_id === null;
}
