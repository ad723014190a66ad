import type { LabIcon } from '@jupyterlab/ui-components';
import { closeIcon, copyIcon, launchIcon } from '@jupyterlab/ui-components';
import React from 'react';

import type { INotification, INotifications } from '../types';
import type { IEntry } from './filter';
import { readIcon, severityIcons, unreadIcon } from './icons';
import type { HistoryWords } from './words';

/** What can be done with one notification. */
export interface IRowActions {
  toggle: (id: string) => void;
  setRead: (ids: readonly string[], read: boolean) => void;
  remove: (id: string) => void;
  copy: (notification: INotification) => void;
  /** The links that may be followed. */
  linksOf: (
    notification: INotification
  ) => readonly { label: string; url: string }[];
  /** What its action is called; null where there is none, or none that this page knows. */
  labelOf: (notification: INotification) => string | null;
  run: (notification: INotification) => void;
}

export interface IRowProps {
  entry: IEntry;
  index: number;
  count: number;
  /** The top edge, in px. */
  top: number;
  time: number;
  now: number;
  isOpen: boolean;
  /** The row that Tab leads to. */
  isCurrent: boolean;
  textOf: INotifications['textOf'];
  words: HistoryWords;
  actions: IRowActions;
}

/** One notification: a summary that is a button, and below it, once opened, all of it. */
export const Row = React.memo((props: IRowProps): JSX.Element => {
  const { entry, index, count, top, time, now, isOpen, words } = props;
  const { notification, startsDay } = entry;
  const { id, severity, read } = notification;
  const classes = ['cj-History-item', `cj-mod-${severity}`];
  if (!read) {
    classes.push('cj-mod-unread');
  }
  if (isOpen) {
    classes.push('cj-mod-open');
  }
  return (
    <li
      className={classes.join(' ')}
      data-cj-id={id}
      aria-posinset={index + 1}
      aria-setsize={count}
      style={{ top }}
    >
      {startsDay && <h3 className="cj-History-day">{words.day(time, now)}</h3>}
      <div className="cj-History-card">
        <Summary {...props} />
        {isOpen ? <Details {...props} /> : <QuickActions {...props} />}
      </div>
    </li>
  );
});

function Summary(props: IRowProps): JSX.Element {
  const { entry, time, now, isOpen, isCurrent, textOf, words, actions } = props;
  const { notification } = entry;
  const { id, severity, read, progress, source } = notification;
  const { title, body } = textOf(notification);
  const Icon = severityIcons[severity]?.react ?? severityIcons.info.react;
  return (
    <button
      type="button"
      className="cj-History-summary"
      aria-expanded={isOpen}
      aria-controls={isOpen ? detailsId(id) : undefined}
      tabIndex={isCurrent ? 0 : -1}
      onClick={() => actions.toggle(id)}
    >
      <Icon tag="span" className="cj-History-icon" />
      <span className="cj-History-text">
        <span className="cj-History-title" dir="auto">
          {!read && (
            <span className="cj-Spoken">
              {words.trans._p('one notification', 'Unread')}.{' '}
            </span>
          )}
          {title}
        </span>
        {!isOpen && body !== '' && (
          <span className="cj-History-preview" dir="auto">
            {/* What is on one line needs no more than this of it. */}
            {body.slice(0, 200)}
          </span>
        )}
        {progress !== null && <Progress share={progress} words={words} />}
        <span className="cj-History-meta">
          <span className="cj-History-severity">
            {words.severity(severity)}
          </span>
          <bdi className="cj-History-source">{words.source(source)}</bdi>
          <time
            className="cj-History-time"
            dateTime={notification.created}
            title={words.full(time)}
          >
            {words.ago(time, now)}
          </time>
        </span>
      </span>
    </button>
  );
}

function Progress(props: { share: number; words: HistoryWords }): JSX.Element {
  const { share, words } = props;
  const percent = words.percent(share);
  // Within a button a role would be lost: the number is read with the text.
  return (
    <span className="cj-History-progress">
      <span className="cj-History-bar" aria-hidden="true">
        <span style={{ width: `${Math.min(Math.max(share, 0), 1) * 100}%` }} />
      </span>
      <span className="cj-History-percent">{percent}</span>
    </span>
  );
}

