import type { Locator, Page, Request } from '@playwright/test';

import { expect, test as base } from './fixtures';

export { expect } from './fixtures';

/** A notification as a sender gives it. */
export interface INew {
  title: string;
  body?: string;
  severity?: 'info' | 'success' | 'warning' | 'error' | 'critical';
  [more: string]: unknown;
}

/** A notification as the server has it. */
export interface IStored {
  id: string;
  seq: number;
  title: string;
  read: boolean;
  dismissed: boolean;
  shown: boolean;
}

const ROUTE = `${process.env.TARGET_URL}/cloudru/notifications`;

/** The notifications of the server under test, as a program uses them. */
export class Notices {
  constructor(
    private readonly _page: Page,
    private readonly _route = ROUTE
  ) {}

  async post(notification: INew): Promise<IStored> {
    const answer = await this._page.request.post(this._route, {
      data: notification
    });
    expect(answer.status(), await answer.text()).toBe(201);
    return (await answer.json()) as IStored;
  }

  /** Post something that the server must not take. */
  async refused(notification: unknown): Promise<number> {
    const answer = await this._page.request.post(this._route, {
      data: notification
    });
    return answer.status();
  }

  async change(id: string, change: Record<string, unknown>): Promise<void> {
    const answer = await this._page.request.patch(`${this._route}/${id}`, {
      data: change
    });
    expect(answer.status(), await answer.text()).toBe(200);
  }

  async list(): Promise<IStored[]> {
    const answer = await this._page.request.get(`${this._route}?limit=1000`);
    const { notifications } = (await answer.json()) as {
      notifications: IStored[];
    };
    return notifications;
  }

  async get(title: string): Promise<IStored | undefined> {
    return (await this.list()).find(row => row.title === title);
  }

  async clear(): Promise<void> {
    const { last } = (await (
      await this._page.request.get(`${this._route}?limit=1`)
    ).json()) as { last: number };
    await this._page.request.delete(
      `${this._route}?up_to=${Math.max(last, Number.MAX_SAFE_INTEGER)}`
    );
  }
}

/** What a page shows of notifications. */
export class Shown {
  constructor(readonly page: Page) {
    this.toasts = page.locator('.Toastify__toast');
    this.alerts = page.locator('.cj-Alert');
    this.more = page.locator('.cj-Alerts-moreButton');
    this.badge = page.locator('.cj-Unread-button');
  }

  readonly toasts: Locator;
  readonly alerts: Locator;
  readonly more: Locator;
  readonly badge: Locator;

  toast(text: string): Locator {
    return this.toasts.filter({ hasText: text });
  }

  alert(text: string): Locator {
    return this.alerts.filter({ hasText: text });
  }

  /** The titles in JupyterLab's own list, newest first. */
  listed(): Promise<string[]> {
    return this.page.evaluate(() => {
      document
        .querySelector('.jp-Notification-Center')
        ?.dispatchEvent(new Event('noop'));
      return [
        ...document.querySelectorAll(
          '.jp-Notification-List-Item .jp-toast-message'
        )
      ].map(node => node.textContent ?? '');
    });
  }

  openCentre(): Promise<void> {
    return this.page.evaluate(async () => {
      await window.jupyterapp.commands.execute(
        'apputils:display-notifications'
      );
    });
  }

  /** Make the page think that it is hidden, or visible again. */
  async setHidden(hidden: boolean): Promise<void> {
    await this.page.evaluate(isHidden => {
      Object.defineProperty(document, 'hidden', {
        configurable: true,
        get: () => isHidden
      });
      Object.defineProperty(document, 'visibilityState', {
        configurable: true,
        get: () => (isHidden ? 'hidden' : 'visible')
      });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  }
}

/** Open JupyterLab in one more tab of the same browser. */
export async function openTab(page: Page): Promise<Shown> {
  const tab = await page.context().newPage();
  await tab.goto(`${process.env.TARGET_URL}/lab?reset`);
  await waitForPage(tab);
  return new Shown(tab);
}

export async function waitForPage(page: Page): Promise<void> {
  // Neither the application nor its splash is there from the start, and the second page of a browser goes on to a
  // workspace of its own while it starts.
  await expect(async () => {
    await page.waitForFunction(() => 'jupyterapp' in window);
    await page.evaluate(() => window.jupyterapp.restored.then(() => {}));
  }).toPass();
  await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
  await page.locator('#cj-notification-alerts').waitFor({ state: 'attached' });
}

/** The requests of a page for what is new. */
export function fetches(page: Page): Request[] {
  const requests: Request[] = [];
  page.on('request', request => {
    if (request.url().includes('/cloudru/notifications?')) {
      requests.push(request);
    }
  });
  return requests;
}

/** Remove what is left of documents of other tests, so that nobody is told of it. */
async function discardDrafts(page: Page): Promise<void> {
  const route = `${process.env.TARGET_URL}/cloudru/health/drafts`;
  const answer = await page.request.get(route);
  const { drafts } = (await answer.json()) as { drafts: { id: string }[] };
  for (const { id } of drafts) {
    await page.request.delete(`${route}/${id}`);
  }
}

interface INoticeFixtures {
  notices: Notices;
  shown: Shown;
}

export const test = base.extend<INoticeFixtures>({
  notices: async ({ page }, use) => {
    const notices = new Notices(page);
    await notices.clear();
    await discardDrafts(page);
    await use(notices);
    await notices.clear();
  },
  shown: async ({ page }, use) => {
    await page
      .locator('#cj-notification-alerts')
      .waitFor({ state: 'attached' });
    await use(new Shown(page));
  }
});
