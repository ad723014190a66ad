import type { ServerConnection } from '@jupyterlab/services';

import { requestJson } from '../core/request';
import type { INewRoot, IRoot } from '../core/tokens';

interface IWireRoot extends Omit<
  IRoot,
  'fileSystem' | 'freeBytes' | 'totalBytes' | 'freeInodes' | 'totalInodes'
> {
  file_system: string | null;
  free_bytes: number | null;
  total_bytes: number | null;
  free_inodes: number | null;
  total_inodes: number | null;
}

export interface IRootsAnswer {
  roots: IRoot[];
  mayAdd: boolean;
}

function fromWire(wire: IWireRoot): IRoot {
  const {
    file_system: fileSystem,
    free_bytes: freeBytes,
    total_bytes: totalBytes,
    free_inodes: freeInodes,
    total_inodes: totalInodes,
    ...same
  } = wire;
  return {
    ...same,
    fileSystem,
    freeBytes,
    totalBytes,
    freeInodes,
    totalInodes
  };
}

/** The routes of the roots. */
export class RootsApi {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  /** All roots; with `refresh` the server looks at each of them before it answers. */
  async list(refresh: boolean, signal: AbortSignal): Promise<IRootsAnswer> {
    const answer = await requestJson<{
      roots: IWireRoot[];
      may_add: boolean;
    }>(this._settings, 'roots', {
      query: { refresh: refresh || undefined },
      signal
    });
    return { roots: answer.roots.map(fromWire), mayAdd: answer.may_add };
  }

  async realPath(path: string, signal?: AbortSignal): Promise<string> {
    const answer = await requestJson<{ path: string }>(
      this._settings,
      'roots/real-path',
      { query: { path }, signal }
    );
    return answer.path;
  }

  async add(root: INewRoot, signal: AbortSignal): Promise<IRoot> {
    const { path, title, readOnly } = root;
    return fromWire(
      await requestJson<IWireRoot>(this._settings, 'roots', {
        method: 'POST',
        body: { path, title, read_only: readOnly },
        signal
      })
    );
  }

  remove(name: string, signal: AbortSignal): Promise<void> {
    return requestJson(this._settings, `roots/${encodeURIComponent(name)}`, {
      method: 'DELETE',
      signal
    });
  }
}
