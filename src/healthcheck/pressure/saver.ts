import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { Event } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';

import { HEALTHCHECK_EVENT } from '../../core/ids';
import type { IDrafts } from '../../core/tokens';
import { saveQuietly } from './quiet';

/** A save that takes longer is not waited for, in ms: the draft has to do. */
const PATIENCE = 1_000;

/** Time between two rounds while the server rings on, in ms. */
const PAUSE = 500;

/** A document that could not be saved is left alone for this long, in ms. */
const REST = 30_000;

/** Whether an emission of the server's event stream says that memory runs out. */
export function isPressure({ schema_id, kind }: Event.Emission): boolean {
  return (
    typeof schema_id === 'string' &&
    schema_id.includes(HEALTHCHECK_EVENT) &&
    kind === 'memory_pressure'
  );
}

/**
 * Saves what is unsaved when memory runs out: there is no time for a person to do it. Only what can be saved without a
 * question, the document edited last first.
 */
export class PressureSaver implements IDisposable {
  constructor(private readonly _options: PressureSaver.IOptions) {
    _options.events.stream.connect(this._onEvent, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    clearTimeout(this._pausing);
    this._options.events.stream.disconnect(this._onEvent, this);
    for (const context of [...this._contexts]) {
      this._forget(context);
    }
  }

  /** Follow a document until it is closed. */
  add(context: DocumentRegistry.Context): void {
    if (this._contexts.has(context) || context.isDisposed) {
      return;
    }
    this._contexts.add(context);
    context.model.contentChanged.connect(this._onEdit, this);
    context.disposed.connect(this._forget, this);
  }

  /** Save now. Resolves when all is saved, or is not waited for any more; calls while it is under way make one more round. */
  async save(): Promise<void> {
    if (this._isSaving) {
      this._isWanted = true;
      return;
    }
    this._isSaving = true;
    try {
      const flushed = this._options.drafts?.flush() ?? Promise.resolve();
      for (const context of this._unsaved()) {
        await patiently(this._save(context));
      }
      await patiently(flushed);
    } finally {
      this._isSaving = false;
      this._pause();
    }
  }

  private _unsaved(): DocumentRegistry.Context[] {
    const now = Date.now();
    return [...this._contexts]
      .filter(
        context =>
          context.isReady &&
          context.canSave &&
          context.model.dirty &&
          !context.model.readOnly &&
          !context.model.collaborative &&
          !this._saving.has(context) &&
          now - (this._failed.get(context) ?? -Infinity) > REST
      )
      .sort((a, b) => this._editOf(b) - this._editOf(a));
  }

  private async _save(context: DocumentRegistry.Context): Promise<void> {
    this._saving.add(context);
    try {
      await saveQuietly(context);
      this._failed.delete(context);
    } catch (error) {
      this._failed.set(context, Date.now());
      console.warn(error);
    } finally {
      this._saving.delete(context);
    }
  }

  private _editOf(context: DocumentRegistry.Context): number {
    return this._edited.get(context) ?? 0;
  }

  private _pause(): void {
    if (this._isWanted && !this._isDisposed) {
      this._isWanted = false;
      this._pausing = window.setTimeout(() => void this.save(), PAUSE);
    }
  }

  private _onEvent(_: unknown, emission: Event.Emission): void {
    if (isPressure(emission)) {
      void this.save();
    }
  }

  private _onEdit(model: DocumentRegistry.IModel): void {
    for (const context of this._contexts) {
      if (context.model === model) {
        this._edited.set(context, ++this._edits);
      }
    }
  }

  private _forget(context: DocumentRegistry.Context): void {
    this._contexts.delete(context);
    context.disposed.disconnect(this._forget, this);
    context.model.contentChanged.disconnect(this._onEdit, this);
  }

  private readonly _contexts = new Set<DocumentRegistry.Context>();
  private readonly _edited = new WeakMap<DocumentRegistry.Context, number>();
  private _edits = 0;
  private readonly _failed = new WeakMap<DocumentRegistry.Context, number>();
  private _isDisposed = false;
  private _isSaving = false;
  private _isWanted = false;
  private _pausing: number | undefined;
  private readonly _saving = new Set<DocumentRegistry.Context>();
}

export namespace PressureSaver {
  export interface IOptions {
    events: Event.IManager;
    drafts: IDrafts | null;
  }
}

/** Resolves when a promise is settled, or has had its time. */
function patiently(promise: Promise<unknown>): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, PATIENCE);
    void promise
      .catch(() => undefined)
      .then(() => {
        clearTimeout(timer);
        resolve();
      });
  });
}
