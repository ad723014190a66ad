import { PathExt } from '@jupyterlab/coreutils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { Contents } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

/** What the fake contents manager was asked and told. */
export interface IContentsLog {
  got: { path: string; content: boolean | undefined }[];
  saved: { path: string; model: Partial<Contents.IModel> }[];
}

/** A document manager with as much behind it as a file browser needs, and no server. */
export function createManager(
  log: IContentsLog = { got: [], saved: [] },
  running: { path: string; id: string }[] = []
): IDocumentManager {
  const owner = {};
  const contents = {
    fileChanged: new Signal(owner),
    driveName: () => '',
    localPath: (path: string) => path,
    normalize: (path: string) => path,
    resolvePath: (root: string, path: string) =>
      PathExt.removeSlash(
        PathExt.normalize(path.startsWith('/') ? path : `/${root}/${path}`)
      ),
    get: (path: string, options?: Contents.IFetchOptions) => {
      log.got.push({ path, content: options?.content });
      return Promise.resolve({
        path,
        name: PathExt.basename(path),
        type: 'directory',
        writable: true
      });
    },
    save: (path: string, model: Partial<Contents.IModel>) => {
      log.saved.push({ path, model });
      return Promise.resolve({ path, name: PathExt.basename(path) });
    }
  };
  const services = {
    contents,
    ready: Promise.resolve(),
    kernelspecs: { specs: null },
    sessions: {
      runningChanged: new Signal(owner),
      running: () => running[Symbol.iterator]()
    }
  };
  return {
    services,
    activateRequested: new Signal(owner),
    registry: { getFileTypeForModel: () => undefined }
  } as unknown as IDocumentManager;
}
