import AxeBuilder from '@axe-core/playwright';
import { galata } from '@jupyterlab/galata';

import type { INew } from '../notices';
import { expect, fetches, openTab, test, waitForPage } from '../notices';

const CRITICAL: INew = {
  title: 'Maintenance in five minutes',
  body: 'All servers restart.\nSave your work.',
  severity: 'critical'
};

test('What is posted appears as a toast, in the list and in the status bar', async ({
  notices,
  shown
}) => {
  await notices.post({ title: 'Model trained', body: 'After 3 hours.' });
  await expect(shown.toast('Model trained')).toHaveText(/After 3 hours\./);
  await expect(shown.badge).toHaveText('1 unread');
  await expect(shown.badge).toHaveAccessibleName('1 unread notification');
  await notices.post({ title: 'Disk almost full', severity: 'warning' });
  await expect(shown.badge).toHaveText('2 unread');
  await shown.openCentre();
  await expect
    .poll(() => shown.listed())
    .toEqual(['Disk almost full', 'Model trainedAfter 3 hours.']);
});

test('Severities look as those of JupyterLab do, and errors stay', async ({
  notices,
  shown
}) => {
  for (const severity of ['success', 'warning', 'error'] as const) {
    await notices.post({ title: `A ${severity}`, severity });
    const toast = shown.toast(`A ${severity}`);
    await expect(toast).toHaveClass(new RegExp(`-Toast-${severity}\\b`));
    const bar = toast.locator('.Toastify__progress-bar--animated');
    await expect(bar).toHaveCount(severity === 'error' ? 0 : 1);
  }
});

test('At most three toasts stand there, the rest is counted, and the count opens the history', async ({
  notices,
  page,
  shown
}) => {
  for (let index = 0; index < 6; index++) {
    await notices.post({ title: `Message ${index}` });
  }
  await expect(shown.more).toHaveText('3 more notifications');
  await expect(shown.toasts).toHaveCount(3);
  // What is severe does not wait behind what is not.
  await notices.post({ title: 'It failed', severity: 'error' });
  await expect(shown.toast('It failed')).toBeVisible();
  await expect(shown.more).toHaveText('4 more notifications');
  await expect(shown.toasts).toHaveCount(3);
  await shown.more.click();
  await expect(page.getByText('Message 5').first()).toBeVisible();
  await expect(shown.more).toHaveCount(0);
});

test('Closing a toast marks it read and dismissed; nothing else does', async ({
  notices,
  page,
  shown
}) => {
  const { id } = await notices.post({ title: 'Close me' });
  await expect(shown.toast('Close me')).toBeVisible();
  await expect(shown.badge).toHaveText('1 unread');
  expect(await notices.get('Close me')).toMatchObject({
    id,
    read: false,
    dismissed: false,
    shown: true
  });
  await page.getByRole('button', { name: 'Hide notification' }).click();
  await expect(shown.toasts).toHaveCount(0);
  await expect(shown.badge).toBeHidden();
  await expect
    .poll(() => notices.get('Close me'))
    .toMatchObject({ read: true, dismissed: true });
});

test('A toast can be reached and closed with the keyboard', async ({
  notices,
  page,
  shown
}) => {
  await notices.post({ title: 'First' });
  await notices.post({ title: 'Second' });
  await expect(shown.toasts).toHaveCount(2);
  await page.locator('.jp-Launcher').first().focus();
  await page.evaluate(() =>
    window.jupyterapp.commands.execute('notifications:focus-toast')
  );
  await expect(
    shown.toast('Second').getByRole('button', { name: 'Hide notification' })
  ).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(shown.toast('Second')).toHaveCount(0);
  await expect(
    shown.toast('First').getByRole('button', { name: 'Hide notification' })
  ).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(shown.toasts).toHaveCount(0);
  await expect
    .poll(async () => (await notices.list()).map(({ dismissed }) => dismissed))
    .toEqual([true, true]);
  await expect(page.locator('.jp-Launcher').first()).toBeFocused();
});

