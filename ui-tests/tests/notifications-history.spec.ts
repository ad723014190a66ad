import AxeBuilder from '@axe-core/playwright';
import { galata } from '@jupyterlab/galata';
import type { Locator } from '@playwright/test';

import { expect, test as base } from '../notices';

/** The history panel, as a user sees it. */
class History {
  constructor(readonly panel: Locator) {
    this.search = panel.locator('input[type=search]');
    this.rows = panel.locator('.cj-History-item');
    this.footer = panel.locator('.cj-History-footer');
    this.scroller = panel.locator('.cj-History-scroller');
  }

  readonly search: Locator;
  readonly rows: Locator;
  readonly footer: Locator;
  readonly scroller: Locator;

  row(title: string): Locator {
    return this.rows.filter({
      has: this.panel.page().locator('.cj-History-title', { hasText: title })
    });
  }

  titles(): Promise<string[]> {
    return this.rows.evaluateAll(rows =>
      rows
        .sort(
          (a, b) =>
            a.getBoundingClientRect().top - b.getBoundingClientRect().top
        )
        .map(row =>
          (row.querySelector('.cj-History-title')?.textContent ?? '').replace(
            'Unread. ',
            ''
          )
        )
    );
  }

  async show(id?: string): Promise<void> {
    // JupyterLab shows itself before all of its extensions are there.
    await this.panel.waitFor({ state: 'attached' });
    await this.panel.page().evaluate(async identifier => {
      await window.jupyterapp.commands.execute(
        'notifications:show-history',
        identifier === undefined ? {} : { id: identifier }
      );
    }, id);
    await expect(this.panel).toBeVisible();
  }

  /** The title of the notification that has the focus. */
  focused(): Promise<string | null> {
    return this.panel
      .page()
      .evaluate(
        () =>
          document.activeElement?.querySelector('.cj-History-title')
            ?.lastChild?.textContent ?? null
      );
  }
}

const test = base.extend<{ history: History }>({
  history: async ({ page, notices: _ }, use) => {
    await use(new History(page.locator('#cloudru-notifications')));
  }
});

test('The history shows what came, newest first, with all it says', async ({
  history,
  notices,
  page
}) => {
  await notices.post({ title: 'First', body: 'One\nTwo', name: 'train.py' });
  const { id } = await notices.post({
    title: 'Second',
    severity: 'error',
    body: 'x '.repeat(1_900) + 'the end',
    links: [
      { label: 'Docs', url: 'https://docs.example/page' },
      { label: 'Here', url: '/lab/tree/a' }
    ],
    action: { kind: 'open_folder', path: '' }
  });
  await history.show();
  await expect.poll(() => history.titles()).toEqual(['Second', 'First']);
  await expect(history.footer).toHaveText('2 notifications · 2 unread');
  const second = history.row('Second');
  await expect(second.locator('.cj-History-severity')).toHaveText('Error');
  await second.locator('.cj-History-summary').click();
  await expect(second.locator('.cj-History-body')).toContainText('the end');
  await expect(history.footer).toHaveText('2 notifications · 1 unread');
  await expect
    .poll(async () => (await notices.list()).find(row => row.id === id)?.read)
    .toBe(true);
  const links = second.locator('.cj-History-links a');
  await expect(links).toHaveCount(2);
  await expect(links.first()).toHaveAttribute('rel', 'noopener noreferrer');
  await expect(
    second.getByRole('button', { name: 'Show in File Browser' })
  ).toBeVisible();
  await second.getByRole('button', { name: 'Copy Text' }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain('Second');
  expect(copied).toContain('the end');
  expect(copied).toContain('Docs: https://docs.example/page');
});

test('What is in the history is text, whatever it looks like', async ({
  history,
  notices,
  page
}) => {
  const attempts: string[] = [];
  page.on('dialog', dialog => {
    attempts.push(dialog.message());
    void dialog.dismiss();
  });
  const evil = `<img src=x onerror="alert(1)"><script>alert(2)</script><svg onload=alert(3)>[x](javascript:alert(4))`;
  const { id } = await notices.post({ title: evil, body: evil, name: 'x<b>y' });
  await history.show(id);
  const row = history.rows.first();
  await expect(row.locator('.cj-History-body')).toHaveText(evil);
  await expect(row.locator('img, script, .cj-History-body *')).toHaveCount(0);
  await expect(row.locator('.cj-History-source')).toHaveText('Program: x<b>y');
  expect(attempts).toEqual([]);
});

test('It is worked by the keyboard alone', async ({
  history,
  notices,
  page
}) => {
  for (const title of ['A', 'B', 'C', 'D']) {
    await notices.post({ title });
  }
  await history.panel.waitFor({ state: 'attached' });
  // The focus goes to the newest that has arrived, and stays with it.
  await expect(page.getByText('4 unread').first()).toBeVisible();
  await page.keyboard.press('ControlOrMeta+Alt+n');
  await expect(history.panel).toBeVisible();
  await expect.poll(() => history.focused()).toBe('D');
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => history.focused()).toBe('C');
  await page.keyboard.press('Enter');
  await expect(history.row('C').locator('.cj-History-details')).toBeVisible();
  await page.keyboard.press('Delete');
  await expect.poll(() => history.titles()).toEqual(['D', 'B', 'A']);
  await expect.poll(() => history.focused()).toBe('B');
  await expect
    .poll(async () => (await notices.list()).map(row => row.title).sort())
    .toEqual(['A', 'B', 'D']);
  await page.keyboard.press('End');
  await expect.poll(() => history.focused()).toBe('A');
  // A letter goes to the search.
  await page.keyboard.type('D');
  await expect(history.search).toBeFocused();
  await expect(history.search).toHaveValue('D');
  await expect.poll(() => history.titles()).toEqual(['D']);
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => history.focused()).toBe('D');
});

