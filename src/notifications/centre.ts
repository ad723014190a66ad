import type { Notification, NotificationManager } from '@jupyterlab/apputils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { INotification } from './types';

/** How one is drawn by JupyterLab. */
export interface IDrawn {
  readonly message: string;
  readonly type: Notification.TypeOptions;
  readonly actions: Notification.IAction[];
}

interface IEntry {
  /** The id in JupyterLab's manager. */
  readonly id: string;
  /** The state that was drawn last. */
  seq: number;
  looks: string;
}

/** JupyterLab's notification centre, as far as it shows ours. */
export class Centre implements IDisposable {
  constructor(
    private readonly _manager: NotificationManager,
    private readonly _draw: (row: INotification) => IDrawn
  ) {
    _manager.changed.connect(this._onChanged, this);
  }

  /** The user has dismissed one there, or has used one of its buttons; carries our id. */
  get dismissed(): ISignal<this, string> {
    return this._dismissed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._manager.changed.disconnect(this._onChanged, this);
      Signal.clearData(this);
    }
  }

  ids(): string[] {
    return [...this._entries.keys()];
  }

  has(id: string): boolean {
    return this._entries.has(id);
  }

  /** JupyterLab's id of one of ours. */
  theirId(id: string): string | undefined {
    return this._entries.get(id)?.id;
  }

  ourId(theirId: string): string | undefined {
    return this._ours.get(theirId);
  }

  /** Add it; with an `autoClose` other than 0 JupyterLab shows a toast, too. Gives JupyterLab's id. */
  add(row: INotification, autoClose: number | false): string {
    this.remove(row.id);
    const { message, type, actions } = this._draw(row);
    const id = this._manager.notify(message, type, { autoClose, actions });
    const looks = looksOf(row, message, type);
    this._entries.set(row.id, { id, seq: row.seq, looks });
    this._ours.set(id, row.id);
    return id;
  }

  /** Bring it up to date; whether there was anything to do. */
  update(row: INotification, autoClose: number | false): boolean {
    const entry = this._entries.get(row.id);
    if (!entry || entry.seq === row.seq) {
      return false;
    }
    entry.seq = row.seq;
    const { message, type, actions } = this._draw(row);
    const looks = looksOf(row, message, type);
    if (entry.looks === looks) {
      // A mark of the user's, which JupyterLab would take for news.
      return false;
    }
    entry.looks = looks;
    this._manager.update({ id: entry.id, message, type, actions, autoClose });
    return true;
  }

  remove(id: string): void {
    const entry = this._entries.get(id);
    if (entry) {
      this._entries.delete(id);
      this._ours.delete(entry.id);
      this._manager.dismiss(entry.id);
    }
  }

  private _onChanged(
    _: NotificationManager,
    { type, notification }: Notification.IChange
  ): void {
    const id = this._ours.get(notification.id);
    if (type === 'removed' && id !== undefined) {
      this._entries.delete(id);
      this._ours.delete(notification.id);
      this._dismissed.emit(id);
    }
  }

  private readonly _dismissed = new Signal<this, string>(this);
  private readonly _entries = new Map<string, IEntry>();
  private _isDisposed = false;
  private readonly _ours = new Map<string, string>();
}

/** All of a notification that can be seen. */
function looksOf(row: INotification, message: string, type: string): string {
  return JSON.stringify([message, type, row.links, row.action]);
}
