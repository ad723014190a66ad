import { Dialog } from '@jupyterlab/apputils';
import { framePromise } from '@jupyterlab/testing';
import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { act } from 'react-dom/test-utils';

import { linksOf } from '../../actions';
import type { INotification } from '../../types';
import { HistoryPanel } from '../panel';
import { HistoryWords } from '../words';
import { FakeNotifications, row, rowsOf } from './fakenotifications';

const PORT = 500;
const HEIGHT = 60;

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

describe('HistoryPanel', () => {
  let store: FakeNotifications;
  let panel: HistoryPanel;
  let ran: string[];

  beforeAll(() => {
    // jsdom lays nothing out.
    Object.defineProperty(HTMLElement.prototype, 'clientHeight', {
      configurable: true,
      get: () => PORT
    });
    Object.defineProperty(HTMLElement.prototype, 'offsetHeight', {
      configurable: true,
      get(this: HTMLElement) {
        return this.classList.contains('cj-mod-open') ? 4 * HEIGHT : HEIGHT;
      }
    });
  });

  afterAll(() => {
    Reflect.deleteProperty(HTMLElement.prototype, 'clientHeight');
    Reflect.deleteProperty(HTMLElement.prototype, 'offsetHeight');
  });

  async function open(all: readonly INotification[]): Promise<void> {
    ran = [];
    store = new FakeNotifications(all);
    panel = new HistoryPanel({
      notifications: store,
      words: new HistoryWords(nullTranslator),
      linksOf,
      labelOf: ({ action }) => (action?.kind === 'open' ? 'Open' : null),
      run: ({ action }) => {
        ran.push(action?.path ?? '');
        return Promise.resolve();
      }
    });
    act(() => Widget.attach(panel, document.body));
    await drawn();
  }

  afterEach(() => act(() => panel.dispose()));

  /** Let everything that was asked for be drawn. */
  async function drawn(): Promise<void> {
    await act(async () => {
      await framePromise();
      MessageLoop.flush();
    });
    await act(framePromise);
  }

  async function change(action: () => void): Promise<void> {
    act(action);
    await drawn();
  }

  const rows = (): HTMLElement[] => [
    ...panel.node.querySelectorAll<HTMLElement>('.cj-History-item')
  ];
  const titles = (): string[] =>
    rows().map(
      node => node.querySelector('.cj-History-title')?.textContent ?? ''
    );
  const summary = (index: number): HTMLElement =>
    rows()[index]!.querySelector<HTMLElement>('.cj-History-summary')!;
  const button = (label: string): HTMLElement =>
    [...panel.node.querySelectorAll('button')].find(
      node => (node.getAttribute('aria-label') ?? node.textContent) === label
    )!;
  const search = (): HTMLInputElement =>
    panel.node.querySelector('input[type=search]')!;
  const footer = (): string =>
    panel.node.querySelector('.cj-History-footer')?.textContent ?? '';
  const focusedTitle = (): string | null =>
    document.activeElement?.querySelector('.cj-History-title')?.textContent ??
    null;

  async function press(key: string): Promise<void> {
    await change(() =>
      document.activeElement?.dispatchEvent(
        new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })
      )
    );
  }

  async function type(text: string): Promise<void> {
    await change(() => {
      const set = Object.getOwnPropertyDescriptor(
        HTMLInputElement.prototype,
        'value'
      )!.set!;
      set.call(search(), text);
      search().dispatchEvent(new Event('input', { bubbles: true }));
    });
  }

  async function choose(label: string, value: string): Promise<void> {
    await change(() => {
      const select = panel.node.querySelector<HTMLSelectElement>(
        `select[aria-label="${label}"]`
      )!;
      select.value = value;
      select.dispatchEvent(new Event('change', { bubbles: true }));
    });
  }

  it('says severity, sender and time in words, and marks what is unread', async () => {
    await open(
      rowsOf(
        {
          severity: 'critical',
          title: 'Disk failing',
          source: { kind: 'operator', name: 'Platform' }
        },
        { severity: 'success', title: 'Done', read: true }
      )
    );
    expect(titles()).toEqual(['Unread. Disk failing', 'Done']);
    const [first, second] = rows();
    expect(first!.querySelector('.cj-History-severity')?.textContent).toBe(
      'Critical'
    );
    expect(first!.querySelector('svg')).not.toBeNull();
    expect(first!.querySelector('.cj-History-source')?.textContent).toBe(
      'Operator: Platform'
    );
    expect(first!.querySelector('time')?.title).toContain('2026');
    expect(first!.classList.contains('cj-mod-unread')).toBe(true);
    expect(second!.classList.contains('cj-mod-unread')).toBe(false);
    expect(second!.querySelector('.cj-History-source')?.textContent).toBe(
      'Program: train.py'
    );
    expect(first!.getAttribute('aria-posinset')).toBe('1');
    expect(first!.getAttribute('aria-setsize')).toBe('2');
    expect(footer()).toBe('2 notifications · 1 unread');
    expect(panel.title.caption).toBe('Notifications (1 unread)');
  });

  it('names each day once', async () => {
    await open(
      rowsOf(
        { created: new Date().toISOString() },
        { created: '2024-05-06T12:00:00Z' },
        { created: '2024-05-06T11:00:00Z' }
      )
    );
    const days = [...panel.node.querySelectorAll('.cj-History-day')].map(
      node => node.textContent
    );
    expect(days[0]).toBe('Today');
    expect(days).toHaveLength(2);
    expect(days[1]).toContain('2024');
  });

  it('draws few of 50,000 rows, and reaches the last', async () => {
    await open(Array.from({ length: 50_000 }, () => row()).reverse());
    expect(rows().length).toBeLessThan(30);
    expect(panel.node.querySelectorAll('*').length).toBeLessThan(1_500);
    expect(footer()).toContain('50,000 notifications');
    summary(0).focus();
    const last = store.all.at(-1)!.title;
    await press('End');
    expect(focusedTitle()).toBe(`Unread. ${last}`);
    expect(titles()).toContain(`Unread. ${last}`);
    expect(rows().length).toBeLessThan(30);
    expect(
      panel.node.querySelector('.cj-History-scroller')!.scrollTop
    ).toBeGreaterThan(49_000 * HEIGHT);
    await press('Home');
    expect(focusedTitle()).toBe(`Unread. ${store.all[0]!.title}`);
  });

  it('keeps the row that is read in its place when others arrive', async () => {
    await open(Array.from({ length: 1_000 }, () => row()).reverse());
    const scroller = panel.node.querySelector<HTMLElement>(
      '.cj-History-scroller'
    )!;
    await change(() => {
      scroller.scrollTop = 6_000;
      scroller.dispatchEvent(new Event('scroll'));
    });
    await change(() => store.set([...rowsOf({}, {}), ...store.all]));
    expect(scroller.scrollTop).toBe(6_000 + 2 * HEIGHT);
  });

  it('opens a notification, which is read then', async () => {
    await open(rowsOf({ body: 'line one\n<b>line two</b>' }));
    const { id } = store.all[0]!;
    await change(() => summary(0).click());
    expect(summary(0).getAttribute('aria-expanded')).toBe('true');
    expect(panel.node.querySelector('.cj-History-body')?.textContent).toBe(
      'line one\n<b>line two</b>'
    );
    expect(panel.node.querySelector('.cj-History-body b')).toBeNull();
    expect(store.asked).toEqual([`read ${id}`]);
    await change(() => summary(0).click());
    expect(panel.node.querySelector('.cj-History-body')).toBeNull();
    expect(store.asked).toHaveLength(1);
  });

  it('follows safe links alone, in a new tab that knows nothing of this one', async () => {
    const bad = [
      'javascript:alert(1)',
      'JAVASCRIPT:alert(1)',
      ' https://a.example',
      'data:text/html,x',
      'http://plain.example/',
      '//evil.example/',
      '/\\evil.example/',
      '\\\\evil.example',
      'https://good.example@evil.example/',
      'https://x.example/\u202egpj.exe',
      'vbscript:x',
      'java\nscript:alert(1)',
      ''
    ];
    await open(
      rowsOf({
        links: [
          ...bad.map(url => ({ label: 'bad', url })),
          { label: 'Log', url: '/files/log.txt' },
          { label: 'Docs', url: 'https://docs.example/a?b#c' }
        ]
      })
    );
    await change(() => summary(0).click());
    const links = [...panel.node.querySelectorAll('a')];
    expect(links.map(link => link.href)).toEqual([
      `${window.location.origin}/files/log.txt`,
      'https://docs.example/a?b#c'
    ]);
    for (const link of links) {
      expect(link.target).toBe('_blank');
      expect(link.rel).toBe('noopener noreferrer');
    }
  });

  it('offers the action that the page knows', async () => {
    await open(
      rowsOf(
        { action: { kind: 'open', path: 'a.ipynb' } },
        { action: { kind: 'save_all' } }
      )
    );
    await change(() => summary(0).click());
    await change(() => button('Open').click());
    expect(ran).toEqual(['a.ipynb']);
    await change(() => summary(1).click());
    expect(panel.node.querySelectorAll('.cj-History-action')).toHaveLength(1);
  });

  it('filters by severity, category and what is unread', async () => {
    await open(
      rowsOf(
        { title: 'a', severity: 'error', category: 'job' },
        { title: 'b', severity: 'error', category: 'cell', read: true },
        { title: 'c', severity: 'info', category: 'job', read: true }
      )
    );
    await choose('Filter by severity', 'error');
    expect(titles()).toEqual(['Unread. a', 'b']);
    expect(footer()).toContain('2 of 3');
    await choose('Filter by category', 'job');
    expect(titles()).toEqual(['Unread. a']);
    await choose('Filter by severity', '');
    expect(titles()).toEqual(['Unread. a', 'c']);
    await change(() => button('Unread').click());
    expect(button('Unread').getAttribute('aria-pressed')).toBe('true');
    expect(titles()).toEqual(['Unread. a']);
    // What is read under this filter stays until another is chosen.
    await change(() => summary(0).click());
    expect(titles()).toEqual(['a']);
    await choose('Filter by severity', 'error');
    expect(titles()).toEqual([]);
    await change(() => button('Show All').click());
    expect(titles()).toEqual(['a', 'b', 'c']);
    expect(document.activeElement).toBe(search());
  });

  it('searches the text of the language that is shown', async () => {
    const texts = { ru: { title: 'Обучение завершено', body: 'Счётчик' } };
    await open(rowsOf({ title: 'Training ended', texts }, {}));
    store.language = 'ru';
    await change(() => store.set([...store.all.map(it => ({ ...it }))]));
    await type('счетчик ОБУЧ');
    expect(titles()).toEqual(['Unread. Обучение завершено']);
    await type('training');
    expect(titles()).toEqual([]);
    expect(panel.node.textContent).toContain('No notification matches.');
  });

  it('goes by the keyboard alone, and never loses the focus', async () => {
    await open(Array.from({ length: 4 }, (_, i) => row({ title: `t${i}` })));
    const second = store.all[1]!.id;
    act(() => search().focus());
    await press('ArrowDown');
    expect(focusedTitle()).toBe('Unread. t0');
    await press('ArrowDown');
    expect(focusedTitle()).toBe('Unread. t1');
    await press('Delete');
    expect(store.asked).toEqual([`remove ${second}`]);
    expect(titles()).toEqual(['Unread. t0', 'Unread. t2', 'Unread. t3']);
    expect(focusedTitle()).toBe('Unread. t2');
    await press('End');
    await press('Delete');
    expect(focusedTitle()).toBe('Unread. t2');
    await press('ArrowRight');
    expect(document.activeElement?.getAttribute('aria-expanded')).toBe('true');
    await press('ArrowLeft');
    expect(document.activeElement?.getAttribute('aria-expanded')).toBe('false');
    await press('ArrowUp');
    await press('ArrowUp');
    expect(document.activeElement).toBe(search());
  });

  it('gives the focus to the search when a letter is typed', async () => {
    await open(rowsOf({}));
    act(() => summary(0).focus());
    await press('x');
    expect(document.activeElement).toBe(search());
  });

  it('gives the focus on when another tab removes the row that has it', async () => {
    await open(rowsOf({ title: 'a' }, { title: 'b' }));
    act(() => summary(0).focus());
    await change(() => store.set(store.all.slice(1)));
    expect(focusedTitle()).toBe('Unread. b');
    await change(() => store.set([]));
    expect(document.activeElement).toBe(search());
  });

  it('asks once before it clears', async () => {
    await open(rowsOf({}, {}));
    await change(() => button('Clear History…').click());
    expect(store.asked).toEqual([]);
    expect(document.querySelector('.jp-Dialog')?.textContent).toContain(
      '2 notifications'
    );
    await change(() => Dialog.flush());
    expect(store.asked).toEqual([]);
    await change(() => button('Clear History…').click());
    await change(() =>
      document
        .querySelector<HTMLElement>('.jp-Dialog button.jp-mod-accept')!
        .click()
    );
    await drawn();
    expect(store.asked).toEqual(['clear']);
    expect(panel.node.textContent).toContain('No notifications.');
  });

  it('marks all as read', async () => {
    await open(rowsOf({}, {}));
    await change(() => button('Mark All as Read').click());
    expect(store.asked).toEqual(['read all']);
    expect(button('Mark All as Read').getAttribute('aria-disabled')).toBe(
      'true'
    );
    await change(() => button('Mark All as Read').click());
    expect(store.asked).toEqual(['read all']);
  });

  it('tells what is wrong', async () => {
    await open(rowsOf({}));
    store.problem = 'The server cannot be reached.';
    await change(() => store.set(store.all));
    const problem = panel.node.querySelector('.cj-History-problem')!;
    expect(problem.textContent).toContain('The server cannot be reached.');
    expect(problem.getAttribute('role')).toBe('status');
    await change(() => button('Try Again').click());
    expect(store.asked).toEqual(['refresh']);
    store.problem = null;
    store.refusal = new Error('No room.');
    await change(() => store.set(store.all));
    await change(() => button('Remove from History').click());
    await drawn();
    expect(
      panel.node.querySelector('.cj-History-problem')?.textContent
    ).toContain('That did not work: No room.');
    expect(titles()).toHaveLength(1);
  });

  it('tells a screen reader of what arrives, and of nothing old', async () => {
    await open(rowsOf({}));
    const log = panel.node.querySelector('[role=log]')!;
    expect(log.textContent).toBe('');
    await change(() =>
      store.set([row({ title: 'New', severity: 'warning' }), ...store.all])
    );
    expect(log.textContent).toBe('Warning: New');
    await change(() => store.set([...store.all]));
    expect(log.textContent).toBe('Warning: New');
    await change(() => store.set([...rowsOf({}, {}), ...store.all]));
    expect(log.textContent).toBe('2 new notifications');
    // One that goes is no news.
    await change(() => store.set(store.all.slice(1)));
    expect(log.textContent).toBe('2 new notifications');
  });

  it('opens the one that is asked for, whatever the filter', async () => {
    await open(Array.from({ length: 500 }, () => row()).reverse());
    await type('nothing like it');
    expect(titles()).toEqual([]);
    const { id, title } = store.all[300]!;
    await change(() => panel.reveal(id));
    await drawn();
    expect(focusedTitle()).toBe(title);
    expect(document.activeElement?.getAttribute('aria-expanded')).toBe('true');
    expect(store.asked).toEqual([`read ${id}`]);
  });

  it('shows progress as a bar and a number', async () => {
    await open(rowsOf({ progress: 0.4 }));
    expect(panel.node.querySelector('.cj-History-percent')?.textContent).toBe(
      '40%'
    );
    await change(() => store.set([{ ...store.all[0]!, progress: 0.75 }]));
    expect(panel.node.querySelector('.cj-History-percent')?.textContent).toBe(
      '75%'
    );
  });

  it('tells the toasts how much room it takes at the right', async () => {
    const inset = (): string =>
      document.body.style.getPropertyValue('--cj-history-inset');
    const box = (left: number, right: number): DOMRect =>
      ({ left, right, width: right - left }) as DOMRect;
    await open([row()]);
    const place = jest.spyOn(panel.node, 'getBoundingClientRect');
    const resize = (): void =>
      MessageLoop.sendMessage(panel, Widget.ResizeMessage.UnknownSize);
    place.mockReturnValue(box(window.innerWidth - 300, window.innerWidth - 33));
    resize();
    expect(inset()).toBe('300px');
    // In the left sidebar, or in a window with no room beside it, toasts stand where they always do.
    place.mockReturnValue(box(33, 300));
    resize();
    expect(inset()).toBe('');
    place.mockReturnValue(box(200, window.innerWidth - 33));
    resize();
    expect(inset()).toBe('');
    place.mockReturnValue(box(window.innerWidth - 300, window.innerWidth - 33));
    resize();
    panel.hide();
    expect(inset()).toBe('');
  });

  it('draws nothing while it is hidden', async () => {
    await open(rowsOf({}));
    panel.hide();
    await drawn();
    const node = rows()[0];
    store.set([row(), ...store.all]);
    await drawn();
    expect(rows()).toEqual([node]);
    panel.show();
    await drawn();
    expect(rows()).toHaveLength(2);
  });
});
