import type { BrowserContext, Page } from '@playwright/test';

import { expect, Notices, Shown, waitForPage } from '../notices';
import type { OwnServer } from '../own-server';
import { test, TOKEN_COOKIE } from '../own-server';

/** JupyterLab connects the event stream again within half a minute, at which the page looks what it has missed. */
const PATIENT = { timeout: 55_000 };

/** What the server says of itself. */
const KILLED = 'The server was restarted after it had ended unexpectedly';

/** A page and all that it has shown since it was loaded, also what is gone again. */
class Tab extends Shown {
  static async open(context: BrowserContext, url: string): Promise<Tab> {
    const page = await context.newPage();
    await page.addInitScript(rememberToasts);
    await page.goto(`${url}/lab?reset`);
    await waitForPage(page);
    return new Tab(page);
  }

  /** The titles of the toasts, oldest first. */
  ever(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...(window as unknown as IRemembering).everShown].map(
        toast => toast.querySelector('.jp-toast-message')?.textContent ?? ''
      )
    );
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await waitForPage(this.page);
  }

  /** Expect that the history lists these, and no others. */
  async expectHistory(...titles: string[]): Promise<void> {
    await this.page.evaluate(() =>
      window.jupyterapp.commands.execute('notifications:show-history')
    );
    const listed = this.page.locator('#cloudru-notifications .cj-History-title');
    await expect(listed).toHaveCount(titles.length);
    for (const title of titles) {
      await expect(listed.filter({ hasText: title })).toHaveCount(1);
    }
  }
}

interface IRemembering {
  everShown: Set<Element>;
}

function rememberToasts(): void {
  const toasts = new Set<Element>();
  (window as unknown as IRemembering).everShown = toasts;
  new MutationObserver(() => {
    for (const toast of document.querySelectorAll('.Toastify__toast')) {
      toasts.add(toast);
    }
  }).observe(document, { childList: true, subtree: true });
}

/** What the tabs have shown between them, sorted. */
async function everShown(...tabs: Tab[]): Promise<string[]> {
  return (await Promise.all(tabs.map(tab => tab.ever()))).flat().sort();
}

function noticesOf(page: Page, server: OwnServer): Notices {
  return new Notices(page, `${server.url}/cloudru/notifications`);
}

test.describe.configure({ timeout: 240_000 });

test('A server that was killed and started again loses nothing, and two tabs show each once between them', async ({
  context,
  server
}) => {
  const one = await Tab.open(context, server.url);
  const two = await Tab.open(context, server.url);
  const notices = noticesOf(one.page, server);
  // Errors stay where they are.
  await notices.post({ title: 'Before', severity: 'error' });
  await expect(one.badge).toHaveText('1 unread', PATIENT);
  await expect(two.badge).toHaveText('1 unread', PATIENT);
  await expect.poll(() => everShown(one, two), PATIENT).toEqual(['Before']);

  await server.kill();
  await server.start();
  await notices.post({ title: 'Since', severity: 'error' });
  await expect(one.badge).toHaveText('3 unread', PATIENT);
  await expect(two.badge).toHaveText('3 unread', PATIENT);
  await expect
    .poll(() => everShown(one, two), PATIENT)
    .toEqual(['Before', 'Since', expect.stringContaining(KILLED)]);
  await one.expectHistory('Before', 'Since', KILLED);
  await two.expectHistory('Before', 'Since', KILLED);

  // What would be shown twice is shown before this.
  await notices.post({ title: 'Then', severity: 'error' });
  await expect(one.badge).toHaveText('4 unread', PATIENT);
  await expect(two.badge).toHaveText('4 unread', PATIENT);
  await expect
    .poll(() => everShown(one, two), PATIENT)
    .toEqual(['Before', 'Since', expect.stringContaining(KILLED), 'Then']);

  await one.reload();
  await two.reload();
  await expect(one.badge).toHaveText('4 unread', PATIENT);
  await expect(two.badge).toHaveText('4 unread', PATIENT);
  await notices.post({ title: 'At last', severity: 'error' });
  await expect(one.badge).toHaveText('5 unread', PATIENT);
  await expect(two.badge).toHaveText('5 unread', PATIENT);
  await expect.poll(() => everShown(one, two), PATIENT).toEqual(['At last']);
  await one.expectHistory('Before', 'Since', KILLED, 'Then', 'At last');
});

test.describe('Two users', () => {
  const TOKENS = { anna: 'token-of-anna', boris: 'token-of-boris' };

  test.use({ users: { [TOKENS.anna]: 'anna', [TOKENS.boris]: 'boris' } });

  test('are each shown once what is for all, and nothing that is for the other', async ({
    browser,
    server
  }) => {
    const open = async (token: string): Promise<Tab> => {
      const context = await browser.newContext();
      await context.addCookies([
        { name: TOKEN_COOKIE, value: token, url: server.url }
      ]);
      return Tab.open(context, server.url);
    };
    const anna = await open(TOKENS.anna);
    const boris = await open(TOKENS.boris);
    const annas = noticesOf(anna.page, server);
    const boriss = noticesOf(boris.page, server);

    const error = { severity: 'error', recipient: 'all' } as const;
    await annas.post({ ...error, title: 'From Anna for all' });
    await annas.post({ ...error, title: 'For Anna', recipient: 'me' });
    await expect(anna.badge).toHaveText('2 unread', PATIENT);
    await expect(boris.badge).toHaveText('1 unread', PATIENT);
    await boriss.post({ ...error, title: 'From Boris for all' });
    const both = ['From Anna for all', 'From Boris for all'];
    await expect
      .poll(() => everShown(anna), PATIENT)
      .toEqual(['For Anna', ...both]);
    await expect.poll(() => everShown(boris), PATIENT).toEqual(both);
    await anna.expectHistory('For Anna', ...both);
    await boris.expectHistory(...both);

    await anna
      .toast('From Anna for all')
      .getByRole('button', { name: 'Hide notification' })
      .click();
    await expect(anna.badge).toHaveText('2 unread', PATIENT);
    await expect
      .poll(() => annas.get('From Anna for all'), PATIENT)
      .toMatchObject({ read: true, dismissed: true });
    expect(await boriss.get('From Anna for all')).toMatchObject({
      read: false,
      dismissed: false
    });
    // Boris's page has heard of all that came before this.
    await annas.post({ ...error, title: 'At last' });
    await expect(boris.badge).toHaveText('3 unread', PATIENT);
    await expect(anna.badge).toHaveText('3 unread', PATIENT);
    await expect(boris.toast('From Anna for all')).toBeVisible();
    await expect
      .poll(() => everShown(boris), PATIENT)
      .toEqual(['At last', ...both]);
    await expect
      .poll(() => everShown(anna), PATIENT)
      .toEqual(['At last', 'For Anna', ...both]);
    await anna.page.context().close();
    await boris.page.context().close();
  });
});
