import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';

import { bundle, formatBytes, formatCount } from '../../core/i18n';
import { describePath } from '../../core/rootpaths';
import type { IJob, IJobRequest, IRoots } from '../../core/tokens';

/** How many errors of a job the server names. */
const ERRORS_KEPT = 100;

/** What is said about a job; whole sentences, so that each can be translated as its language wants it. */
export class JobWords {
  constructor(
    private readonly _translator: ITranslator,
    private readonly _roots: IRoots | null = null
  ) {
    this._trans = bundle(_translator);
  }

  /** How far a running job has come. */
  progress(job: IJob): string {
    const done = this._count(handled(job));
    const total = this._count(job.total);
    if (job.state === 'cancelling') {
      return this._trans.__('Stopping after %1 of %2…', done, total);
    }
    const bytes = this._bytes(job);
    switch (job.kind) {
      case 'delete':
        return this._trans.__('Deleting: %1 of %2', done, total);
      case 'copy':
        return this._trans.__('Copying: %1 of %2', done, total) + bytes;
      case 'move':
        return this._trans.__('Moving: %1 of %2', done, total) + bytes;
    }
  }

  /** How a finished job ended, and why it did not end well where the server says that. */
  result(job: IJob): string {
    const outcome = this._outcome(job);
    const reason = this._reason(job);
    return reason === null
      ? outcome
      : `${outcome.replace(/\.$/, '')}. ${reason}`;
  }

  private _outcome(job: IJob): string {
    if (job.state === 'cancelled') {
      return this._cancelled(job);
    }
    if (left(job) > 0) {
      return this._failed(job);
    }
    if (job.state === 'failed') {
      return this._trans.__(
        'Stopped by an error after %1 of %2.',
        this._count(handled(job)),
        this._count(job.total)
      );
    }
    return this._done(job);
  }

  /** The title of the dialog with the errors of a job. */
  errorsTitle(job: IJob): string {
    switch (job.kind) {
      case 'delete':
        return this._trans.__('Not deleted');
      case 'copy':
        return this._trans.__('Not copied');
      case 'move':
        return this._trans.__('Not moved');
    }
  }

  /** Says that the dialog does not hold all errors, or nothing when it does. */
  errorsShown(job: IJob): string {
    const count = left(job);
    return job.errors.length >= ERRORS_KEPT && count > job.errors.length
      ? this._trans._n(
          'The first %2 of %3 error:',
          'The first %2 of %3 errors:',
          count,
          this._count(job.errors.length),
          this._count(count)
        )
      : '';
  }

  /** The question before a bulk action, with the number of entries it is about. */
  question(request: IJobRequest, toTrash: boolean): string {
    const count = this._count(request.count);
    const target = describePath(this._roots, request.destination ?? '');
    switch (request.kind) {
      case 'delete':
        return toTrash
          ? this._trans._n(
              'Move %2 item to the trash?',
              'Move %2 items to the trash?',
              request.count,
              count
            )
          : this._trans._n(
              'Delete %2 item? This cannot be undone.',
              'Delete %2 items? This cannot be undone.',
              request.count,
              count
            );
      case 'copy':
        return this._trans._n(
          'Copy %2 item to “%3”?',
          'Copy %2 items to “%3”?',
          request.count,
          count,
          target
        );
      case 'move':
        return this._trans._n(
          'Move %2 item to “%3”?',
          'Move %2 items to “%3”?',
          request.count,
          count,
          target
        );
    }
  }

  /** The verb of the action, for a title and a button. */
  action(kind: IJobRequest['kind'], toTrash: boolean): string {
    switch (kind) {
      case 'delete':
        return toTrash
          ? this._trans.__('Move to Trash')
          : this._trans.__('Delete');
      case 'copy':
        return this._trans.__('Copy');
      case 'move':
        return this._trans.__('Move');
    }
  }

  /** Says that the question is asked again because the directory has changed. */
  changed(): string {
    return this._trans.__(
      'The directory has changed since you made the selection.'
    );
  }

