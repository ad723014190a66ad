import type { NotificationManager } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';

import type { Actions } from './actions';
import { Alerts } from './alerts';
import { Centre } from './centre';
import { Drawing } from './drawing';
import { autoCloseOf, isRunning, rankOf } from './severity';
import type { ToastStage } from './stage';
import type { INotification, INotifications, Severity } from './types';

/** Toasts at once, critical ones included. */
const MAX_TOASTS = 3;
/** As many as somebody will look through in JupyterLab's list; all are in the history. */
const MAX_IN_CENTRE = 50;
/** A toast that has not appeared by then will not: JupyterLab holds it back. */
const APPEARS_WITHIN = 10_000;
/** A toast of something under way goes when nothing was heard of it for so long. */
const SILENCE = 30_000;
/** How long it is told that there are more. */
const MORE_FOR = 12_000;

const CRITICAL = rankOf('critical');

interface IShown {
  readonly id: string;
  /** In our corner, not among JupyterLab's toasts. */
  readonly isAlert: boolean;
  /** When it can make room for something more severe: the lower the sooner. */
  rank: number;
  /** JupyterLab's id of its toast; null while it waits for one before it to be gone. */
  toast: string | null;
  timer: number | undefined;
}

/** Shows what was granted to this page as toasts, few at once, and keeps JupyterLab's list in step with the store. */
export class Toasts implements IDisposable {
  constructor(options: Toasts.IOptions) {
    const { model, manager, stage, trans } = options;
    this._model = model;
    this._stage = stage;
    this._showHistory = options.showHistory;
    this._isQuiet = options.isQuiet;
    const drawing = new Drawing({
      ...options,
      showAll: id => this._toHistory(id),
      done: id => this._dismiss(id)
    });
    this._drawing = drawing;
    this._centre = new Centre(manager, row => drawing.toast(row));
    this.alerts = new Alerts({
      trans,
      close: id => this._dismiss(id),
      showMore: () => {
        this._forgetMore();
        this._showHistory();
      },
      forgetMore: () => this._forgetMore()
    });
    model.changed.connect(this.sync, this);
    this._centre.dismissed.connect(this._onDismissed, this);
    stage.changed.connect(this._onStage, this);
    stage.closed.connect(this._onClosed, this);
    stage.resized.connect(this._onResized, this);
    this.sync();
  }

  /** The corner for critical ones; to be attached to the page. */
  readonly alerts: Alerts;

