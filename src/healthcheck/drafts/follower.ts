import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { IChangedArgs } from '@jupyterlab/coreutils';
import { UUID } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type * as Y from 'yjs';

import type { DraftsApi } from './api';
import type { IDocumentState } from './journal';
import { Journal } from './journal';
import type { SharedDocument } from './shared';
import { isNotebook } from './shared';
import { isLong, SourcesRecorder } from './sources';
import type { IDraftStore } from './store';
import type { INewHead, Kind } from './types';
import { merged, stateOf, toBase64 } from './updates';

/** Edits are sent this long after the first of them, in ms, and when the page is idle next. */
const DELAY = 500;
const IDLE_TIMEOUT = 200;

/** What benchmarks read: what a burst of edits costs the page. */
const BURST = 'cloudru-jlab:drafts:burst';
const STATE = 'cloudru-jlab:drafts:state';

/** Follows the edits of one open document. */
export class Follower implements IDisposable, IDocumentState {
  constructor(private readonly _options: Follower.IOptions) {
    const { api, context, shared, store } = _options;
    this._journal = new Journal({
      id: UUID.uuid4().replace(/-/g, ''),
      api,
      store,
      document: this
    });
    this._ystate = shared.ydoc.getMap('state');
    shared.ydoc.on('afterTransactionCleanup', this._onCleanup);
    shared.ydoc.on('update', this._onUpdate);
    context.model.stateChanged.connect(this._onStateChanged, this);
    context.saveState.connect(this._onSaveState, this);
    context.pathChanged.connect(this._onPathChanged, this);
    this._wasDirty = context.model.dirty;
    if (this._wasDirty) {
      this._schedule();
    }
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  get journal(): Journal {
    return this._journal;
  }

  /** The document has edits that a draft keeps. */
  get isActive(): boolean {
    return this._isActive;
  }

  get head(): INewHead {
    const { context, page } = this._options;
    const { path, contentsModel } = context;
    return {
      page,
      path,
      kind: this._kind,
      type: contentsModel?.type ?? 'file',
      format: contentsModel?.format ?? null,
      base: { last_modified: contentsModel?.last_modified ?? null, size: null }
    };
  }

  state(): string {
    const started = performance.now();
    const { shared } = this._options;
    this._pending = [];
    if (isNotebook(shared) && isLong(shared)) {
      this._kind = 'sources';
      this._sources = new SourcesRecorder(shared);
    } else {
      this._kind = 'yjs';
      this._sources = null;
    }
    const data = this._sources
      ? this._sources.state()
      : toBase64(stateOf(shared.ydoc));
    measure(STATE, started, performance.now() - started);
    return data;
  }

  /** Put all edits into the journal now. */
  flush(): void {
    this._unschedule();
    const { context } = this._options;
    if (this._isDisposed) {
      return;
    }
    if (!this._isActive) {
      if (context.model.dirty || this._isForced) {
        this._isActive = true;
        this._isForced = false;
        this._journal.addState();
      }
      this._cost = 0;
      return;
    }
    const started = performance.now();
    let data: string | null = null;
    if (this._sources) {
      data = this._pending.length > 0 ? this._sources.change() : null;
    } else if (this._pending.length > 0) {
      data = toBase64(merged(this._pending));
    }
    this._pending = [];
    if (data !== null) {
      this._journal.addUpdate(data);
    }
    const ended = performance.now();
    measure(BURST, ended, this._cost + ended - started);
    this._cost = 0;
    if (this._journal.wantsState) {
      this._journal.addState();
    }
  }

  isOf(context: DocumentRegistry.Context): boolean {
    return this._options.context === context;
  }

  /** The user wants to close the document, and is asked about its edits. */
  noteClosing(): void {
    this._isClosing = true;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    const { shared, context } = this._options;
    this._unschedule();
    shared.ydoc.off('afterTransactionCleanup', this._onCleanup);
    shared.ydoc.off('update', this._onUpdate);
    if (this._isActive && this._wasDirty && this._isClosing) {
      // The user was asked, and did not want the edits. A document that goes in another way keeps its draft.
      this._journal.remove();
    }
    this._journal.close();
    this._isDisposed = true;
    Signal.disconnectBetween(context.model, this);
    Signal.disconnectBetween(context, this);
  }

  /** Before Yjs writes the update that it gives to those who listen. */
  private _onCleanup = (): void => {
    this._transactionEnded = performance.now();
  };

  private _onUpdate = (
    update: Uint8Array,
    origin: unknown,
    ydoc: Y.Doc,
    transaction: Y.Transaction
  ): void => {
    const { changed } = transaction;
    const isEdit = !(changed.size === 1 && changed.has(this._ystate as never));
    if (this._isActive) {
      this._pending.push(update);
    }
    if (isEdit) {
      this._edits++;
      this._isClosing = false;
      this._schedule();
    }
    this._cost += performance.now() - this._transactionEnded;
  };

  private _onStateChanged(
    sender: unknown,
    { name }: IChangedArgs<unknown>
  ): void {
    if (name !== 'dirty') {
      return;
    }
    const { dirty } = this._options.context.model;
    this._wasDirty = dirty;
    if (dirty) {
      this._schedule();
    } else {
      // The context knows the saved file by then.
      queueMicrotask(() => this._onClean());
    }
  }

  /** Everything that was there when the save began is saved; what came meanwhile is not, though the model calls itself clean. */
  private _onClean(): void {
    if (this._isDisposed || this._options.context.model.dirty) {
      return;
    }
    const missed = this._savedEdits !== null && this._edits > this._savedEdits;
    this._savedEdits = null;
    this._unschedule();
    this._pending = [];
    if (this._isActive) {
      this._isActive = false;
      this._journal.remove();
    }
    if (missed) {
      this._isForced = true;
      this._schedule();
    }
  }

  private _onSaveState(
    sender: unknown,
    state: DocumentRegistry.SaveState
  ): void {
    if (state === 'started') {
      this._savedEdits = this._edits;
    } else if (state === 'failed') {
      this._savedEdits = null;
    }
  }

  private _onPathChanged(): void {
    if (this._isActive) {
      this._journal.rename();
    }
  }

  private _schedule(): void {
    if (this._timer !== null || this._isDisposed) {
      return;
    }
    this._timer = window.setTimeout(() => {
      if (typeof requestIdleCallback === 'function') {
        this._idle = requestIdleCallback(() => this.flush(), {
          timeout: IDLE_TIMEOUT
        });
      } else {
        this.flush();
      }
    }, DELAY);
  }

  private _unschedule(): void {
    if (this._timer !== null) {
      window.clearTimeout(this._timer);
      this._timer = null;
    }
    if (this._idle !== null) {
      cancelIdleCallback(this._idle);
      this._idle = null;
    }
  }

  private readonly _journal: Journal;
  private readonly _ystate: Y.Map<unknown>;
  private _kind: Kind = 'yjs';
  private _sources: SourcesRecorder | null = null;
  private _pending: Uint8Array[] = [];
  private _edits = 0;
  /** How many edits were there when the save under way began. */
  private _savedEdits: number | null = null;
  private _cost = 0;
  private _transactionEnded = 0;
  private _timer: number | null = null;
  private _idle: number | null = null;
  private _isActive = false;
  private _isForced = false;
  private _wasDirty = false;
  private _isClosing = false;
  private _isDisposed = false;
}

export namespace Follower {
  export interface IOptions {
    api: DraftsApi;
    context: DocumentRegistry.Context;
    /** This page's name. */
    page: string;
    shared: SharedDocument;
    store: IDraftStore;
  }
}

/** Said to whoever observes, and not kept: a page lives long. */
function measure(name: string, end: number, duration: number): void {
  try {
    performance.measure(name, { start: end, duration });
    performance.clearMeasures(name);
  } catch {
    // Figures are for benchmarks alone.
  }
}