  /** How much of a copy is written, after a comma; empty where nothing need be copied. */
  private _bytes(job: IJob): string {
    if (job.totalBytes === 0) {
      return '';
    }
    // The total is what was there before; a file that has grown meanwhile is copied as a whole.
    const total = Math.max(job.totalBytes, job.copiedBytes);
    return `, ${this._trans.__(
      '%1 of %2',
      formatBytes(job.copiedBytes, this._translator),
      formatBytes(total, this._translator)
    )}`;
  }

  /** Why a job failed; null where it did not, and where the server has no more to say than what became of each entry. */
  private _reason(job: IJob): string | null {
    switch (job.reason) {
      case null:
        return null;
      case 'no_space':
        return this._trans.__('There is not enough space at the destination.');
      case 'permission_denied':
        return this._trans.__('You have no permission for a file or folder.');
      case 'read_only_root':
        return this._trans.__('The root is read-only.');
      case 'root_unavailable':
        return this._trans.__('The root is not available now.');
      case 'not_answering':
        return this._trans.__('The file system does not answer.');
      case 'not_found':
      case 'vanished':
        return this._trans.__('A folder does not exist any more.');
      default:
        return job.errors.at(-1)?.message ?? null;
    }
  }

  private _done(job: IJob): string {
    const done = this._count(job.done);
    switch (job.kind) {
      case 'delete':
        return this._trans._n(
          'Deleted %2 item',
          'Deleted %2 items',
          job.done,
          done
        );
      case 'copy':
        return this._trans._n(
          'Copied %2 item',
          'Copied %2 items',
          job.done,
          done
        );
      case 'move':
        return this._trans._n(
          'Moved %2 item',
          'Moved %2 items',
          job.done,
          done
        );
    }
  }

  private _cancelled(job: IJob): string {
    const done = this._count(job.done);
    const total = this._count(job.total);
    switch (job.kind) {
      case 'delete':
        return this._trans._n(
          'Cancelled: %2 of %3 item was deleted',
          'Cancelled: %2 of %3 items were deleted',
          job.total,
          done,
          total
        );
      case 'copy':
        return this._trans._n(
          'Cancelled: %2 of %3 item was copied',
          'Cancelled: %2 of %3 items were copied',
          job.total,
          done,
          total
        );
      case 'move':
        return this._trans._n(
          'Cancelled: %2 of %3 item was moved',
          'Cancelled: %2 of %3 items were moved',
          job.total,
          done,
          total
        );
    }
  }

  private _failed(job: IJob): string {
    const failed = this._count(left(job));
    const total = this._count(job.total);
    switch (job.kind) {
      case 'delete':
        return this._trans._n(
          '%2 of %3 item could not be deleted',
          '%2 of %3 items could not be deleted',
          job.total,
          failed,
          total
        );
      case 'copy':
        return this._trans._n(
          '%2 of %3 item could not be copied',
          '%2 of %3 items could not be copied',
          job.total,
          failed,
          total
        );
      case 'move':
        return this._trans._n(
          '%2 of %3 item could not be moved',
          '%2 of %3 items could not be moved',
          job.total,
          failed,
          total
        );
    }
  }

  private _count(count: number): string {
    return formatCount(count, this._translator);
  }

  private readonly _trans: TranslationBundle;
}

/** The entries that a job is through with, whatever became of them. */
export function handled(job: IJob): number {
  return job.done + job.failed + job.skipped;
}

/** How much of a job is done, from 0 to 1: by what is written where that is known, else by entries. */
export function share(job: IJob): number {
  const byEntries = job.total > 0 ? handled(job) / job.total : 0;
  const byBytes = job.totalBytes > 0 ? job.copiedBytes / job.totalBytes : 0;
  return Math.min(1, Math.max(byEntries, byBytes));
}

/** The entries that a job could not do; one that was deleted by others meanwhile is as good as deleted. */
export function left(job: IJob): number {
  return job.kind === 'delete' ? job.failed : job.failed + job.skipped;
}
