import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { ServerConnection } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { ApiError } from '../../../core/request';
import type { DraftsApi } from '../api';
import type { IDraftStore, IKept } from '../store';
import type {
  IAppend,
  IAppended,
  IDraft,
  IDraftHead,
  IDraftRecord,
  IDrafts,
  INewHead
} from '../types';

interface IStored {
  head: INewHead;
  records: IDraftRecord[];
}

/** The routes of the drafts as the server answers them, without a server. */
export class FakeApi {
  readonly drafts = new Map<string, IStored>();
  readonly asked: string[] = [];
  /** The next requests fail so; `lost`: the server does it, and the answer is lost. */
  readonly failures: (Error | 'lost')[] = [];
  isDown = false;
  file: IDraftHead['file'] = 'same';

  async append(id: string, body: IAppend): Promise<IAppended> {
    const lost = await this._ask(`append ${body.records.length}`);
    const draft = this.drafts.get(id);
    const last = draft?.records.at(-1)?.seq ?? this._ended.get(id) ?? 0;
    const [first] = body.records;
    if (first?.kind === 'state' && first.seq > last) {
      this.drafts.set(id, {
        head: body.head ?? draft!.head,
        records: [...body.records]
      });
    } else if (draft && body.after === last) {
      draft.records.push(...body.records);
    } else if (!draft || body.records.at(-1)?.seq !== last) {
      throw refusal(409, 'draft_out_of_step', { last });
    }
    if (lost) {
      throw networkError();
    }
    return { last: body.records.at(-1)?.seq ?? last, size: 0 };
  }

  appendAtEnd(id: string, body: IAppend): Promise<IAppended> {
    return this.append(id, body);
  }

  async get(id: string): Promise<IDraft> {
    await this._ask('get');
    const draft = this.drafts.get(id);
    if (!draft) {
      throw refusal(404, 'draft_not_found', {});
    }
    return { head: this._head(id, draft), records: [...draft.records] };
  }

  async list(): Promise<IDrafts> {
    await this._ask('list');
    const drafts = [...this.drafts].map(([id, draft]) => this._head(id, draft));
    return { now: new Date().toISOString(), drafts };
  }

  async remove(id: string, upTo: number | null): Promise<void> {
    await this._ask(`remove ${upTo}`);
    const last = this.drafts.get(id)?.records.at(-1)?.seq ?? 0;
    if (upTo === null || last <= upTo) {
      this.drafts.delete(id);
      this._ended.set(id, Math.max(last, upTo ?? 0));
    }
  }

  async rename(id: string, path: string): Promise<void> {
    await this._ask(`rename ${path}`);
    const draft = this.drafts.get(id);
    if (draft) {
      draft.head = { ...draft.head, path };
    }
  }

  get api(): DraftsApi {
    return this as unknown as DraftsApi;
  }

  private _head(id: string, { head, records }: IStored): IDraftHead {
    const time = '2026-01-01T10:00:00Z';
    const last = records.at(-1)?.seq ?? 0;
    const times = { created: time, updated: time, seen: time };
    return { ...head, ...times, id, last, size: 0, file: this.file };
  }

  private async _ask(request: string): Promise<boolean> {
    this.asked.push(request);
    await Promise.resolve();
    const failure = this.failures.shift();
    if (this.isDown) {
      throw networkError();
    }
    if (failure instanceof Error) {
      throw failure;
    }
    return failure === 'lost';
  }

  private readonly _ended = new Map<string, number>();
}

export function refusal(
  status: number,
  reason: string,
  details: Record<string, number>
): ApiError {
  return new ApiError(new Response(null, { status }), '', reason, details);
}

function networkError(): Error {
  return new ServerConnection.NetworkError(new TypeError('Failed to fetch'));
}

/** A browser that keeps drafts in memory; or nothing, where it has no IndexedDB. */
export class FakeStore implements IDraftStore {
  readonly kept = new Map<string, IKept>();
  isThere = true;

  async put(
    id: string,
    head: INewHead,
    records: readonly IDraftRecord[]
  ): Promise<boolean> {
    await Promise.resolve();
    if (this.isThere) {
      const before =
        records[0]?.kind === 'state' ? [] : (this.kept.get(id)?.records ?? []);
      const draft = { id, user: '', head, updated: Date.now() };
      this.kept.set(id, { ...draft, records: [...before, ...records] });
    }
    return this.isThere;
  }

  async acknowledge(id: string, upTo: number): Promise<void> {
    await Promise.resolve();
    const draft = this.kept.get(id);
    const records = draft?.records.filter(({ seq }) => seq > upTo) ?? [];
    if (draft && records.length > 0) {
      this.kept.set(id, { ...draft, records });
    } else {
      this.kept.delete(id);
    }
  }

  async remove(id: string): Promise<void> {
    await Promise.resolve();
    this.kept.delete(id);
  }

  async list(): Promise<readonly IKept[]> {
    await Promise.resolve();
    return [...this.kept.values()];
  }

  async purge(): Promise<void> {
    await Promise.resolve();
    this.kept.clear();
  }
}

/** As much of a document's context as is looked at. */
export class FakeContext {
  constructor(sharedModel: object) {
    const { stateChanged } = this;
    const model = {
      collaborative: false,
      isDirty: false,
      sharedModel,
      stateChanged,
      get dirty(): boolean {
        return model.isDirty;
      },
      set dirty(dirty: boolean) {
        const oldValue = model.isDirty;
        model.isDirty = dirty;
        if (oldValue !== dirty) {
          stateChanged.emit({ name: 'dirty', oldValue, newValue: dirty });
        }
      }
    };
    this.model = model;
  }

  readonly ready = Promise.resolve();
  readonly stateChanged = new Signal<this, object>(this);
  readonly saveState = new Signal<this, string>(this);
  readonly pathChanged = new Signal<this, string>(this);
  readonly disposed = new Signal<this, void>(this);
  readonly model: { collaborative: boolean; dirty: boolean };
  isDisposed = false;
  path = 'a.ipynb';
  contentsModel = {
    type: 'notebook',
    format: 'json',
    last_modified: '2026-01-01T09:00:00Z'
  };

  get context(): DocumentRegistry.Context {
    return this as unknown as DocumentRegistry.Context;
  }
}

/** Let all promises run that wait for nothing. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 40; i++) {
    await Promise.resolve();
  }
}