test('Thousands do not slow it down', async ({ history, notices, page }) => {
  const count = 3_000;
  await page.route(/\/cloudru\/notifications\?/, async route => {
    const response = await route.fetch();
    const answer = (await response.json()) as {
      notifications: Record<string, unknown>[];
    };
    const [first] = answer.notifications;
    if (first) {
      // As many as a store holds, of the one that is there.
      answer.notifications = Array.from({ length: count }, (_, i) => ({
        ...first,
        id: `01ARZ3NDEKTSV4RRFF${String(i).padStart(8, '0')}`,
        title: `Row ${i}`,
        shown: true
      }));
    }
    await route.fulfill({ response, json: answer });
  });
  await notices.post({ title: 'Seed', body: 'Text' });
  await history.show();
  await expect(history.footer).toContainText('3,000 notifications');
  await expect.poll(() => history.titles()).toContain(`Row ${count - 1}`);
  expect(await history.rows.count()).toBeLessThan(60);
  await history.scroller.evaluate(node => {
    node.scrollTop = node.scrollHeight;
  });
  await expect.poll(() => history.titles()).toContain('Row 0');
  expect(await history.rows.count()).toBeLessThan(60);
  // All rows of a kind are of one height: none lies on another, and no gap is between them.
  const gaps = await history.rows.evaluateAll(rows => {
    const boxes = rows
      .map(row => row.getBoundingClientRect())
      .sort((a, b) => a.top - b.top);
    return boxes
      .slice(1)
      .map((box, i) => Math.abs(box.top - (boxes[i]?.bottom ?? 0)))
      // The one with the focus may stand far away.
      .filter(gap => gap > 1 && gap < 1_000);
  });
  expect(gaps).toEqual([]);
});

test('The filters, and clearing', async ({ history, notices, page }) => {
  await notices.post({ title: 'Broken', severity: 'error', category: 'job' });
  await notices.post({ title: 'Fine', severity: 'success', category: 'job' });
  await notices.post({ title: 'Note', category: 'general' });
  await history.show();
  await history.panel.getByLabel('Filter by severity').selectOption('error');
  await expect.poll(() => history.titles()).toEqual(['Broken']);
  await expect(history.footer).toContainText('1 of 3');
  await history.panel.getByLabel('Filter by severity').selectOption('');
  await history.panel.getByLabel('Filter by category').selectOption('job');
  await expect.poll(() => history.titles()).toEqual(['Fine', 'Broken']);
  await history.panel.getByLabel('Filter by category').selectOption('');
  await history.panel.getByRole('button', { name: 'Mark All as Read' }).click();
  await expect(history.footer).toHaveText('3 notifications');
  await history.panel.getByRole('button', { name: 'Unread', exact: true }).click();
  await expect(history.panel).toContainText('No notification matches.');
  await history.panel.getByRole('button', { name: 'Clear History…' }).click();
  await page.locator('.jp-Dialog').getByText('Clear', { exact: true }).click();
  await expect(history.panel).toContainText('No notifications.');
  await expect.poll(() => notices.list()).toEqual([]);
});

test('It is where it was after a reload, with what came meanwhile', async ({
  history,
  notices,
  page
}) => {
  await notices.post({ title: 'Before' });
  await history.show();
  await expect.poll(() => history.titles()).toEqual(['Before']);
  // The layout is saved a while after it has changed.
  await page.waitForResponse(
    response =>
      response.url().includes('/api/workspaces') &&
      response.request().method() === 'PUT'
  );
  await notices.post({ title: 'Meanwhile' });
  await page.reload();
  await expect(history.panel).toBeVisible();
  await expect.poll(() => history.titles()).toEqual(['Meanwhile', 'Before']);
});

test('What is read stays in its place when more arrives', async ({
  history,
  notices
}) => {
  for (let i = 0; i < 40; i++) {
    await notices.post({ title: `Old ${i}`, severity: 'success' });
  }
  await history.show();
  await history.scroller.evaluate(node => {
    node.scrollTop = 600;
  });
  const anchor = history.row('Old 25');
  await expect(anchor).toBeVisible();
  const before = (await anchor.boundingBox())!.y;
  await notices.post({ title: 'New 1' });
  await notices.post({ title: 'New 2' });
  await expect(history.footer).toContainText('42 notifications');
  await expect
    .poll(async () =>
      Math.abs(((await anchor.boundingBox())?.y ?? 0) - before)
    )
    .toBeLessThan(2);
});