test('Progress goes on in one toast', async ({ notices, shown }) => {
  const { id } = await notices.post({ title: 'Training', progress: 0 });
  await expect(shown.toast('Training: 0%')).toBeVisible();
  await notices.change(id, { progress: 0.42 });
  await expect(shown.toast('Training: 42%')).toBeVisible();
  await expect(shown.toasts).toHaveCount(1);
  await notices.post({ title: 'Other' });
  await expect(shown.toasts).toHaveCount(2);
});

test('Progress does not bring back a toast that was closed', async ({
  notices,
  page,
  shown
}) => {
  const { id } = await notices.post({ title: 'Training', progress: 0.1 });
  await shown
    .toast('Training: 10%')
    .getByRole('button', { name: 'Hide notification' })
    .click();
  await expect(shown.toasts).toHaveCount(0);
  const told = fetches(page);
  await notices.change(id, { progress: 0.2 });
  await expect.poll(() => told.length).toBeGreaterThan(0);
  await notices.post({ title: 'After it' });
  await expect(shown.toast('After it')).toBeVisible();
  await expect(shown.toast('Training')).toHaveCount(0);
});

test('What becomes worse stands there once', async ({ notices, shown }) => {
  const told = { title: 'Gateway', body: 'silent', dedupe_key: 'gateway' };
  await notices.post({ ...told, severity: 'warning' });
  await expect(shown.toast('silent')).toBeVisible();
  await notices.post({ ...told, body: 'lost', severity: 'error' });
  await expect(shown.toast('lost').first()).toBeVisible();
  // The one from before slides away.
  await expect(shown.toast('Gateway')).toHaveCount(1);
  await expect(shown.toast('lost')).toBeVisible();
  await shown.openCentre();
  await expect.poll(() => shown.listed()).toHaveLength(1);
});

test('Do-not-disturb keeps errors away, and lets critical ones through once', async ({
  notices,
  page,
  shown
}) => {
  await page.evaluate(async () => {
    const registry = await window.galata.getPlugin(
      '@jupyterlab/apputils-extension:settings'
    );
    await registry?.set(
      '@jupyterlab/apputils-extension:notification',
      'doNotDisturbMode',
      true
    );
  });
  await notices.post({ title: 'It failed', severity: 'error' });
  await expect(shown.badge).toHaveText('1 unread');
  await notices.post(CRITICAL);
  await expect(shown.alert('Maintenance')).toHaveText(/All servers restart\./);
  await expect(shown.alerts).toHaveCount(1);
  await expect(shown.toasts).toHaveCount(0);
  await expect(shown.alert('Maintenance')).toHaveAttribute('role', 'alert');
  await page.getByRole('button', { name: 'Dismiss notification' }).press('Escape');
  await expect(shown.alerts).toHaveCount(0);
  await expect
    .poll(() => notices.get(CRITICAL.title))
    .toMatchObject({ dismissed: true });
});

test('A critical one is shown once, and not as a toast of JupyterLab as well', async ({
  notices,
  shown
}) => {
  await notices.post(CRITICAL);
  await expect(shown.alert('Maintenance')).toBeVisible();
  await notices.post({ title: 'After it' });
  await expect(shown.toast('After it')).toBeVisible();
  await expect(shown.toast('Maintenance')).toHaveCount(0);
  await expect(shown.alerts).toHaveCount(1);
});

test('Two tabs show each once between them, and agree on what is read', async ({
  notices,
  page,
  shown
}) => {
  const other = await openTab(page);
  for (let index = 0; index < 3; index++) {
    await notices.post({ title: `For one of us ${index}`, severity: 'error' });
  }
  await expect(shown.badge).toHaveText('3 unread');
  await expect(other.badge).toHaveText('3 unread');
  await expect
    .poll(
      async () =>
        (await shown.toast('For one of us').count()) +
        (await other.toast('For one of us').count())
    )
    .toBe(3);
  const [one] = await notices.list();
  await notices.change(one!.id, { read: true });
  await expect(shown.badge).toHaveText('2 unread');
  await expect(other.badge).toHaveText('2 unread');
  await expect
    .poll(
      async () =>
        (await shown.toast(one!.title).count()) +
        (await other.toast(one!.title).count())
    )
    .toBe(0);
  await other.page.close();
});

