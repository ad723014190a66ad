import { Clipboard, Dialog, showDialog } from '@jupyterlab/apputils';
import { bellIcon, ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type { Widget } from '@lumino/widgets';
import React from 'react';

import type { INotification, INotifications } from '../types';
import { HistoryFilter } from './filter';
import type { IRowActions } from './row';
import type { HistoryWords } from './words';
import { View } from './view';

/** The width that toasts need, in px. */
const ROOM = 400;

/** What the panel takes of the window at its right. */
const INSET = '--cj-history-inset';

/** All that the user was told, in a sidebar. */
export class HistoryPanel extends ReactWidget {
  constructor(private readonly _options: HistoryPanel.IOptions) {
    super();
    const { notifications, words } = _options;
    const { trans } = words;
    this.id = HistoryPanel.ID;
    this.addClass('cj-History');
    this.title.icon = bellIcon;
    this.title.caption = trans.__('Notifications');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Notification history'));
    this._filter = new HistoryFilter(row => notifications.textOf(row));
    notifications.changed.connect(this._onChanged, this);
    this._onChanged();
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._options.notifications.changed.disconnect(this._onChanged, this);
    super.dispose();
  }

  /** Open a notification, wherever in the history it is. */
  reveal(id: string): void {
    this._reveal = { id, request: ++this._requests };
    this.update();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.update();
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this._makeRoom(0);
    this.update();
  }

  protected override onResize(msg: Widget.ResizeMessage): void {
    super.onResize(msg);
    const { left, right } = this.node.getBoundingClientRect();
    const isAtRight = right > window.innerWidth / 2 && left > ROOM;
    this._makeRoom(this.isVisible && isAtRight ? window.innerWidth - left : 0);
  }

  protected override onBeforeDetach(msg: Message): void {
    this._makeRoom(0);
    super.onBeforeDetach(msg);
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this._activation = ++this._requests;
    this.update();
  }

  protected override render(): JSX.Element {
    const { notifications, words } = this._options;
    return (
      <View
        notifications={notifications}
        filter={this._filter}
        words={words}
        reveal={this._reveal}
        activation={this._activation}
        isVisible={this.isVisible}
        failure={this._failure}
        done={this._done}
        actions={this._actions}
      />
    );
  }

  /** Have the toasts stand beside the panel, not on it. */
  private _makeRoom(inset: number): void {
    const { style } = document.body;
    if (inset > 0) {
      style.setProperty(INSET, `${Math.round(inset)}px`);
    } else {
      style.removeProperty(INSET);
    }
  }

  private _onChanged(): void {
    const { notifications, words } = this._options;
    const { unread } = notifications;
    const { trans } = words;
    this.title.caption =
      unread === 0
        ? trans.__('Notifications')
        : trans._n(
            'Notifications (%2 unread)',
            'Notifications (%2 unread)',
            unread,
            words.count(unread)
          );
    // What nobody sees is drawn when it is seen.
    if (this.isVisible) {
      this.update();
    }
  }

  private readonly _actions = {
    setRead: (ids: readonly string[], read: boolean) => {
      const { notifications } = this._options;
      this._attempt(
        read ? notifications.markRead(ids) : notifications.markUnread(ids)
      );
    },
    markAllRead: () => {
      const { notifications, words } = this._options;
      this._attempt(
        notifications.markAllRead(),
        words.trans.__('All notifications are read.')
      );
    },
    remove: (id: string) => {
      const { notifications, words } = this._options;
      this._attempt(
        notifications.remove(id),
        words.trans.__('The notification is removed.')
      );
    },
    clear: () => void this._clear().catch(console.error),
    refresh: () => this._attempt(this._options.notifications.refresh()),
    copy: (notification: INotification) => {
      Clipboard.copyToSystem(this._textOf(notification));
      this._say(this._options.words.trans.__('The text is copied.'));
    },
    linksOf: (notification: INotification) =>
      this._options.linksOf(notification),
    labelOf: (notification: INotification) =>
      this._options.labelOf(notification),
    run: (notification: INotification) =>
      this._attempt(this._options.run(notification))
  };

  /** All that a notification says, as text. */
  private _textOf(notification: INotification): string {
    const { notifications, words, linksOf } = this._options;
    const { title, body } = notifications.textOf(notification);
    const { severity, source } = notification;
    const lines = [
      title,
      [
        words.severity(severity),
        words.source(source),
        words.full(this._filter.timeOf(notification))
      ].join(' · '),
      ...(body === '' ? [] : ['', body]),
      ...linksOf(notification).map(({ label, url }) => `${label}: ${url}`)
    ];
    return lines.join('\n');
  }

  private async _clear(): Promise<void> {
    const { notifications, words } = this._options;
    const { trans } = words;
    const count = notifications.all.length;
    const { button } = await showDialog({
      title: trans.__('Clear the History?'),
      body: trans._n(
        '%2 notification is removed for good, also if a filter hides it.',
        '%2 notifications are removed for good, also those that a filter hides.',
        count,
        words.count(count)
      ),
      buttons: [
        Dialog.cancelButton(),
        Dialog.warnButton({ label: trans.__('Clear') })
      ]
    });
    if (button.accept) {
      this._attempt(notifications.clear(), trans.__('The history is cleared.'));
    }
  }

  /** See a change through, and say what became of it. */
  private _attempt(change: Promise<void>, done = ''): void {
    change.then(
      () => {
        this._failure = null;
        this._say(done);
      },
      (error: unknown) => {
        if (this.isDisposed) {
          return;
        }
        this._failure = this._options.words.trans.__(
          'That did not work: %1',
          error instanceof Error ? error.message : String(error)
        );
        this.update();
      }
    );
  }

  private _say(text: string): void {
    this._done = text;
    if (!this.isDisposed) {
      this.update();
    }
  }

  private readonly _filter: HistoryFilter;
  private _activation = 0;
  private _reveal: { id: string; request: number } | null = null;
  private _requests = 0;
  private _failure: string | null = null;
  private _done = '';
}

export namespace HistoryPanel {
  export const ID = 'cloudru-notifications';

  export interface IOptions extends Pick<IRowActions, 'linksOf' | 'labelOf'> {
    notifications: INotifications;
    words: HistoryWords;
    /** Do what a notification offers. */
    run: (notification: INotification) => Promise<void>;
  }
}
