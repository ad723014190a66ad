import { Dialog, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import type { FileBrowser } from '@jupyterlab/filebrowser';
import { ServerConnection } from '@jupyterlab/services';

import type { IRoot, IRoots } from '../core/tokens';
import type { FolderMemory } from './favourites';
import { apiPath } from './model';
import type { RootWords } from './words';

/** Takes file browsers from root to root. */
export class Navigator {
  constructor(
    private readonly _roots: IRoots,
    private readonly _memory: FolderMemory,
    private readonly _words: RootWords
  ) {}

  /** Show a root: where the browser last was in it, or its top; when it is there already, its top. */
  async go(browser: FileBrowser, root: IRoot): Promise<void> {
    const available = await this.whenAvailable(root);
    if (!available || browser.isDisposed) {
      return;
    }
    const isThere =
      this._roots.rootOf(browser.model.path)?.root.name === root.name;
    const last = isThere ? '' : this._memory.last(browser.id, root.name);
    const isGone = last !== '' && (await this._isGone(browser, root, last));
    if (isGone) {
      this._memory.forget(root.name, last);
    }
    if (!browser.isDisposed) {
      await browser.model.cd(`/${apiPath(root, isGone ? '' : last)}`);
    }
  }

  /** Show a folder of a root; says so when it is gone. */
  async open(browser: FileBrowser, root: IRoot, folder: string): Promise<void> {
    if (!(await this.whenAvailable(root)) || browser.isDisposed) {
      return;
    }
    if (await this._isGone(browser, root, folder)) {
      this._memory.forget(root.name, folder);
      const { trans } = this._words;
      await showErrorMessage(
        trans.__('Folder Not Found'),
        trans.__(
          '“%1” does not exist in “%2”. It may have been moved or deleted.',
          folder,
          root.title
        )
      );
      return;
    }
    if (!browser.isDisposed) {
      await browser.model.cd(`/${apiPath(root, folder)}`);
    }
  }

  /** True once the root is available: at once, or after the user has asked again; false when the user has given up. */
  async whenAvailable(root: IRoot): Promise<boolean> {
    const { trans } = this._words;
    let now: IRoot | undefined = root;
    while (now && now.state !== 'available') {
      const answer = await showDialog({
        title: trans.__('“%1” Is Not Available', now.title),
        body: this._words.reason(now) ?? '',
        buttons: [
          Dialog.cancelButton(),
          Dialog.okButton({ label: trans.__('Retry') })
        ]
      });
      if (!answer.button.accept) {
        return false;
      }
      try {
        await this._roots.refresh();
      } catch (error) {
        await showErrorMessage(trans.__('Roots'), error as Error);
        return false;
      }
      now = this._roots.roots.find(({ name }) => name === root.name);
    }
    return now !== undefined;
  }

  /** Whether the server says so: any other failure is for the browser to show. */
  private async _isGone(
    browser: FileBrowser,
    root: IRoot,
    folder: string
  ): Promise<boolean> {
    const { contents } = browser.model.manager.services;
    try {
      const { type } = await contents.get(apiPath(root, folder), {
        content: false
      });
      return type !== 'directory';
    } catch (error) {
      return (
        error instanceof ServerConnection.ResponseError &&
        error.response.status === 404
      );
    }
  }
}
