import { bellIcon, deleteIcon, filterIcon } from '@jupyterlab/ui-components';
import React from 'react';

import type { INotification, INotifications, Severity } from '../types';
import type { HistoryFilter, IFilter } from './filter';
import { isFiltered, NO_FILTER } from './filter';
import { useFocusKeeper } from './focus';
import { readIcon } from './icons';
import { List } from './list';
import type { IRowActions } from './row';
import { IconButton } from './row';
import type { HistoryWords } from './words';

const SEVERITIES: readonly Severity[] = [
  'critical',
  'error',
  'warning',
  'success',
  'info'
];

export interface IViewProps {
  notifications: INotifications;
  filter: HistoryFilter;
  words: HistoryWords;
  /** To be opened and shown; the number tells one request from the next. */
  reveal: { id: string; request: number } | null;
  /** Goes up when the panel is activated: the focus is to be in it. */
  activation: number;
  isVisible: boolean;
  /** A change that the server did not take, in words. */
  failure: string | null;
  /** What was just done, for a screen reader. */
  done: string;
  actions: Omit<IRowActions, 'toggle'> & {
    markAllRead: () => void;
    clear: () => void;
    refresh: () => void;
  };
}

/** The history: what to look for, what is wrong, and the list. */
export function View(props: IViewProps): JSX.Element {
  const { notifications, filter, words, reveal, activation, isVisible } = props;
  const { all, unread, problem } = notifications;
  const { trans } = words;
  const [wanted, setWanted] = React.useState(NO_FILTER);
  const [open, setOpen] = React.useState<ReadonlySet<string>>(new Set());
  /** Read while only the unread are shown: they do not vanish under the reader's eyes. */
  const [kept, setKept] = React.useState<ReadonlySet<string>>(new Set());
  const search = React.useRef<HTMLInputElement>(null);
  const root = React.useRef<HTMLDivElement>(null);
  const now = useNow(isVisible);
  const textOf = React.useCallback(
    (row: INotification) => notifications.textOf(row),
    [notifications]
  );
  const spoken = useNews(all, words, textOf, isVisible);

  // The last row may go, or what stood in a row: never leave the keyboard with nothing.
  const keeper = useFocusKeeper(root, () => search.current?.focus());
  React.useLayoutEffect(() => keeper.restore());

  const narrow = (change: Partial<IFilter>): void => {
    setKept(new Set());
    setWanted(old => ({ ...old, ...change }));
  };
  const entries = React.useMemo(
    () => filter.apply(all, wanted, kept),
    [filter, all, wanted, kept]
  );

  const { setRead, ...others } = props.actions;
  const mark = (id: string): void => {
    setKept(old => new Set(old).add(id));
    setRead([id], true);
  };
  const rows = useStable<IRowActions>({
    ...others,
    setRead,
    run: notification => {
      mark(notification.id);
      others.run(notification);
    },
    toggle: id => {
      const next = new Set(open);
      if (!next.delete(id)) {
        next.add(id);
        if (all.some(row => row.id === id && !row.read)) {
          mark(id);
        }
      }
      setOpen(next);
    }
  });

  React.useEffect(() => {
    if (reveal) {
      setWanted(NO_FILTER);
      setKept(new Set());
      setOpen(old => new Set(old).add(reveal.id));
      setRead([reveal.id], true);
    }
    // A request is answered once.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [reveal]);

  React.useEffect(() => {
    if (activation > 0 && !reveal) {
      (
        root.current?.querySelector<HTMLElement>(
          '.cj-History-summary[tabindex="0"]'
        ) ?? search.current
      )?.focus();
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [activation]);

  return (
    <div className="cj-History-content" ref={root}>
      <Header
        {...props}
        wanted={wanted}
        narrow={narrow}
        search={search}
        markAllRead={() => {
          setKept(new Set());
          props.actions.markAllRead();
        }}
        enter={() =>
          root.current
            ?.querySelector<HTMLElement>('.cj-History-summary[tabindex="0"]')
            ?.focus()
        }
      />
      {(problem ?? props.failure) !== null && (
        <div className="cj-History-problem" role="status">
          <span className="cj-History-problemText">
            {problem ?? props.failure}
          </span>
          <button
            type="button"
            className="cj-History-link"
            onClick={props.actions.refresh}
          >
            {trans.__('Try Again')}
          </button>
        </div>
      )}
      {entries.length > 0 ? (
        <List
          entries={entries}
          view={JSON.stringify(wanted)}
          open={open}
          reveal={reveal}
          now={now}
          filter={filter}
          textOf={textOf}
          words={words}
          actions={rows}
          leave={() => search.current?.focus()}
        />
      ) : (
        <Empty
          words={words}
          isFiltered={isFiltered(wanted) && all.length > 0}
          showAll={() => {
            narrow(NO_FILTER);
            search.current?.focus();
          }}
        />
      )}
      <div className="cj-History-footer">
        {isFiltered(wanted)
          ? trans.__(
              '%1 of %2',
              words.count(entries.length),
              words.count(all.length)
            )
          : trans._n(
              '%2 notification',
              '%2 notifications',
              all.length,
              words.count(all.length)
            )}
        {unread > 0 &&
          ` · ${trans._n('%2 unread', '%2 unread', unread, words.count(unread))}`}
      </div>
      <div className="cj-Spoken" role="log" aria-live="polite">
        {spoken}
      </div>
      <div className="cj-Spoken" role="status">
        {props.done}
      </div>
    </div>
  );
}

interface IHeaderProps extends IViewProps {
  wanted: IFilter;
  narrow: (change: Partial<IFilter>) => void;
  search: React.RefObject<HTMLInputElement>;
  markAllRead: () => void;
  /** Go to the list. */
  enter: () => void;
}

function Header(props: IHeaderProps): JSX.Element {
  const { notifications, words, wanted, narrow, search, actions } = props;
  const { all, unread } = notifications;
  const { trans } = words;
  const categories = React.useMemo(() => {
    const found = new Set(all.map(({ category }) => category));
    if (wanted.category) {
      found.add(wanted.category);
    }
    return [...found].sort();
  }, [all, wanted.category]);
  return (
    <div className="cj-History-header">
      <div className="cj-History-titleRow">
        <h2 className="cj-History-heading">{trans.__('Notifications')}</h2>
        <IconButton
          icon={readIcon}
          label={trans.__('Mark All as Read')}
          isDisabled={unread === 0}
          act={props.markAllRead}
        />
        <IconButton
          icon={deleteIcon}
          label={trans.__('Clear History…')}
          isDisabled={all.length === 0}
          act={actions.clear}
        />
      </div>
      <div role="search" className="cj-History-search">
        <input
          ref={search}
          type="search"
          className="cj-History-input"
          value={wanted.query}
          placeholder={trans.__('Search notifications')}
          aria-label={trans.__('Search notifications')}
          spellCheck={false}
          onChange={event => narrow({ query: event.target.value })}
          onKeyDown={event => {
            if (event.key === 'ArrowDown' || event.key === 'Enter') {
              event.preventDefault();
              props.enter();
            } else if (event.key === 'Escape' && wanted.query) {
              event.preventDefault();
              event.stopPropagation();
              narrow({ query: '' });
            }
          }}
        />
      </div>
      <div
        role="group"
        aria-label={trans.__('Filter')}
        className="cj-History-filters"
      >
        <Choice
          label={trans.__('Filter by severity')}
          all={trans.__('Severity')}
          value={wanted.severity}
          options={SEVERITIES.map(value => [value, words.severity(value)])}
          choose={severity => narrow({ severity: severity as Severity | '' })}
        />
        <Choice
          label={trans.__('Filter by category')}
          all={trans.__('Category')}
          value={wanted.category}
          options={categories.map(value => [value, words.category(value)])}
          choose={category => narrow({ category })}
        />
        <button
          type="button"
          className="cj-History-toggle"
          aria-pressed={wanted.unread}
          onClick={() => narrow({ unread: !wanted.unread })}
        >
          <filterIcon.react tag="span" stylesheet="menuItem" />
          {trans.__('Unread')}
        </button>
      </div>
    </div>
  );
}

function Choice(props: {
  label: string;
  all: string;
  value: string;
  options: readonly (readonly [string, string])[];
  choose: (value: string) => void;
}): JSX.Element {
  const { label, all, value, options, choose } = props;
  return (
    <select
      className={`cj-History-select${value ? ' cj-mod-chosen' : ''}`}
      aria-label={label}
      title={label}
      value={value}
      onChange={event => choose(event.target.value)}
    >
      <option value="">{all}</option>
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  );
}

function Empty(props: {
  words: HistoryWords;
  isFiltered: boolean;
  showAll: () => void;
}): JSX.Element {
  const { isFiltered: isNarrowed, showAll, words } = props;
  const { trans } = words;
  return (
    <div className="cj-History-empty">
      <bellIcon.react tag="span" className="cj-History-emptyIcon" />
      {isNarrowed ? (
        <>
          <p>{trans.__('No notification matches.')}</p>
          <button type="button" className="cj-History-link" onClick={showAll}>
            {trans.__('Show All')}
          </button>
        </>
      ) : (
        <>
          <p>{trans.__('No notifications.')}</p>
          <p className="cj-History-hint">
            {trans.__(
              'Announcements of the operator, messages of your programs and the ends of long cells appear here, and stay.'
            )}
          </p>
        </>
      )}
    </div>
  );
}

/** The time, fresh enough for “5 minutes ago” while somebody can see it. */
function useNow(isVisible: boolean): number {
  const [now, setNow] = React.useState(() => Date.now());
  React.useEffect(() => {
    if (!isVisible) {
      return;
    }
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, [isVisible]);
  return now;
}

/** What a screen reader is told of those that have arrived. */
function useNews(
  all: readonly INotification[],
  words: HistoryWords,
  textOf: INotifications['textOf'],
  isVisible: boolean
): string {
  const newest = all[0]?.id ?? '';
  const last = React.useRef<string | null>(null);
  const [spoken, setSpoken] = React.useState('');
  React.useEffect(() => {
    const known = last.current;
    // Ids grow with time.
    if (known !== null && newest <= known) {
      return;
    }
    last.current = newest;
    if (known === null || !isVisible) {
      return;
    }
    const old = all.findIndex(({ id }) => id <= known);
    const count = old < 0 ? all.length : old;
    const first = all[0];
    if (count === 1 && first) {
      setSpoken(`${words.severity(first.severity)}: ${textOf(first).title}`);
    } else if (count > 1) {
      setSpoken(
        words.trans._n(
          '%2 new notification',
          '%2 new notifications',
          count,
          words.count(count)
        )
      );
    }
  }, [newest, all, words, textOf, isVisible]);
  return spoken;
}

/** Functions that stay the same from drawing to drawing, and do what the last ones given do. */
function useStable<T extends object>(functions: T): T {
  const last = React.useRef(functions);
  React.useLayoutEffect(() => {
    last.current = functions;
  });
  return React.useMemo(
    () =>
      Object.fromEntries(
        Object.keys(functions).map(name => [
          name,
          (...args: unknown[]) =>
            (last.current as Record<string, (...given: unknown[]) => unknown>)[
              name
            ]?.(...args)
        ])
      ) as T,
    // The names are always the same.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    []
  );
}
