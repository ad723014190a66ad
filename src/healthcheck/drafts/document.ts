import { Dialog, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { apply } from './apply';
import { Comparison } from './compare';
import type { Follower } from './follower';
import { difference, linesOf } from './lines';
import type { IOffer, IOffered } from './line';
import type { IFound, Offers } from './offers';
import { isSame } from './offers';
import type { SharedDocument } from './shared';
import { contentOf } from './shared';

/** Drafts of pages that seem to live are looked at again this often. */
const MOST_LOOKS = 4;

/** The drafts that are offered in one open document. */
export class DocumentOffers implements IOffered, IDisposable {
  constructor(private readonly _options: DocumentOffers.IOptions) {}

  get offers(): readonly IOffer[] {
    return this._found.map(({ id, updated, file }) => ({
      id,
      time: new Date(updated),
      isFileNewer: file === 'changed'
    }));
  }

  get isBusy(): boolean {
    return this._isBusy;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      window.clearTimeout(this._timer);
      Signal.clearData(this);
    }
  }

  /** Look for drafts of this document. */
  async look(): Promise<void> {
    const { context, offers, shared } = this._options;
    window.clearTimeout(this._timer);
    const { found, again } = await offers.all();
    if (this._isDisposed) {
      return;
    }
    const own: IFound[] = [];
    for (const draft of found) {
      const { path, type } = draft.head;
      if (path === context.path && type === context.contentsModel?.type) {
        try {
          const content = await offers.contentOf(draft, shared);
          if (this._isDisposed) {
            return;
          }
          if (isSame(shared, content)) {
            // It was saved, and the page ended before it could say so.
            offers.remove(draft).catch(() => undefined);
          } else {
            own.push(draft);
          }
        } catch {
          // It is told when the user asks for it.
          own.push(draft);
        }
      }
    }
    if (this._isDisposed) {
      return;
    }
    this._found = own;
    this._changed.emit();
    if (again !== null && ++this._looks < MOST_LOOKS) {
      this._timer = window.setTimeout(() => {
        void this.look();
      }, again + 1_000);
    }
  }

  restore(id: string): void {
    void this._with(id, async draft => {
      const { context, follower, offers, shared, trans } = this._options;
      if (draft.file === 'changed' && !(await this._mayOverrule())) {
        return;
      }
      const content = await offers.contentOf(draft, shared);
      if (this._isDisposed) {
        return;
      }
      apply(shared, content);
      // The file says something else now, or it would not be offered.
      context.model.dirty = true;
      if (!isSame(shared, content)) {
        throw new Error(
          trans.__('The edits could not be restored completely.')
        );
      }
      this._drop(id);
      follower.flush();
      if (await follower.journal.kept()) {
        await offers.remove(draft);
      }
    });
  }

  compare(id: string): void {
    void this._with(id, async draft => {
      const { offers, shared, trans } = this._options;
      const content = await offers.contentOf(draft, shared);
      const lines = difference(linesOf(contentOf(shared)), linesOf(content));
      const { button } = await showDialog({
        title: trans.__('Compare with the Kept Edits'),
        body: new Comparison(lines, trans),
        buttons: [
          Dialog.cancelButton({ label: trans.__('Close') }),
          Dialog.okButton({ label: trans.__('Restore') })
        ],
        defaultButton: 0
      });
      if (button.accept && !this._isDisposed) {
        // After this one has ended.
        window.setTimeout(() => this.restore(id));
      }
    });
  }

  discard(id: string): void {
    void this._with(id, async draft => {
      await this._options.offers.remove(draft);
      this._drop(id);
    });
  }

  private async _mayOverrule(): Promise<boolean> {
    const { context, trans } = this._options;
    const { button } = await showDialog({
      title: trans.__('Restore over a Newer File?'),
      body: trans.__(
        '"%1" was changed on disk after these edits were made. Restored, they replace the newer text in the open document; the file stays as it is until you save.',
        context.localPath
      ),
      buttons: [
        Dialog.cancelButton(),
        Dialog.warnButton({ label: trans.__('Restore') })
      ],
      defaultButton: 0
    });
    return button.accept;
  }

  private async _with(
    id: string,
    act: (draft: IFound) => Promise<void>
  ): Promise<void> {
    const draft = this._found.find(found => found.id === id);
    if (!draft || this._isBusy) {
      return;
    }
    this._isBusy = true;
    this._changed.emit();
    try {
      await act(draft);
    } catch (error) {
      const { trans } = this._options;
      await showErrorMessage(
        trans.__('Cannot Read the Kept Edits'),
        error as Error
      );
    } finally {
      this._isBusy = false;
      if (!this._isDisposed) {
        this._changed.emit();
      }
    }
  }

  private _drop(id: string): void {
    this._found = this._found.filter(found => found.id !== id);
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private _found: readonly IFound[] = [];
  private _isBusy = false;
  private _isDisposed = false;
  private _looks = 0;
  private _timer = 0;
}

export namespace DocumentOffers {
  export interface IOptions {
    context: DocumentRegistry.Context;
    follower: Follower;
    offers: Offers;
    shared: SharedDocument;
    trans: TranslationBundle;
  }
}
