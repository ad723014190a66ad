import type { Contents, IContentProvider } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { ApiError } from '../../core/request';
import type { IJob, IJobs, IMoved } from '../../core/tokens';

/** Under which name JupyterLab's drive knows whom it hears of moves from. */
const PROVIDER = 'cloudru-jlab:moved';

/**
 * Lets open documents follow their files, which a job of the server has moved.
 *
 * They listen to what their drive says of renamed files, and it says what a provider of contents tells it. Each document
 * is told for itself: what JupyterLab says of a renamed folder does not reach documents below a folder whose name has
 * characters with a meaning in regular expressions.
 */
export class MovedDocuments implements IDisposable {
  constructor(private readonly _options: MovedDocuments.IOptions) {
    this._told = new Signal<IContentProvider, Contents.IChangedArgs>(
      this._provider
    );
    const provider = { ...this._provider, fileChanged: this._told };
    // JupyterLab's own manager of contents has a drive; another one need not.
    const contents: Contents.IManager & { defaultDrive?: Contents.IDrive } =
      _options.contents;
    this._registered =
      contents.defaultDrive?.contentProviderRegistry?.register(
        PROVIDER,
        provider
      ) ?? null;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._registered?.dispose();
      Signal.clearData(this._provider);
    }
  }

  /** Tell the documents that a job has moved; rejects with the server's error. */
  async follow(job: IJob): Promise<void> {
    if (job.kind !== 'move' || job.destination === null) {
      return;
    }
    const open = [...new Set(this._options.paths())]
      .filter(path => isBelow(path, job.path))
      .sort();
    if (open.length === 0) {
      return;
    }
    const moved = await this._moved(job.id);
    for (const path of open) {
      const target = moved
        ? targetOf(path, moved)
        : await this._find(path, job.path, job.destination);
      if (target !== null && !this._isDisposed) {
        await this._tell(path, target);
      }
    }
  }

  /** What a job has moved; null where the server cannot tell. */
  private async _moved(id: string): Promise<readonly IMoved[] | null> {
    try {
      return await this._options.service.moved(id);
    } catch (error) {
      if (error instanceof ApiError && error.response.status === 404) {
        // Another page has seen the end of the job, and closed it.
        return null;
      }
      throw error;
    }
  }

  /** Where a file is now that was below a folder, if it is not there any more. */
  private async _find(
    path: string,
    folder: string,
    destination: string
  ): Promise<string | null> {
    const inside = folder ? path.slice(folder.length + 1) : path;
    const target = destination ? `${destination}/${inside}` : inside;
    const [before, after] = await Promise.all([
      this._look(path),
      this._look(target)
    ]);
    return before === null && after !== null ? target : null;
  }

  private async _tell(path: string, target: string): Promise<void> {
    const model = await this._look(target);
    if (model === null || this._isDisposed) {
      return;
    }
    // What an answer without content leaves empty, such as the hash, the document knows better.
    const known = Object.entries(model).filter(([, value]) => value !== null);
    this._told.emit({
      type: 'rename',
      oldValue: { path },
      newValue: Object.fromEntries(known)
    });
  }

  /** A file without its content, or null where there is none. */
  private async _look(path: string): Promise<Contents.IModel | null> {
    try {
      return await this._options.contents.get(path, { content: false });
    } catch (error) {
      const { response } = error as { response?: Response };
      if (response?.status === 404) {
        return null;
      }
      throw error;
    }
  }

  private _isDisposed = false;
  private readonly _provider: IContentProvider = {
    get: () => Promise.reject(new Error('It has no contents of its own.')),
    save: () => Promise.reject(new Error('It has no contents of its own.'))
  };
  private readonly _registered: IDisposable | null;
  private readonly _told: Signal<IContentProvider, Contents.IChangedArgs>;
}

export namespace MovedDocuments {
  export interface IOptions {
    service: IJobs;
    contents: Contents.IManager;
    /** The paths of the documents that are open. */
    paths: () => Iterable<string>;
  }
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`);
}

/** Where a file went with what was moved; null where it stayed. */
function targetOf(path: string, moved: readonly IMoved[]): string | null {
  for (const { from, to } of moved) {
    if (path === from || isBelow(path, from)) {
      return to + path.slice(from.length);
    }
  }
  return null;
}