test('A reload shows nothing again', async ({ notices, page, shown }) => {
  await notices.post({ title: 'Before', severity: 'error' });
  await expect(shown.toast('Before')).toBeVisible();
  await page.reload();
  await waitForPage(page);
  await expect(shown.badge).toHaveText('1 unread');
  await notices.post({ title: 'Since', severity: 'error' });
  await expect(shown.toast('Since')).toBeVisible();
  await expect(shown.toast('Before')).toHaveCount(0);
});

test('What was posted while nobody looked is shown on the next load, once', async ({
  notices,
  page,
  shown
}) => {
  await shown.setHidden(true);
  for (let index = 0; index < 5; index++) {
    await notices.post({ title: `Missed ${index}` });
  }
  const later = await openTab(page);
  await expect(later.more).toHaveText('2 more notifications');
  // The newest, the latest on top.
  await expect(later.toast('Missed').locator('.jp-toast-message')).toHaveText([
    'Missed 4',
    'Missed 3',
    'Missed 2'
  ]);
  await shown.setHidden(false);
  await expect(shown.badge).toHaveText('5 unread');
  await expect(shown.toast('Missed')).toHaveCount(0);
  await later.page.close();
});

test('Five minutes offline lose nothing and show nothing twice', async ({
  context,
  notices,
  page,
  shown
}) => {
  await notices.post({ title: 'Before', severity: 'error' });
  await expect(shown.toast('Before')).toBeVisible();
  await page.clock.install();
  // The socket is cut with everything else.
  await page.route(/\/cloudru\/notifications/, route => route.abort());
  await page.routeWebSocket(/\/api\/events/, socket => socket.close());
  await context.setOffline(true);
  await page.clock.runFor(60_000);
  await page.clock.runFor(240_000);
  await expect(shown.toast('Before')).toHaveCount(1);
  await expect(shown.badge).toHaveText('1 unread');

  await notices.post({ title: 'Meanwhile', severity: 'error' });
  await context.setOffline(false);
  await page.unroute(/\/cloudru\/notifications/);
  await page.clock.runFor(31_000);
  await page.clock.resume();
  await expect(shown.toast('Meanwhile')).toHaveCount(1);
  await expect(shown.toast('Before')).toHaveCount(1);
  await expect(shown.badge).toHaveText('2 unread');
});

test('A claim whose answer was lost is made again, and shown once', async ({
  notices,
  page,
  shown
}) => {
  let lost = 0;
  await page.route(/\/cloudru\/notifications\/claims/, async route => {
    // The server has granted it; the page never hears of it.
    await route.fetch();
    lost++;
    await route.abort('connectionreset');
  });
  await notices.post({ title: 'Granted in vain', severity: 'error' });
  await expect.poll(() => lost).toBeGreaterThan(0);
  await expect(shown.badge).toHaveText('1 unread');
  expect(await notices.get('Granted in vain')).toMatchObject({ shown: true });
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await notices.post({ title: 'Next', severity: 'error' });
  await expect(shown.toast('Next')).toHaveCount(1);
  await expect(shown.toast('Granted in vain')).toHaveCount(1);
});

test('A hidden tab waits, and shows what came when it is seen again', async ({
  notices,
  page,
  shown
}) => {
  await shown.setHidden(true);
  const told = fetches(page);
  await notices.post({ title: 'While away', severity: 'error' });
  await expect
    .poll(() => notices.get('While away'))
    .toMatchObject({ shown: false });
  await shown.setHidden(false);
  await expect(shown.toast('While away')).toBeVisible();
  expect(told.length).toBeGreaterThan(0);
});