  /** Less severe ones come without a toast. */
  minimum: Severity = 'info';

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._model.changed.disconnect(this.sync, this);
    this._stage.changed.disconnect(this._onStage, this);
    this._stage.closed.disconnect(this._onClosed, this);
    this._stage.resized.disconnect(this._onResized, this);
    for (const shown of this._shown.values()) {
      clearTimeout(shown.timer);
    }
    clearTimeout(this._forgetting);
    this._centre.dispose();
    this.alerts.dispose();
  }

  /** Show what was granted to this page; oldest first. */
  show(rows: readonly INotification[]): void {
    const isQuiet = this._isQuiet();
    const minimum = rankOf(this.minimum);
    const wanted = rows
      .filter(row => {
        const rank = rankOf(row.severity);
        return rank === CRITICAL || (!isQuiet && rank >= minimum);
      })
      .reverse()
      // Stable: among the equally severe the newest come first.
      .sort((a, b) => rankOf(b.severity) - rankOf(a.severity));
    const chosen: INotification[] = [];
    for (const row of wanted) {
      if (this._shown.has(row.id) || this._makeRoom(row)) {
        this._more.delete(row.id);
        this._enter(row);
        chosen.push(row);
      } else {
        this._more.add(row.id);
      }
    }
    this._feed(this._unread(), rows, new Set(chosen.map(({ id }) => id)));
    if (this._more.size > 0) {
      clearTimeout(this._forgetting);
      this._forgetting = window.setTimeout(() => this._onMoreOver(), MORE_FOR);
    }
    this.sync();
  }

  /** Bring toasts and list in step with the store. */
  sync(): void {
    const known = this._unread();
    for (const id of this._shown.keys()) {
      if (!known.has(id)) {
        this._leave(id);
      }
    }
    for (const id of this._more) {
      if (!known.has(id)) {
        this._more.delete(id);
      }
    }
    this._feed(known);
    this._drawAlerts(known);
  }

  /** Move the focus to the most important toast; whether there is one. */
  focus(): boolean {
    return this.alerts.focus() || this._stage.focus();
  }

  private _unread(): Map<string, INotification> {
    const unread = new Map<string, INotification>();
    for (const row of this._model.all) {
      if (!row.read && !row.dismissed) {
        unread.set(row.id, row);
      }
    }
    return unread;
  }

  /**
   * Keep JupyterLab's list: what is new comes on top, what is read goes, and older ones go when there are too many.
   *
   * What nobody has shown yet waits until it is known who does, so that it comes into the list once, in its place.
   */
  private _feed(
    unread: ReadonlyMap<string, INotification>,
    granted: readonly INotification[] = [],
    chosen: ReadonlySet<string> = new Set()
  ): void {
    const mine = new Set(granted.map(({ id }) => id));
    const fresh: INotification[] = [];
    let place = 0;
    for (const row of unread.values()) {
      place++;
      const isNew = row.shown && !this._fed.has(row.id);
      if (isNew || mine.has(row.id)) {
        this._fed.add(row.id);
        if (place <= MAX_IN_CENTRE || chosen.has(row.id)) {
          fresh.push(row);
        }
      }
    }
    this._isStaging = true;
    for (const row of fresh.reverse()) {
      if (!this._stageOne(row)) {
        this._centre.add(row, 0);
      }
    }
    this._isStaging = false;
    if (this._fed.size > 2 * unread.size + MAX_IN_CENTRE) {
      this._fed = new Set([...this._fed].filter(id => unread.has(id)));
    }
    const ids = this._centre.ids();
    for (const id of ids) {
      const row = unread.get(id);
      if (row) {
        this._refresh(row);
      } else {
        this._centre.remove(id);
      }
    }
    const surplus = this._centre
      .ids()
      .filter(id => !this._shown.has(id))
      .sort();
    const count = this._centre.ids().length - MAX_IN_CENTRE;
    for (const id of surplus.slice(0, Math.max(0, count))) {
      this._centre.remove(id);
    }
  }

  /** Draw the present state of one; in its toast, if it still has one. */
  private _refresh(row: INotification): void {
    const theirs = this._centre.theirId(row.id) ?? '';
    const shown = this._shown.get(row.id);
    const isOnStage = shown?.isAlert === false && this._stage.has(theirs);
    if (this._centre.update(row, isOnStage ? autoCloseOf(row) : 0) && shown) {
      shown.rank = toastRank(row);
      this._watchSilence(row, shown);
    }
  }

  /** Let JupyterLab show a toast, if it is to be shown and there is room on the page; whether it was done. */
  private _stageOne(row: INotification): boolean {
    const shown = this._shown.get(row.id);
    if (!shown || shown.isAlert || shown.toast !== null) {
      return false;
    }
    const alerts = [...this._shown.values()].filter(({ isAlert }) => isAlert);
    if (this._stage.occupied + alerts.length >= MAX_TOASTS) {
      return false;
    }
    const toast = this._centre.add(row, autoCloseOf(row));
    shown.toast = toast;
    this._stage.enter(toast);
    if (isRunning(row)) {
      this._watchSilence(row, shown);
    } else {
      shown.timer = window.setTimeout(() => {
        if (this._stage.giveUp(toast)) {
          this._onStage();
        }
      }, APPEARS_WITHIN);
    }
    return true;
  }

  private _isAlert(row: INotification): boolean {
    return rankOf(row.severity) === CRITICAL;
  }

  /** Whether there is room for it now; less severe ones give way. */
  private _makeRoom(row: INotification): boolean {
    if (this._shown.size < MAX_TOASTS) {
      return true;
    }
    const [least] = [...this._shown.values()].sort(
      (a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1)
    );
    if (!least || least.rank >= toastRank(row)) {
      return false;
    }
    this._leave(least.id);
    this._more.add(least.id);
    this._silence(least.id);
    return true;
  }

  private _enter(row: INotification): void {
    const { id } = row;
    this._leave(id);
    const isAlert = this._isAlert(row);
    const shown: IShown = {
      id,
      isAlert,
      rank: toastRank(row),
      toast: null,
      timer: undefined
    };
    this._shown.set(id, shown);
  }

  private _leave(id: string): void {
    clearTimeout(this._shown.get(id)?.timer);
    this._shown.delete(id);
  }

  /** Take the toast away and leave the entry in the list. */
  private _silence(id: string): void {
    const row = this._model.all.find(other => other.id === id);
    if (row && this._centre.has(id)) {
      this._centre.add(row, 0);
    }
  }

  private _watchSilence(row: INotification, shown: IShown): void {
    clearTimeout(shown.timer);
    if (isRunning(row) && rankOf(row.severity) < CRITICAL) {
      shown.timer = window.setTimeout(() => {
        this._leave(row.id);
        this._silence(row.id);
      }, SILENCE);
    }
  }

  /** Toasts have come or gone. */
  private _onStage(): void {
    if (this._isStaging) {
      return;
    }
    const waiting: string[] = [];
    for (const { id, isAlert, toast } of [...this._shown.values()]) {
      if (isAlert) {
        continue;
      }
      if (toast === null) {
        waiting.push(id);
      } else if (!this._stage.holds(toast)) {
        this._leave(id);
      }
    }
    if (waiting.length > 0 && this._stage.occupied < MAX_TOASTS) {
      const unread = this._unread();
      this._isStaging = true;
      for (const id of waiting) {
        const row = unread.get(id);
        if (row) {
          this._stageOne(row);
        }
      }
      this._isStaging = false;
    }
  }

  private _onClosed(_: ToastStage, theirId: string): void {
    const id = this._centre.ourId(theirId);
    if (id !== undefined) {
      this._dismiss(id);
    }
  }

  private _onDismissed(_: Centre, id: string): void {
    this._dismiss(id);
  }

  private _onResized(_: ToastStage, height: number): void {
    this.alerts.above = height;
  }

  /** The user has seen it and does not want to see it again. Many at once are told at once. */
  private _dismiss(id: string): void {
    this._leave(id);
    if (this._dismissing.push(id) === 1) {
      queueMicrotask(() => {
        const ids = this._dismissing.splice(0);
        this._model.dismiss(ids).catch(reason => {
          console.warn('cloudru-jlab: not dismissed.', reason);
        });
        this._promote();
      });
    }
  }

  /** A critical one that had to wait takes the place that has become free. */
  private _promote(): void {
    const waiting = this._model.all.filter(
      row => this._more.has(row.id) && rankOf(row.severity) === CRITICAL
    );
    const room = MAX_TOASTS - this._shown.size;
    if (room > 0 && waiting.length > 0) {
      this.show(waiting.reverse().slice(0, room));
    }
  }

  private _onMoreOver(): void {
    const { node } = this.alerts;
    if (node.matches(':hover') || node.contains(document.activeElement)) {
      this._forgetting = window.setTimeout(() => this._onMoreOver(), MORE_FOR);
    } else {
      this._forgetMore();
    }
  }

  private _forgetMore(): void {
    clearTimeout(this._forgetting);
    const critical = this._model.all.filter(
      row => this._more.has(row.id) && rankOf(row.severity) === CRITICAL
    );
    // They are waiting for room.
    this._more = new Set(critical.map(({ id }) => id));
    this.alerts.more = this._more.size;
  }

  private _drawAlerts(unread: ReadonlyMap<string, INotification>): void {
    const rows = [...this._shown.values()].flatMap(({ id, isAlert }) => {
      const row = isAlert ? unread.get(id) : undefined;
      return row ? [row] : [];
    });
    this.alerts.alerts = rows.map(row => this._drawing.alert(row));
    this.alerts.more = this._more.size;
  }

  /** Leave the toast for the history, where all of it is. */
  private _toHistory(id: string): void {
    this._leave(id);
    this._silence(id);
    this._showHistory(id);
  }

  private readonly _centre: Centre;
  private readonly _dismissing: string[] = [];
  private readonly _drawing: Drawing;
  /** Those that came into JupyterLab's list, or were too many for it: none comes twice by itself. */
  private _fed = new Set<string>();
  private _forgetting: number | undefined;
  private _isDisposed = false;
  /** What JupyterLab's list tells meanwhile is our own doing. */
  private _isStaging = false;
  private readonly _isQuiet: () => boolean;
  private readonly _model: INotifications;
  /** Those that have no toast for want of room. */
  private _more = new Set<string>();
  private readonly _showHistory: (id?: string) => void;
  private readonly _shown = new Map<string, IShown>();
  private readonly _stage: ToastStage;
}

export namespace Toasts {
  export interface IOptions {
    model: INotifications;
    manager: NotificationManager;
    stage: ToastStage;
    actions: Actions;
    trans: TranslationBundle;
    /** JupyterLab shows no toasts now. */
    isQuiet: () => boolean;
    /** Open the history, at one of them. */
    showHistory: (id?: string) => void;
  }
}

/** What gives way to what: something under way, which will be told of again, before all else. */
function toastRank(row: INotification): number {
  const rank = rankOf(row.severity);
  return isRunning(row) && rank < CRITICAL ? -1 : rank;
}
