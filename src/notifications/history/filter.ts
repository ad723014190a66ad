import type { INotification, INotifications, Severity } from '../types';

/** What of the history is shown. Empty means all. */
export interface IFilter {
  readonly query: string;
  readonly severity: Severity | '';
  readonly category: string;
  readonly unread: boolean;
}

export const NO_FILTER: IFilter = {
  query: '',
  severity: '',
  category: '',
  unread: false
};

export function isFiltered(filter: IFilter): boolean {
  return (
    filter.query.trim() !== '' ||
    filter.severity !== '' ||
    filter.category !== '' ||
    filter.unread
  );
}

/** One row of the history. */
export interface IEntry {
  readonly notification: INotification;
  /** The first of its day: the day's name stands above it. */
  readonly startsDay: boolean;
  /** There is more to it than its title. */
  readonly hasBody: boolean;
}

interface ICached {
  readonly time: number;
  /** A number for each local day. */
  readonly day: number;
  readonly hasBody: boolean;
  text: string | null;
}

/** Picks and dates what is shown. What it finds out about a row is kept as long as the row. */
export class HistoryFilter {
  constructor(private readonly _textOf: INotifications['textOf']) {}

  /**
   * The rows that pass, in the order given.
   *
   * @param kept - ids that pass the unread filter although they are read: those that were read under it
   */
  apply(
    all: readonly INotification[],
    filter: IFilter,
    kept: ReadonlySet<string>
  ): IEntry[] {
    const words = fold(filter.query).split(/\s+/).filter(Boolean);
    const entries: IEntry[] = [];
    let day = NaN;
    for (const notification of all) {
      const { severity, category, read, id } = notification;
      if (
        (filter.severity && severity !== filter.severity) ||
        (filter.category && category !== filter.category) ||
        (filter.unread && read && !kept.has(id))
      ) {
        continue;
      }
      if (words.length > 0) {
        const text = this._text(notification);
        if (!words.every(word => text.includes(word))) {
          continue;
        }
      }
      const { day: own, hasBody } = this._of(notification);
      entries.push({ notification, startsDay: own !== day, hasBody });
      day = own;
    }
    return entries;
  }

  /** When it was sent, in ms. */
  timeOf(notification: INotification): number {
    return this._of(notification).time;
  }

  private _text(notification: INotification): string {
    const cached = this._of(notification);
    if (cached.text === null) {
      const { title, body } = this._textOf(notification);
      cached.text = fold(`${title}\n${body}`);
    }
    return cached.text;
  }

  private _of(notification: INotification): ICached {
    let cached = this._cache.get(notification);
    if (!cached) {
      const date = new Date(notification.created);
      cached = {
        time: date.getTime(),
        day: dayOf(date),
        hasBody: this._textOf(notification).body !== '',
        text: null
      };
      this._cache.set(notification, cached);
    }
    return cached;
  }

  private readonly _cache = new WeakMap<INotification, ICached>();
}

/** The same for two moments of one local day alone. */
export function dayOf(date: Date): number {
  return (
    (date.getFullYear() * 12 + date.getMonth()) * 31 + (date.getDate() - 1)
  );
}

/** Text as it is compared: small letters, and `е` for `ё` as Russians type it. */
function fold(text: string): string {
  return text.toLowerCase().replace(/ё/g, 'е');
}