test('A forged event shows nothing', async ({ notices, page, shown }) => {
  const told = fetches(page);
  const answer = await page.request.post(
    `${process.env.TARGET_URL}/api/events`,
    {
      data: {
        schema_id: 'https://schema.cloud.ru/cloudru_jlab/notifications/v1',
        version: '1',
        data: { seq: 999_999, kind: 'new', title: 'Forged' }
      }
    }
  );
  expect(answer.status()).toBe(204);
  await expect.poll(() => told.length).toBeGreaterThan(0);
  await notices.post({ title: 'Real' });
  await expect(shown.toast('Real')).toBeVisible();
  await expect(shown.toasts).toHaveCount(1);
  await expect(shown.badge).toHaveText('1 unread');
});

test('Markup is text, and links lead to safe places alone', async ({
  notices,
  page,
  shown
}) => {
  await page.evaluate(() => {
    (window as unknown as { pwned: number }).pwned = 0;
  });
  const markup = '<img src=x onerror="pwned=1"><b>bold</b>';
  await notices.post({ title: markup, body: '<script>pwned=1</script>' });
  await notices.post({ ...CRITICAL, title: `${markup} critical`, body: markup });
  await expect(shown.toast(markup)).toBeVisible();
  await expect(shown.alert(markup)).toBeVisible();
  await expect(
    page.locator('.Toastify__toast img, .cj-Alert img')
  ).toHaveCount(0);
  expect(
    await page.evaluate(() => (window as unknown as { pwned: number }).pwned)
  ).toBe(0);
  for (const url of [
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'http://example.org/',
    '//example.org/',
    '/\\example.org'
  ]) {
    const links = [{ label: 'Click', url }];
    expect(await notices.refused({ title: 'Bad link', links })).toBe(400);
  }
  for (const title of ['a\u202eb', 'a\u0000b', '']) {
    expect(await notices.refused({ title })).toBe(400);
  }
  expect(await notices.refused({ title: 'a', body: 'x'.repeat(5e6) })).toBe(413);
  await expect(shown.badge).toHaveText('2 unread');
});

test('What a store holds of bad links is not drawn', async ({
  notices,
  page,
  shown
}) => {
  // As if the server had not refused it.
  await page.route(/\/cloudru\/notifications\?/, async route => {
    const response = await route.fetch();
    const answer = (await response.json()) as {
      notifications: Record<string, unknown>[];
    };
    for (const row of answer.notifications) {
      row['links'] = [
        { label: 'Bad', url: 'javascript:alert(1)' },
        { label: 'Good', url: 'https://example.org/' }
      ];
      row['action'] = { kind: 'terminal:create-new' };
    }
    await route.fulfill({ response, json: answer });
  });
  await notices.post({ title: 'With links', severity: 'error' });
  const toast = shown.toast('With links');
  await expect(toast.locator('.jp-toast-button')).toHaveText(['Good']);
});

test('A link opens in a new tab that knows nothing of this one', async ({
  context,
  notices,
  page,
  shown
}) => {
  await context.route('https://example.org/**', route =>
    route.fulfill({ body: 'There', contentType: 'text/html' })
  );
  await notices.post({
    title: 'Read this',
    severity: 'error',
    links: [{ label: 'The docs', url: 'https://example.org/docs' }]
  });
  const [opened] = await Promise.all([
    context.waitForEvent('page'),
    shown.toast('Read this').getByRole('button', { name: 'The docs' }).click()
  ]);
  await opened.waitForLoadState();
  expect(opened.url()).toBe('https://example.org/docs');
  expect(await opened.evaluate(() => window.opener === null)).toBe(true);
  await opened.close();
  await expect(shown.toasts).toHaveCount(0);
  expect(page.url()).toContain('/lab');
});

test('An action does what it says, with a command of ours', async ({
  notices,
  page,
  shown,
  tmpPath
}) => {
  await page.contents.uploadContent('text', 'text', `${tmpPath}/result.txt`);
  await notices.post({
    title: 'Done',
    severity: 'error',
    action: { kind: 'open', path: `${tmpPath}/result.txt` }
  });
  await shown.toast('Done').getByRole('button', { name: 'Open' }).click();
  await expect(page.locator('.jp-FileEditor')).toBeVisible();
  await expect.poll(() => notices.get('Done')).toMatchObject({ read: true });
});

