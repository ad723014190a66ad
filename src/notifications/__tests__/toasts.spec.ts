import { Notification, NotificationManager } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';

import { Actions } from '../actions';
import type { Notifications } from '../model';
import type { ToastStage } from '../stage';
import { Toasts } from '../toasts';
import type { INotification } from '../types';
import {
  FakeEvents,
  FakeServer,
  makeModel,
  pass,
  row,
  setHidden
} from './fakenotifications';

/** JupyterLab's toasts, as far as the rules for them go. */
class FakeStage {
  constructor(private readonly _manager: NotificationManager) {
    _manager.changed.connect((_, { type, notification }) => {
      const { autoClose } = notification.options;
      const isSilent = typeof autoClose === 'number' && autoClose <= 0;
      if (type === 'removed') {
        this._go(notification.id);
      } else if (!isSilent && !this.holdsBack) {
        this.standing.add(notification.id);
        this._came.add(notification.id);
        this.most = Math.max(this.most, this.standing.size);
      }
      this.changed.emit();
    });
  }

  readonly changed = new Signal<this, void>(this);
  readonly closed = new Signal<this, string>(this);
  readonly resized = new Signal<this, number>(this);
  readonly standing = new Set<string>();
  /** On their way out. */
  readonly leaving = new Set<string>();
  holdsBack = false;
  /** Toasts take their time to go. */
  isSlow = false;
  most = 0;
  private readonly _mine = new Set<string>();
  private readonly _came = new Set<string>();

  get occupied(): number {
    return this._announced().length;
  }

  enter(id: string): void {
    this._mine.add(id);
  }

  holds(id: string): boolean {
    return this._announced().includes(id);
  }

  giveUp(id: string): boolean {
    return !this.standing.has(id) && this._mine.delete(id);
  }

  has(id: string): boolean {
    return this.standing.has(id) && !this.leaving.has(id);
  }

  focus(): boolean {
    return false;
  }

  /** What stands there, oldest first. */
  get titles(): string[] {
    return [...this.standing].map(
      id => this._manager.notifications.find(n => n.id === id)?.message ?? '?'
    );
  }

  /** It has stood there long enough. */
  leave(title: string): void {
    const [id = ''] = this._ids(title);
    this._go(id);
    this.changed.emit();
  }

  /** Those on their way out are gone. */
  clear(): void {
    for (const id of this.leaving) {
      this.standing.delete(id);
    }
    this.leaving.clear();
    this.changed.emit();
  }

  private _go(id: string): void {
    if (this.isSlow && this.standing.has(id)) {
      this.leaving.add(id);
    } else {
      this.standing.delete(id);
    }
  }

  private _announced(): string[] {
    return [...this._mine].filter(
      id => this.standing.has(id) || !this._came.has(id)
    );
  }

  /** The user closes it. */
  close(title: string): void {
    const [id = ''] = this._ids(title);
    this.closed.emit(id);
    this.leave(title);
  }

  private _ids(title: string): string[] {
    return this._manager.notifications
      .filter(({ id, message }) => this.standing.has(id) && message === title)
      .map(({ id }) => id);
  }
}

