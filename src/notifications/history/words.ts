import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';

import { bundle, languageOf } from '../../core/i18n';
import type { INotification, Severity } from '../types';
import { dayOf } from './filter';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How the history names severities, senders, categories and times. */
export class HistoryWords {
  constructor(translator: ITranslator) {
    this.trans = bundle(translator);
    const language = languageOf(translator);
    this._full = dateFormat(language, {
      dateStyle: 'full',
      timeStyle: 'medium'
    });
    this._day = dateFormat(language, {
      weekday: 'long',
      day: 'numeric',
      month: 'long'
    });
    this._dayOfYear = dateFormat(language, { dateStyle: 'long' });
    this._relative = relativeFormat(language);
    this._percent = numberFormat(language, {
      style: 'percent',
      maximumFractionDigits: 0
    });
    this._count = numberFormat(language, {});
  }

  readonly trans: TranslationBundle;

  severity(severity: Severity): string {
    switch (severity) {
      case 'success':
        return this.trans._p('severity', 'Success');
      case 'warning':
        return this.trans._p('severity', 'Warning');
      case 'error':
        return this.trans._p('severity', 'Error');
      case 'critical':
        return this.trans._p('severity', 'Critical');
      case 'info':
      default:
        return this.trans._p('severity', 'Information');
    }
  }

  /** Who says it: what the server stamped, and the name that the sender gave itself. */
  source({ kind, name }: INotification['source']): string {
    switch (kind) {
      case 'operator':
        return this.trans.__('Operator: %1', name);
      case 'system':
        return this.trans._p('sender', 'System');
      case 'program':
      default:
        return name === 'program'
          ? this.trans._p('sender', 'Program')
          : this.trans.__('Program: %1', name);
    }
  }

  category(category: string): string {
    switch (category) {
      case 'general':
        return this.trans._p('category', 'General');
      case 'cell':
        return this.trans._p('category', 'Cells');
      case 'job':
        return this.trans._p('category', 'Jobs');
      case 'maintenance':
        return this.trans._p('category', 'Maintenance');
      case 'release_notes':
        return this.trans._p('category', 'Release notes');
      case 'alert':
        return this.trans._p('category', 'Alerts');
      case 'notifications':
        return this.trans._p('category', 'Notifications');
      default:
        return category;
    }
  }

  /** “5 minutes ago”. */
  ago(time: number, now: number): string {
    const passed = Math.max(now - time, 0);
    if (passed < MINUTE) {
      return this._relative.format(0, 'second');
    }
    if (passed < HOUR) {
      return this._relative.format(-Math.floor(passed / MINUTE), 'minute');
    }
    if (passed < DAY) {
      return this._relative.format(-Math.floor(passed / HOUR), 'hour');
    }
    return this._relative.format(-Math.floor(passed / DAY), 'day');
  }

  /** Day and time of day, in full. */
  full(time: number): string {
    return Number.isNaN(time) ? '' : this._full.format(time);
  }

  /** “Today”, “Friday, November 20”. */
  day(time: number, now: number): string {
    if (Number.isNaN(time)) {
      return '';
    }
    const date = new Date(time);
    const today = new Date(now);
    if (dayOf(date) === dayOf(today)) {
      return this.trans.__('Today');
    }
    today.setDate(today.getDate() - 1);
    if (dayOf(date) === dayOf(today)) {
      return this.trans.__('Yesterday');
    }
    return date.getFullYear() === new Date(now).getFullYear()
      ? this._day.format(date)
      : this._dayOfYear.format(date);
  }

  percent(share: number): string {
    return this._percent.format(share);
  }

  count(count: number): string {
    return this._count.format(count);
  }

  private readonly _full: Intl.DateTimeFormat;
  private readonly _day: Intl.DateTimeFormat;
  private readonly _dayOfYear: Intl.DateTimeFormat;
  private readonly _relative: Intl.RelativeTimeFormat;
  private readonly _percent: Intl.NumberFormat;
  private readonly _count: Intl.NumberFormat;
}

// A language tag that the browser does not know makes each of these throw.

function dateFormat(
  language: string,
  options: Intl.DateTimeFormatOptions
): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(language, options);
  } catch {
    return new Intl.DateTimeFormat(undefined, options);
  }
}

function relativeFormat(language: string): Intl.RelativeTimeFormat {
  const options = { numeric: 'auto', style: 'short' } as const;
  try {
    return new Intl.RelativeTimeFormat(language, options);
  } catch {
    return new Intl.RelativeTimeFormat(undefined, options);
  }
}

function numberFormat(
  language: string,
  options: Intl.NumberFormatOptions
): Intl.NumberFormat {
  try {
    return new Intl.NumberFormat(language, options);
  } catch {
    return new Intl.NumberFormat(undefined, options);
  }
}