/** For the mouse: what the keys and the opened notification offer, too. */
function QuickActions(props: IRowProps): JSX.Element {
  const { entry, isCurrent, words, actions } = props;
  const { id, read } = entry.notification;
  const { trans } = words;
  return (
    <div className="cj-History-quick">
      <IconButton
        icon={read ? unreadIcon : readIcon}
        label={read ? trans.__('Mark as Unread') : trans.__('Mark as Read')}
        tabIndex={isCurrent ? 0 : -1}
        act={() => actions.setRead([id], !read)}
      />
      <IconButton
        icon={closeIcon}
        label={trans.__('Remove from History')}
        tabIndex={isCurrent ? 0 : -1}
        act={() => actions.remove(id)}
      />
    </div>
  );
}

function Details(props: IRowProps): JSX.Element {
  const { entry, time, textOf, words, actions } = props;
  const { notification } = entry;
  const { id, category, read, created, updated, recipient } = notification;
  const { trans } = words;
  const { body } = textOf(notification);
  const links = actions.linksOf(notification);
  const label = actions.labelOf(notification);
  const changed = Date.parse(updated);
  return (
    <div className="cj-History-details" id={detailsId(id)}>
      {body !== '' && (
        <div className="cj-History-body" dir="auto">
          {body}
        </div>
      )}
      {links.length > 0 && (
        <ul className="cj-History-links">
          {links.map(({ label: text, url }, i) => (
            <li key={i}>
              <a
                href={url}
                target="_blank"
                rel="noopener noreferrer"
                title={url}
              >
                <bdi>{text}</bdi>
                <launchIcon.react
                  tag="span"
                  className="cj-History-external"
                  stylesheet="menuItem"
                />
                <span className="cj-Spoken">
                  {' '}
                  ({trans.__('opens in a new tab')})
                </span>
              </a>
            </li>
          ))}
        </ul>
      )}
      <dl className="cj-History-facts">
        <dt>{trans.__('Sent')}</dt>
        <dd>
          <time dateTime={created}>{words.full(time)}</time>
        </dd>
        {changed - time >= 1000 && (
          <>
            <dt>{trans.__('Updated')}</dt>
            <dd>
              <time dateTime={updated}>{words.full(changed)}</time>
            </dd>
          </>
        )}
        <dt>{trans.__('From')}</dt>
        <dd>
          <bdi>{words.source(notification.source)}</bdi>
        </dd>
        <dt>{trans.__('Category')}</dt>
        <dd>
          <bdi>{words.category(category)}</bdi>
        </dd>
        {recipient === 'all' && (
          <>
            <dt>{trans.__('To')}</dt>
            <dd>{trans.__('Everybody on this server')}</dd>
          </>
        )}
      </dl>
      <div className="cj-History-actions">
        {label !== null && (
          <button
            type="button"
            className="cj-History-action jp-mod-styled jp-mod-accept"
            onClick={() => actions.run(notification)}
          >
            {label}
          </button>
        )}
        <span className="cj-History-more">
          <IconButton
            icon={copyIcon}
            label={trans.__('Copy Text')}
            act={() => actions.copy(notification)}
          />
          <IconButton
            icon={read ? unreadIcon : readIcon}
            label={read ? trans.__('Mark as Unread') : trans.__('Mark as Read')}
            act={() => actions.setRead([id], !read)}
          />
          <IconButton
            icon={closeIcon}
            label={trans.__('Remove from History')}
            act={() => actions.remove(id)}
          />
        </span>
      </div>
    </div>
  );
}

export function IconButton(props: {
  icon: LabIcon;
  label: string;
  act: () => void;
  tabIndex?: number;
  isDisabled?: boolean;
}): JSX.Element {
  const { icon, label, act, tabIndex, isDisabled } = props;
  return (
    <button
      type="button"
      className="cj-History-button"
      aria-label={label}
      title={label}
      tabIndex={tabIndex}
      // Not `disabled`: a button that has the focus would lose it.
      aria-disabled={isDisabled}
      onClick={() => {
        if (!isDisabled) {
          act();
        }
      }}
    >
      <icon.react tag="span" stylesheet="menuItem" />
    </button>
  );
}

function detailsId(id: string): string {
  return `cj-notification-${id}`;
}