describe('Toasts', () => {
  let server: FakeServer;
  let model: Notifications;
  let manager: NotificationManager;
  let stage: FakeStage;
  let toasts: Toasts;
  let commands: CommandRegistry;
  let isQuiet: boolean;
  let history: (string | undefined)[];

  const listed = (): string[] =>
    manager.notifications.map(({ message }) => message);
  const alerts = (): string[] => toasts.alerts.alerts.map(({ title }) => title);

  beforeEach(async () => {
    jest.useFakeTimers();
    setHidden(false);
    server = new FakeServer();
    ({ model } = makeModel(server, new FakeEvents()));
    await pass(50);
    manager = new NotificationManager();
    stage = new FakeStage(manager);
    commands = new CommandRegistry();
    isQuiet = false;
    history = [];
    const trans = nullTranslator.load('');
    toasts = new Toasts({
      model,
      manager,
      stage: stage as unknown as ToastStage,
      actions: new Actions({ commands, trans }),
      trans,
      isQuiet: () => isQuiet,
      showHistory: id => history.push(id)
    });
    model.granted.connect((_, rows) => toasts.show(rows));
    model.presence = () => 0;
    await pass(50);
  });

  afterEach(() => {
    toasts.dispose();
    model.dispose();
    jest.useRealTimers();
  });

  const post = async (...rows: INotification[]): Promise<void> => {
    server.post(...rows);
    await model.refresh();
    await pass(50);
  };

  it('show what is new, and keep it in the list when they go', async () => {
    await post(row(1), row(2));
    expect(stage.titles).toEqual(['Title 1', 'Title 2']);
    expect(listed()).toEqual(['Title 2', 'Title 1']);
    stage.leave('Title 1');
    await pass(50);
    expect(listed()).toEqual(['Title 2', 'Title 1']);
    expect(model.unread).toBe(2);
  });

  it('are three at most, whatever comes', async () => {
    for (let turn = 0; turn < 20; turn++) {
      await post(...[1, 2, 3, 4, 5].map(n => row(turn * 5 + n)));
    }
    expect(stage.titles).toHaveLength(3);
    expect(stage.most).toBe(3);
    expect(toasts.alerts.more).toBe(97);
    expect(listed()).toHaveLength(50);
    expect(listed()[0]).toBe('Title 100');
    // It is told for a while.
    await pass(20_000);
    expect(toasts.alerts.more).toBe(0);
  });

  it('make room for what is more severe', async () => {
    await post(row(1), row(2), row(3));
    await post(row(4, { severity: 'error' }));
    expect(stage.titles).toEqual(['Title 2', 'Title 3', 'Title 4']);
    expect(toasts.alerts.more).toBe(1);
    expect(listed()).toContain('Title 1');
    await post(row(5, { severity: 'critical' }));
    expect(stage.titles).toEqual(['Title 3', 'Title 4']);
    expect(alerts()).toEqual(['Title 5']);
  });

  it('wait until those before them have left the page', async () => {
    stage.isSlow = true;
    await post(row(1), row(2), row(3));
    await post(row(4, { severity: 'error' }));
    expect(stage.titles).not.toContain('Title 4');
    stage.clear();
    expect(stage.titles).toEqual(['Title 2', 'Title 3', 'Title 4']);
    stage.close('Title 2');
    await post(row(5));
    expect(stage.titles).not.toContain('Title 5');
    stage.clear();
    expect(stage.titles).toEqual(['Title 3', 'Title 4', 'Title 5']);
    expect(stage.most).toBe(3);
  });

  it('are closed where another tab has read it', async () => {
    await post(row(1), row(2));
    server.change(row(1).id, { read: true });
    await post();
    expect(stage.titles).toEqual(['Title 2']);
    expect(listed()).toEqual(['Title 2']);
  });

  it('tell what the user closes; what closes by itself stays unread', async () => {
    await post(row(1), row(2));
    stage.leave('Title 1');
    stage.close('Title 2');
    await pass(50);
    expect(server.rows.get(row(1).id)).toMatchObject({ read: false });
    expect(server.rows.get(row(2).id)).toMatchObject({
      read: true,
      dismissed: true
    });
    expect(listed()).toEqual(['Title 1']);
  });

  it('take all dismissed that the user dismisses in the list', async () => {
    await post(row(1), row(2), row(3));
    manager.dismiss();
    await pass(50);
    expect(model.unread).toBe(0);
    expect(stage.titles).toEqual([]);
  });

  it('come by severity, as the user wants it', async () => {
    toasts.minimum = 'warning';
    await post(
      row(1),
      row(2, { severity: 'warning' }),
      row(3, { severity: 'critical' })
    );
    expect(stage.titles).toEqual(['Title 2']);
    expect(alerts()).toEqual(['Title 3']);
    expect(listed()).toEqual(['Title 3', 'Title 2', 'Title 1']);
  });

  it('stay away when JupyterLab shows none, but for critical ones', async () => {
    isQuiet = true;
    await post(row(1, { severity: 'error' }), row(2, { severity: 'critical' }));
    expect(stage.titles).toEqual([]);
    expect(alerts()).toEqual(['Title 2']);
    expect(toasts.alerts.more).toBe(0);
  });

  it('do not wait for ever for one that JupyterLab holds back', async () => {
    stage.holdsBack = true;
    await post(row(1), row(2), row(3));
    stage.holdsBack = false;
    await pass(11_000);
    await post(row(4));
    expect(stage.titles).toEqual(['Title 4']);
  });

  it('show critical ones in their own place alone, and the next when one is closed', async () => {
    await post(...[1, 2, 3, 4].map(n => row(n, { severity: 'critical' })));
    expect(stage.titles).toEqual([]);
    expect(alerts()).toHaveLength(3);
    expect(toasts.alerts.more).toBe(1);
    const [first] = toasts.alerts.alerts;
    await model.dismiss([first!.id]);
    await pass(50);
    expect(alerts()).toHaveLength(2);
    toasts.alerts['_options'].close(toasts.alerts.alerts[0]!.id);
    await pass(50);
    expect(alerts()).toHaveLength(2);
    expect(toasts.alerts.more).toBe(0);
  });

  it('go on with the progress in place, and never come back for it', async () => {
    await post(row(1, { title: 'Training', progress: 0 }));
    expect(manager.notifications[0]?.type).toBe('in-progress');
    server.change(row(1).id, { progress: 0.5 });
    await post();
    expect(stage.titles).toEqual(['Training: 50%']);
    stage.leave('Training: 50%');
    server.change(row(1).id, { progress: 0.7 });
    await post();
    expect(stage.titles).toEqual([]);
    expect(listed()).toEqual(['Training: 70%']);
  });

  it('go when nothing was heard of something under way', async () => {
    await post(row(1, { title: 'Training', progress: 0.1 }));
    await pass(20_000);
    server.change(row(1).id, { progress: 0.2 });
    await post();
    await pass(20_000);
    expect(stage.titles).toEqual(['Training: 20%']);
    await pass(11_000);
    expect(stage.titles).toEqual([]);
    expect(listed()).toEqual(['Training: 20%']);
  });

  it('do not take a mark for news', async () => {
    await post(row(1), row(2));
    const changes: string[] = [];
    manager.changed.connect((_, { type }) => changes.push(type));
    server.change(row(1).id, { shown: true });
    await post();
    expect(changes).toEqual([]);
  });

  it('have buttons for safe links and known actions alone', async () => {
    commands.addCommand('docmanager:open', {
      describedBy: { args: {} },
      execute: () => undefined
    });
    await post(
      row(1, {
        action: { kind: 'open', path: 'a.ipynb' },
        links: [
          { label: 'Bad', url: 'javascript:alert(1)' },
          { label: 'Good', url: 'https://example.org/' }
        ]
      }),
      row(2, { action: { kind: 'terminal:create-new' as 'open' } })
    );
    const labels = manager.notifications.map(({ options }) =>
      options.actions?.map(({ label }) => label)
    );
    expect(labels).toEqual([[], ['Open', 'Good']]);
  });

  it('lead to the history when there is more to read, and are not done with', async () => {
    await post(row(1, { body: 'word '.repeat(100) }));
    const [button] = manager.notifications[0]!.options.actions!;
    const event = new MouseEvent('click', { cancelable: true });
    button!.callback(event);
    expect(event.defaultPrevented).toBe(true);
    expect(history).toEqual([row(1).id]);
    await pass(50);
    expect(stage.titles).toEqual([]);
    expect(model.unread).toBe(1);
    expect(manager.count).toBe(1);
  });

  it('leave alone what others tell', async () => {
    const id = manager.notify('Not ours', 'info', { autoClose: false });
    await post(row(1));
    manager.dismiss(id);
    await pass(50);
    expect(server.of('PATCH')).toEqual([]);
    expect(Notification.manager.count).toBe(0);
  });
});
