import type { IStateDB } from '@jupyterlab/statedb';

const KEY = 'cloudru-jlab:watched-cells';
const SENT_KEY = 'cloudru-jlab:sent-cells';

/** As many as a run of all cells may have. */
const MOST = 1_000;

/** What is kept in the state of the workspace. */
interface IKept {
  pending: string[];
  watched: Record<string, string>;
}

interface ISent {
  execution: string;
  /** The id of the kernel. */
  kernel: string;
}

/** Which cell an execution is of. The server knows executions alone, and a reload forgets what was sent. */
export class CellMemory {
  constructor(
    private readonly _state: IStateDB | null,
    private readonly _storage: Storage | null
  ) {
    this._sent = this._loadSent();
    this.ready = this._load();
  }

  /** What was kept is known. Never rejects. */
  readonly ready: Promise<void>;

  /** Ids of the cells whose next execution is to be watched. */
  readonly pending = new Set<string>();

  /** The cells of watched executions, by the id of the execution. */
  readonly watched = new Map<string, string>();

  /** Keep `pending` and `watched` as they are now. */
  save(): void {
    void this._state
      ?.save(KEY, {
        pending: [...this.pending].slice(-MOST),
        watched: Object.fromEntries([...this.watched].slice(-MOST))
      })
      .catch(console.warn);
  }

  /** A cell was sent to be executed. */
  sent(cell: string, execution: string, kernel: string): void {
    this._sent.delete(cell);
    this._sent.set(cell, { execution, kernel });
    this._saveSent();
  }

  /** What was sent of these cells will not be answered. */
  forget(cells: readonly string[]): void {
    if (cells.filter(cell => this._sent.delete(cell)).length > 0) {
      this._saveSent();
    }
  }

  /** An execution was answered. */
  ended(execution: string): void {
    for (const [cell, sent] of this._sent) {
      if (sent.execution === execution) {
        this._sent.delete(cell);
        this._saveSent();
        return;
      }
    }
  }

  /** The execution of a cell to which no answer has come yet, be it that the page was loaded anew meanwhile. */
  unanswered(cell: string): ISent | null {
    return this._sent.get(cell) ?? null;
  }

  private async _load(): Promise<void> {
    try {
      const kept = (await this._state?.fetch(KEY)) as
        Partial<IKept> | undefined;
      kept?.pending?.forEach(cell => this.pending.add(cell));
      for (const [execution, cell] of Object.entries(kept?.watched ?? {})) {
        this.watched.set(execution, cell);
      }
    } catch (error) {
      console.warn(error);
    }
  }

  private _loadSent(): Map<string, ISent> {
    try {
      const kept: unknown = JSON.parse(
        this._storage?.getItem(SENT_KEY) ?? '{}'
      );
      return new Map(Object.entries(kept as Record<string, ISent>));
    } catch {
      return new Map();
    }
  }

  private _saveSent(): void {
    try {
      this._storage?.setItem(
        SENT_KEY,
        JSON.stringify(Object.fromEntries([...this._sent].slice(-MOST)))
      );
    } catch {
      // Full, or not allowed: a reload forgets.
    }
  }

  private readonly _sent: Map<string, ISent>;
}
