import { Notification } from '@jupyterlab/apputils';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { bundle } from '../../core/i18n';
import type { IJob } from '../../core/tokens';
import { showJobErrors } from './errors';
import type { BulkJobs } from './model';
import { isFinished } from './model';
import { JobWords, left, share } from './words';

/** How long good news stays, in ms. */
const SUCCESS_TIME = 5000;

/** How long a job must run before its progress is shown, and how long that stays at least, in ms. */
const PATIENCE = 500;

/**
 * Shows each bulk job as one notification: its progress with a button to cancel it, then its result.
 *
 * A success closes itself; errors stay until they are dismissed. A notification that the user has dismissed while the
 * job ran comes back once, with the result. Of a job that takes no time the result alone is shown: JupyterLab loses
 * what follows a notification before that is on the screen.
 */
export class JobNotifications implements IDisposable {
  constructor(options: JobNotifications.IOptions) {
    this._jobs = options.jobs;
    this._patience = options.patience ?? PATIENCE;
    this._trans = bundle(options.translator);
    this._words = new JobWords(options.translator);
    this._jobs.changed.connect(this._onChanged, this);
    this._jobs.lost.connect(this._onLost, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._jobs.changed.disconnect(this._onChanged, this);
    this._jobs.lost.disconnect(this._onLost, this);
    this._shown.clear();
    this._timers.forEach(timer => clearTimeout(timer));
    this._timers.clear();
    Signal.clearData(this);
  }

  private _onChanged(_: BulkJobs, job: IJob): void {
    const isNew = !this._waiting.has(job.id) && !this._shown.has(job.id);
    if (isFinished(job)) {
      // A job whose progress waits to be shown shows its result instead.
      const isOnScreen = this._shown.has(job.id) && this._timers.has(job.id);
      this._waiting.set(job.id, job);
      if (!isOnScreen) {
        this._show(job.id);
      }
    } else if (this._shown.has(job.id)) {
      this._showProgress(job);
    } else {
      this._waiting.set(job.id, job);
      if (isNew) {
        this._later(job.id);
      }
    }
  }

  /** Show what waits to be shown of a job. */
  private _show(id: string): void {
    clearTimeout(this._timers.get(id));
    this._timers.delete(id);
    const job = this._waiting.get(id);
    this._waiting.delete(id);
    if (job && isFinished(job)) {
      this._showResult(job);
    } else if (job) {
      this._showProgress(job);
      this._later(id);
    }
  }

  private _later(id: string): void {
    if (this._patience <= 0) {
      if (this._waiting.has(id)) {
        this._show(id);
      }
      return;
    }
    this._timers.set(
      id,
      window.setTimeout(() => this._show(id), this._patience)
    );
  }

  private _showProgress(job: IJob): void {
    const message = this._words.progress(job);
    const options = {
      autoClose: false as const,
      progress: share(job),
      actions: job.state === 'running' ? [this._cancelAction(job)] : []
    };
    const id = this._shown.get(job.id);
    if (id === undefined) {
      this._shown.set(
        job.id,
        Notification.emit(message, 'in-progress', options)
      );
    } else {
      Notification.update({ id, message, type: 'in-progress', ...options });
    }
  }

  private _showResult(job: IJob): void {
    const id = this._shown.get(job.id);
    this._shown.delete(job.id);
    const message = this._words.result(job);
    const type =
      left(job) > 0 || job.state === 'failed'
        ? 'warning'
        : job.state === 'cancelled'
          ? 'info'
          : 'success';
    const options = {
      autoClose: type === 'warning' ? (false as const) : SUCCESS_TIME,
      progress: 1,
      actions: job.errors.length > 0 ? [this._errorsAction(job)] : []
    };
    if (
      id === undefined ||
      !Notification.update({ id, message, type, ...options })
    ) {
      Notification.emit(message, type, options);
    }
    this._jobs.forget(job.id).catch(reason => {
      // It is shown again after a reload, no more.
      console.warn('A finished job could not be closed.', reason);
    });
  }

  private _onLost(_: BulkJobs, job: IJob): void {
    const id = this._shown.get(job.id);
    this._shown.delete(job.id);
    this._waiting.delete(job.id);
    if (id !== undefined) {
      Notification.dismiss(id);
    }
  }

  private _cancelAction(job: IJob): Notification.IAction {
    return {
      label: this._trans.__('Cancel'),
      callback: event => {
        // The notification stays: it tells when the job has stopped.
        event.preventDefault();
        this._jobs.cancel(job.id).catch((reason: unknown) => {
          Notification.error(
            this._trans.__('The action could not be cancelled: %1', reason),
            { autoClose: SUCCESS_TIME }
          );
        });
      }
    };
  }

  private _errorsAction(job: IJob): Notification.IAction {
    return {
      label: this._trans.__('Show Errors…'),
      callback: () => {
        void showJobErrors(job, this._words, this._trans);
      }
    };
  }

  private _isDisposed = false;
  private _jobs: BulkJobs;
  private readonly _patience: number;
  private _shown = new Map<string, string>();
  private _timers = new Map<string, number>();
  /** The newest of each job that is to be shown when its time has come. */
  private _waiting = new Map<string, IJob>();
  private _trans: TranslationBundle;
  private _words: JobWords;
}

export namespace JobNotifications {
  export interface IOptions {
    jobs: BulkJobs;
    translator: ITranslator;
    /** How long a job must run before its progress is shown, and how long that stays at least, in ms. */
    patience?: number;
  }
}
