import React from 'react';

import type { INotifications } from '../types';
import type { HistoryFilter, IEntry } from './filter';
import { useFocusKeeper } from './focus';
import { Offsets } from './offsets';
import type { IRowActions } from './row';
import { Row } from './row';
import type { HistoryWords } from './words';

/** Rows this far outside of what is seen are drawn, too, in px. */
const MARGIN = 300;

/** The position is followed in steps of this, in px: no step, no work. */
const STEP = 100;

/** Heights before the first is measured, in px. */
const GUESS = { row: 44, preview: 16, progress: 16, day: 28, open: 240 };

export interface IListProps {
  entries: readonly IEntry[];
  /** Another one: begin at the top. */
  view: string;
  open: ReadonlySet<string>;
  /** Scroll to it, and give it the focus; the number tells one request from the next. */
  reveal: { id: string; request: number } | null;
  now: number;
  filter: HistoryFilter;
  textOf: INotifications['textOf'];
  words: HistoryWords;
  actions: IRowActions;
  /** A letter was typed, or the user went up from the first row. */
  leave: () => void;
}

/** As many rows as there are, of which those near the screen are drawn, and the one with the focus. */
export function List(props: IListProps): JSX.Element {
  const { entries, view, open, reveal, now, filter, words, actions } = props;
  const scroller = React.useRef<HTMLDivElement>(null);
  const list = React.useRef<HTMLUListElement>(null);
  const [{ top, height }, setPort] = React.useState({ top: 0, height: 0 });
  const heights = React.useRef(new Map<string, number>());
  const [measured, setMeasured] = React.useState(0);
  /** The first row on the screen, which stays where it is when others come and go. */
  const anchor = React.useRef<{ id: string; offset: number } | null>(null);
  const [current, setCurrent] = React.useState('');

  const indices = React.useMemo(
    () => new Map(entries.map(({ notification: { id } }, i) => [id, i])),
    [entries]
  );
  const offsets = React.useMemo(
    () =>
      new Offsets(entries.length, i => {
        const entry = entries[i];
        return entry ? heightOf(entry, open, heights.current) : 0;
      }),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [entries, open, measured]
  );

  // The row that was current may have gone: the one in its place is it then.
  const place = React.useRef(0);
  const found = indices.get(current);
  const currentIndex = Math.min(found ?? place.current, entries.length - 1);
  const keeper = useFocusKeeper(list, () => focusRow(currentIndex));
  React.useLayoutEffect(() => {
    place.current = Math.max(currentIndex, 0);
    keeper.restore();
  });

  const follow = React.useCallback(() => {
    const node = scroller.current;
    if (node) {
      const next = {
        top: Math.floor(node.scrollTop / STEP) * STEP,
        height: node.clientHeight
      };
      setPort(port =>
        port.top === next.top && port.height === next.height ? port : next
      );
    }
  }, []);

  React.useLayoutEffect(() => {
    const node = scroller.current;
    if (!node || typeof ResizeObserver === 'undefined') {
      follow();
      return;
    }
    const observer = new ResizeObserver(() => {
      follow();
      // Another width: the opened rows are of another height.
      setMeasured(count => count + 1);
    });
    observer.observe(node);
    return () => observer.disconnect();
  }, [follow]);

  // Another filter: from the top.
  React.useLayoutEffect(() => {
    anchor.current = null;
    if (scroller.current) {
      scroller.current.scrollTop = 0;
    }
    follow();
  }, [view, follow]);

  // What is read stays where it is, whatever comes above it.
  React.useLayoutEffect(() => {
    const node = scroller.current;
    const kept = anchor.current;
    const index = kept && indices.get(kept.id);
    if (node && kept && index !== null && index !== undefined) {
      const wanted = offsets.top(index) + kept.offset;
      if (Math.abs(node.scrollTop - wanted) >= 1) {
        node.scrollTop = wanted;
      }
    }
    follow();
  }, [offsets, indices, follow]);

  // Heights as they are: all rows of a kind are of one height, opened ones each of its own. Ends, as nothing is new then.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  React.useLayoutEffect(() => {
    let isNew = false;
    const seen = new Set<string>();
    for (const node of list.current?.children ?? []) {
      const id = (node as HTMLElement).dataset.cjId ?? '';
      const entry = entries[indices.get(id) ?? -1];
      const real = (node as HTMLElement).offsetHeight;
      const kind = entry && kindOf(entry, open);
      // A list that is not shown has no heights.
      if (kind === undefined || real === 0 || seen.has(kind)) {
        continue;
      }
      seen.add(kind);
      if (Math.abs((heights.current.get(kind) ?? 0) - real) >= 1) {
        heights.current.set(kind, real);
        isNew = true;
      }
    }
    if (isNew) {
      setMeasured(count => count + 1);
    }
  });

  const show = React.useCallback(
    (index: number) => {
      const node = scroller.current;
      if (!node) {
        return;
      }
      if (offsets.top(index) < node.scrollTop) {
        node.scrollTop = offsets.top(index);
      } else if (offsets.bottom(index) > node.scrollTop + node.clientHeight) {
        node.scrollTop = Math.min(
          offsets.bottom(index) - node.clientHeight,
          offsets.top(index)
        );
      }
    },
    [offsets]
  );

  function focusRow(index: number): void {
    const id = entries[index]?.notification.id;
    const row = [...(list.current?.children ?? [])].find(
      node => (node as HTMLElement).dataset.cjId === id
    );
    row
      ?.querySelector<HTMLElement>('.cj-History-summary')
      ?.focus({ preventScroll: true });
  }

  function go(index: number): void {
    const target = Math.min(Math.max(index, 0), entries.length - 1);
    const id = entries[target]?.notification.id;
    if (id === undefined) {
      return;
    }
    show(target);
    if (target === currentIndex) {
      focusRow(target);
    } else {
      // Drawn with the next frame, if it is not yet.
      setCurrent(id);
      keeper.claim();
    }
  }

  // What was just opened is to be seen, once its height is known.
  const before = React.useRef(open);
  const opening = React.useRef<string | null>(null);
  React.useLayoutEffect(() => {
    opening.current =
      [...open].find(id => !before.current.has(id)) ?? opening.current;
    before.current = open;
    const index = indices.get(opening.current ?? '');
    const entry = index === undefined ? undefined : entries[index];
    if (entry && heights.current.has(kindOf(entry, open))) {
      opening.current = null;
      show(index ?? 0);
    }
  }, [open, offsets, entries, indices, show]);

  React.useLayoutEffect(() => {
    const index = reveal && indices.get(reveal.id);
    if (index !== null && index !== undefined) {
      go(index);
    }
    // A request is answered once, not whenever something changes.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [reveal]);

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    const entry = entries[currentIndex];
    const page = Math.max(
      offsets.at((scroller.current?.scrollTop ?? 0) + height) -
        offsets.at(scroller.current?.scrollTop ?? 0),
      1
    );
    if (event.key === 'Escape') {
      // From what is inside of a notification back to it.
      focusRow(currentIndex);
    } else if (!target.classList.contains('cj-History-summary') || !entry) {
      return;
    } else if (event.key === 'ArrowUp' && currentIndex === 0) {
      props.leave();
    } else if (event.key in MOVES) {
      go(MOVES[event.key]?.(currentIndex, page, entries.length) ?? 0);
    } else if (event.key === 'Delete') {
      actions.remove(entry.notification.id);
    } else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      const { id } = entry.notification;
      if (open.has(id) !== (event.key === 'ArrowRight')) {
        actions.toggle(id);
      }
    } else if (event.key.length === 1 && event.key !== ' ') {
      // The letter is typed into the search.
      props.leave();
      return;
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const drawn = new Set<number>();
  if (entries.length > 0) {
    const last = offsets.at(top + STEP + height + MARGIN);
    for (let i = offsets.at(top - MARGIN); i <= last; i++) {
      drawn.add(i);
    }
    drawn.add(currentIndex);
  }
  return (
    <div
      className="cj-History-scroller"
      ref={scroller}
      onScroll={() => {
        const node = scroller.current;
        if (!node) {
          return;
        }
        const first = offsets.at(node.scrollTop);
        const id = entries[first]?.notification.id;
        // At the top the newest is to be seen.
        anchor.current =
          node.scrollTop > 0 && id !== undefined
            ? { id, offset: node.scrollTop - offsets.top(first) }
            : null;
        follow();
      }}
    >
      <ul
        className="cj-History-list"
        ref={list}
        aria-label={words.trans.__('Notifications')}
        style={{ height: offsets.total }}
        onKeyDown={onKeyDown}
        onFocus={event => {
          const row = event.target.closest<HTMLElement>('[data-cj-id]');
          if (row?.dataset.cjId !== undefined) {
            setCurrent(row.dataset.cjId);
          }
        }}
      >
        {[...drawn]
          .sort((a, b) => a - b)
          .map(i => {
            const entry = entries[i];
            return (
              entry && (
                <Row
                  key={entry.notification.id}
                  entry={entry}
                  index={i}
                  count={entries.length}
                  top={offsets.top(i)}
                  time={filter.timeOf(entry.notification)}
                  now={now}
                  isOpen={open.has(entry.notification.id)}
                  isCurrent={i === currentIndex}
                  textOf={props.textOf}
                  words={words}
                  actions={actions}
                />
              )
            );
          })}
      </ul>
    </div>
  );
}

type Move = (index: number, page: number, count: number) => number;

const MOVES: Readonly<Record<string, Move>> = {
  ArrowDown: index => index + 1,
  ArrowUp: index => index - 1,
  PageDown: (index, page) => index + page,
  PageUp: (index, page) => index - page,
  Home: () => 0,
  End: (index, page, count) => count - 1
};

/** Rows of one kind are of one height. */
function kindOf(entry: IEntry, open: ReadonlySet<string>): string {
  const { id, progress } = entry.notification;
  const day = entry.startsDay ? 'day ' : '';
  return open.has(id)
    ? `${day}${id}`
    : `${day}${entry.hasBody ? 'preview ' : ''}${progress === null ? '' : 'progress'}`;
}

function heightOf(
  entry: IEntry,
  open: ReadonlySet<string>,
  heights: ReadonlyMap<string, number>
): number {
  const known = heights.get(kindOf(entry, open));
  if (known !== undefined) {
    return known;
  }
  const { id, progress } = entry.notification;
  return (
    (entry.startsDay ? GUESS.day : 0) +
    (open.has(id)
      ? GUESS.open
      : GUESS.row +
        (entry.hasBody ? GUESS.preview : 0) +
        (progress === null ? 0 : GUESS.progress))
  );
}
