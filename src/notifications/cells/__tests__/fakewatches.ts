import { ApiError } from '../../../core/request';
import type { INewWatch, IWatch, WatchesApi } from '../api';

/** The routes of the watches without a server. */
export class FakeApi {
  watches: IWatch[] = [];
  readonly asked: string[] = [];
  refusal: Error | null = null;
  /** Executions that have ended: the server tells of them at once. */
  readonly ended = new Set<string>();

  async list(): Promise<readonly IWatch[]> {
    this.asked.push('list');
    await Promise.resolve();
    return [...this.watches];
  }

  async add(watch: INewWatch): Promise<IWatch> {
    await Promise.resolve();
    if (this.refusal) {
      throw this.refusal;
    }
    this.asked.push(`add ${watch.msg_id ?? watch.kernel_id}`);
    const known = this.watches.find(
      ({ kernel_id, msg_id }) =>
        kernel_id === watch.kernel_id && msg_id === watch.msg_id
    );
    const added = { ...watch, id: known?.id ?? `w${++this._count}` };
    this.watches = this.watches.filter(({ id }) => id !== added.id);
    if (watch.msg_id === null || !this.ended.has(watch.msg_id)) {
      this.watches.push(added);
    }
    return added;
  }

  async remove(id: string): Promise<void> {
    this.asked.push(`remove ${id}`);
    await Promise.resolve();
    if (!this.watches.some(watch => watch.id === id)) {
      throw new ApiError(new Response(null, { status: 404 }), '', '', {});
    }
    this.watches = this.watches.filter(watch => watch.id !== id);
  }

  /** An execution has ended, and its watch with it. */
  end(execution: string): void {
    this.ended.add(execution);
    this.watches = this.watches.filter(({ msg_id }) => msg_id !== execution);
  }

  get api(): WatchesApi {
    return this as unknown as WatchesApi;
  }

  private _count = 0;
}

/** Let all promises run that wait for nothing. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) {
    await Promise.resolve();
  }
}