test('It says when the server is away', async ({ history, notices, page }) => {
  await notices.post({ title: 'Known' });
  await history.show();
  await expect.poll(() => history.titles()).toEqual(['Known']);
  await page.route(/\/cloudru\/notifications/, route => route.abort());
  await history.row('Known').hover();
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  const problem = history.panel.locator('.cj-History-problem');
  await expect(problem).toContainText('cannot be reached');
  await expect.poll(() => history.titles()).toEqual(['Known']);
  await page.unroute(/\/cloudru\/notifications/);
  await problem.getByRole('button', { name: 'Try Again' }).click();
  await expect(problem).toBeHidden();
});

for (const theme of [
  'JupyterLab Light',
  'JupyterLab Dark',
  'JupyterLab Dark High Contrast'
]) {
  test(`It is accessible in ${theme}`, async ({ history, notices, page }) => {
    await page.theme.setTheme(theme);
    const severities = ['info', 'success', 'warning', 'error'] as const;
    for (const severity of severities) {
      await notices.post({ title: severity, severity, body: 'Text' });
    }
    const { id } = await notices.post({
      title: 'Open',
      body: 'Text',
      severity: 'critical',
      progress: 0.5,
      links: [{ label: 'Docs', url: 'https://docs.example/' }],
      action: { kind: 'open_folder', path: '' }
    });
    await history.show(id);
    await expect(history.rows).toHaveCount(5);
    await expect(history.panel.locator('.cj-mod-open')).toBeVisible();
    const { violations } = await new AxeBuilder({ page })
      .include('#cloudru-notifications')
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
      .analyze();
    expect(
      violations.map(
        ({ id: rule, nodes }) =>
          `${rule}: ${nodes.map(node => node.html).join(' | ')}`
      )
    ).toEqual([]);
  });
}

for (const zoom of [1, 2]) {
  test.describe(`At ${zoom * 100} % zoom`, () => {
    test.use({
      deviceScaleFactor: zoom,
      viewport: { width: 1280 / zoom, height: 800 / zoom }
    });

    test('a narrow panel scrolls in one direction alone', async ({
      history,
      notices,
      page
    }) => {
      const { id } = await notices.post({
        title: `A${'long'.repeat(25)}word`,
        body: `https://example.org/${'path/'.repeat(60)}`,
        severity: 'critical',
        name: 'a-program-with-a-long-name-that-does-not-fit',
        links: [
          { label: 'x'.repeat(80), url: `https://a.example/${'b'.repeat(900)}` }
        ],
        action: { kind: 'open_folder', path: '' }
      });
      await notices.post({ title: 'y'.repeat(120), body: 'z'.repeat(300) });
      await history.show(id);
      // JupyterLab makes a sidebar no narrower by itself; a theme or a small window may.
      await history.panel.evaluate(node => {
        node.style.setProperty('max-width', '180px', 'important');
        node.style.setProperty('min-width', '0', 'important');
      });
      await expect(history.panel.locator('.cj-mod-open')).toBeVisible();
      const wide = await history.panel.evaluate((node: HTMLElement) =>
        [node, ...node.querySelectorAll<HTMLElement>('*')]
          .filter(
            child =>
              child.scrollWidth > child.clientWidth + 1 &&
              ['auto', 'scroll'].includes(getComputedStyle(child).overflowX)
          )
          .map(child => String(child.className))
      );
      expect(wide).toEqual([]);
      const outside = await history.panel.evaluate((node: HTMLElement) => {
        const { right } = node.getBoundingClientRect();
        return [...node.querySelectorAll<HTMLElement>(
            'button, input, select, a, time'
          )]
          .filter(
            child =>
              child.getBoundingClientRect().right > right + 1 &&
              !child.closest('.cj-History-quick')
          )
          .map(child => child.outerHTML);
      });
      expect(outside).toEqual([]);
      await expect(page.locator('.cj-History-footer')).toBeVisible();
    });
  });
}

test.describe('In Russian', () => {
  test.use({
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      '@jupyterlab/translation-extension:plugin': { locale: 'ru_RU' }
    },
    waitForApplication: async ({ baseURL: _ }, use) => {
      await use(async page => {
        await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
        await page.locator('#filebrowser').waitFor();
      });
    }
  });

  test('the history speaks Russian', async ({ history, notices }) => {
    await notices.post({
      title: 'Training ended',
      severity: 'error',
      name: 'train.py',
      texts: { ru: { title: 'Обучение завершено', body: 'За 3 часа' } }
    });
    await history.show();
    const row = history.row('Обучение завершено');
    await expect(row.locator('.cj-History-severity')).toHaveText('Ошибка');
    await expect(row.locator('.cj-History-source')).toHaveText(
      'Программа: train.py'
    );
    await expect(history.panel.locator('.cj-History-day')).toHaveText(
      'Сегодня'
    );
    await expect(history.footer).toHaveText(
      '1 уведомление · 1 непрочитанное'
    );
    await history.search.fill('завершено');
    await expect(history.rows).toHaveCount(1);
    await history.search.fill('Training');
    await expect(history.rows).toHaveCount(0);
  });
});
