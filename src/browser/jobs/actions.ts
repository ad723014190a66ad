import { Dialog, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';

import { bundle } from '../../core/i18n';
import { ApiError } from '../../core/request';
import type { IJobRequest, IRoots } from '../../core/tokens';
import type { BulkJobs } from './model';
import { JobWords } from './words';

/** What the listing needs in order to act on more entries than it holds. */
export interface IBulkActions {
  /**
   * Ask, and start the action as a job on the server.
   *
   * @param isConfirmed - the user has been asked already
   * @returns whether the job has started. Every refusal has been told to the user by then.
   */
  run(request: IJobRequest, isConfirmed?: boolean): Promise<boolean>;
}

/** Bulk actions with their questions: the user confirms a number, and that number alone is acted upon. */
export class BulkActions implements IBulkActions {
  constructor(options: BulkActions.IOptions) {
    this._jobs = options.jobs;
    this._trans = bundle(options.translator);
    this._words = new JobWords(options.translator, options.roots);
  }

  async run(request: IJobRequest, isConfirmed = false): Promise<boolean> {
    let wanted = request;
    let changed = false;
    for (;;) {
      if (
        !(isConfirmed && !changed) &&
        !(await this._confirm(wanted, changed))
      ) {
        return false;
      }
      try {
        await this._jobs.start(wanted);
        return true;
      } catch (error) {
        const count = newCount(error);
        if (count === null) {
          await this._refused(error);
          return false;
        }
        if (count === 0) {
          await this._gone();
          return false;
        }
        // The generation stays: ranges and the rule about newer entries are in its terms.
        wanted = { ...wanted, count };
        changed = true;
      }
    }
  }

  private async _confirm(
    request: IJobRequest,
    changed: boolean
  ): Promise<boolean> {
    const toTrash = PageConfig.getOption('delete_to_trash') === 'true';
    const action = this._words.action(request.kind, toTrash);
    const question = this._words.question(request, toTrash);
    const button =
      request.kind === 'delete' ? Dialog.warnButton : Dialog.okButton;
    const result = await showDialog({
      title: action,
      body: changed ? `${this._words.changed()} ${question}` : question,
      buttons: [
        Dialog.cancelButton({ label: this._trans.__('Cancel') }),
        button({ label: action })
      ],
      // As in JupyterLab: Delete and Enter are neighbours on many keyboards.
      defaultButton: request.kind === 'delete' ? 0 : 1
    });
    return result.button.accept;
  }

  private async _refused(error: unknown): Promise<void> {
    if (error instanceof ApiError && error.reason === 'stale_generation') {
      await showErrorMessage(
        this._trans.__('Nothing was done'),
        this._trans.__(
          'The directory has changed too much since you made the selection. Select the items again.'
        )
      );
      return;
    }
    await showErrorMessage(
      this._trans.__('Nothing was done'),
      error instanceof Error ? error : String(error)
    );
  }

  private async _gone(): Promise<void> {
    await showDialog({
      title: this._trans.__('Nothing was done'),
      body: this._trans.__('The selected items are gone already.'),
      buttons: [Dialog.okButton({ label: this._trans.__('Close') })]
    });
  }

  private _jobs: BulkJobs;
  private _trans: TranslationBundle;
  private _words: JobWords;
}

export namespace BulkActions {
  export interface IOptions {
    jobs: BulkJobs;
    translator: ITranslator;
    roots?: IRoots | null;
  }
}

/** The number of entries that the selection holds now, where that is why the server refused. */
function newCount(error: unknown): number | null {
  if (error instanceof ApiError && error.reason === 'count_changed') {
    const { count } = error.details;
    return typeof count === 'number' ? count : null;
  }
  return null;
}