test('A long one is cut in the toast, and whole in the history', async ({
  notices,
  page,
  shown
}) => {
  const body = `${'words '.repeat(60)}the end`;
  await notices.post({ title: 'Long', body, severity: 'error' });
  const toast = shown.toast('Long');
  await expect(toast.locator('.jp-toast-message')).toHaveText(/words.*…$/);
  await toast.getByRole('button', { name: 'Show All' }).click();
  await expect(page.getByText(/the end/)).toBeVisible();
  await expect.poll(() => notices.get('Long')).toMatchObject({ dismissed: false });
});

test.describe('With browser notifications', () => {
  test.use({
    contextOptions: { permissions: ['notifications'] },
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      'cloudru-jlab:notifications': { browserNotifications: true }
    }
  });

  test('A hidden tab shows them, once, and a click leads to the history', async ({
    notices,
    page,
    shown
  }) => {
    await page.evaluate(() => {
      const shownNow: { title: string; click: () => void }[] = [];
      Object.assign(window, { shownNow });
      class Fake {
        static permission = 'granted';
        onclick: (() => void) | null = null;
        constructor(title: string) {
          shownNow.push({ title, click: () => this.onclick?.() });
        }
        close(): void {
          // nothing to close
        }
      }
      Object.defineProperty(window, 'Notification', { value: Fake });
    });
    const titles = (): Promise<string[]> =>
      page.evaluate(() =>
        (
          window as unknown as { shownNow: { title: string }[] }
        ).shownNow.map(({ title }) => title)
      );
    await shown.setHidden(true);
    await notices.post({ title: 'Look here', severity: 'error' });
    await expect.poll(titles).toEqual(['Look here']);
    await page.evaluate(() => {
      (
        window as unknown as { shownNow: { click: () => void }[] }
      ).shownNow[0]?.click();
    });
    await shown.setHidden(false);
    await expect(page.locator('#cj-notifications, .cj-History').first()).toBeVisible();
    await notices.post({ title: 'Here again', severity: 'error' });
    await expect(shown.toast('Here again')).toBeVisible();
    await expect(shown.toast('Look here')).toHaveCount(0);
    expect(await titles()).toEqual(['Look here']);
  });
});

for (const theme of [
  'JupyterLab Light',
  'JupyterLab Dark',
  'JupyterLab Dark High Contrast'
]) {
  test(`Critical ones, the count and the badge are accessible in ${theme}`, async ({
    notices,
    page,
    shown
  }) => {
    await page.theme.setTheme(theme);
    for (let index = 0; index < 4; index++) {
      await notices.post({ title: `Message ${index}` });
    }
    await notices.post({ ...CRITICAL, action: { kind: 'save_all' } });
    await expect(shown.alerts).toBeVisible();
    await expect(shown.more).toBeVisible();
    const builder = new AxeBuilder({ page })
      .include('.cj-Alerts')
      .include('.cj-Unread')
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']);
    const { violations } = await builder.analyze();
    expect(
      violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`
      )
    ).toEqual([]);
  });
}

test('At 200 % a critical one is wholly on the page', async ({
  notices,
  page,
  shown
}) => {
  // What a window of 1280 by 800 has at this zoom.
  await page.setViewportSize({ width: 640, height: 400 });
  await notices.post({ title: 'A toast', severity: 'error' });
  await expect(shown.toast('A toast')).toBeVisible();
  await notices.post({ ...CRITICAL, body: 'word '.repeat(300) });
  const alert = shown.alert('Maintenance');
  await expect(alert.getByRole('button', { name: 'Show All' })).toBeInViewport();
  await expect(
    alert.getByRole('button', { name: 'Dismiss notification' })
  ).toBeInViewport();
});
