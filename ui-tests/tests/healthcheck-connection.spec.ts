import type { Locator, Page } from '@playwright/test';

import { expect, waitForPage } from '../notices';
import { withProxy } from '../own-proxy';
import type { OwnServer } from '../own-server';
import { test } from '../own-server';

/** What takes seconds on an idle machine may take much longer on a busy one. */
const PATIENT = { timeout: 120_000 };

/** So long must nothing have gone through, in ms: five beats of the heart. */
const QUIET = 15_000;

test.describe.configure({ timeout: 300_000 });

interface IWithKernel {
  sessionContext?: { session: { kernel: { status: string } | null } | null };
}

async function open(page: Page, url: string): Promise<Locator> {
  await page.goto(`${url}/lab?reset`);
  await waitForPage(page);
  return page.locator('#cj-connection');
}

async function expectGone(banner: Locator): Promise<void> {
  await expect(banner).toBeHidden(PATIENT);
}

function setHidden(page: Page, hidden: boolean): Promise<void> {
  return page.evaluate(isHidden => {
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

/** Open a notebook whose one cell has run. */
async function openNotebook(page: Page, server: OwnServer): Promise<void> {
  await page.request.put(`${server.url}/api/contents/work.ipynb`, {
    data: {
      type: 'notebook',
      content: {
        cells: [
          {
            cell_type: 'code',
            execution_count: null,
            id: 'first',
            metadata: {},
            outputs: [],
            source: 'x = 1; print("it has run")'
          }
        ],
        metadata: {
          kernelspec: {
            display_name: 'Python 3 (ipykernel)',
            language: 'python',
            name: 'python3'
          }
        },
        nbformat: 4,
        nbformat_minor: 5
      }
    }
  });
  await page.evaluate(() =>
    window.jupyterapp.commands
      .execute('docmanager:open', { path: 'work.ipynb' })
      .then(() => {})
  );
  await expect(page.locator('.jp-Notebook .jp-CodeCell')).toHaveCount(1);
  // Without its kernel the notebook would ask for one.
  await expect
    .poll(
      () =>
        page.evaluate(() => {
          const { currentWidget } = window.jupyterapp.shell;
          const { sessionContext } = currentWidget as unknown as IWithKernel;
          return sessionContext?.session?.kernel?.status ?? null;
        }),
      PATIENT
    )
    .toBe('idle');
  await page.evaluate(() =>
    window.jupyterapp.commands
      .execute('notebook:run-all-cells')
      .then(() => {})
  );
  await expect(page.locator('.jp-OutputArea-output')).toHaveText(
    'it has run',
    PATIENT
  );
}

test('A server that hangs is told, and that it answers again', async ({
  page,
  server
}) => {
  const banner = await open(page, server.url);
  await expect(banner).toHaveCount(0);
  expect(page.workers().map(worker => worker.url())).toEqual([
    expect.stringMatching(/^blob:/)
  ]);

  server.pause();
  const alert = banner.getByRole('alert');
  await expect(alert).toContainText('The server has not answered', PATIENT);
  await expect(page.locator('.jp-Dialog')).toHaveCount(0);

  // All of it can be read and reached where there is little room.
  await page.setViewportSize({ width: 320, height: 400 });
  const retry = banner.getByRole('button', { name: 'Try now' });
  await retry.focus();
  await expect(retry).toBeInViewport({ ratio: 1 });
  await expect(alert).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('Enter');
  // While it tries and afterwards.
  await expect(banner.getByRole('button')).toBeFocused();
  await expect(retry).toHaveAttribute('aria-disabled', 'false', PATIENT);
  await expect(retry).toBeFocused();
  await page.setViewportSize({ width: 1280, height: 800 });

  server.resume();
  await expect(banner.getByRole('status')).toHaveText(
    'The server answers again.',
    PATIENT
  );
  await expectGone(banner);
  await expect(page.locator('.jp-Dialog')).toHaveCount(0);
});

test('A server that was killed and started again leaves no dialog, and says once what is lost', async ({
  page,
  server
}) => {
  const banner = await open(page, server.url);
  await openNotebook(page, server);
  await server.kill();
  await expect(banner.getByRole('alert')).toContainText(
    'The server has been unreachable since',
    PATIENT
  );
  await expect(page.locator('.jp-Dialog')).toHaveCount(0);

  await page.evaluate(() => {
    const { commands } = window.jupyterapp;
    void commands.execute('notebook:insert-cell-below');
    void commands.execute('docmanager:save');
  });
  const dialog = page.locator('.jp-Dialog');
  await expect(dialog).toContainText('Failed to fetch');

  await server.start();
  await expect(dialog).toHaveCount(0, PATIENT);
  const lost = banner.getByText('the kernels’ variables are gone');
  await expect(lost).toBeVisible(PATIENT);
  await banner.getByRole('button', { name: 'Dismiss' }).click();
  await expectGone(banner);

  // The page that is loaded anew asks who the server is, and it is the one that it knows.
  const told = page.waitForResponse(
    response => response.url().includes(`after=${Number.MAX_SAFE_INTEGER}`),
    PATIENT
  );
  await page.reload();
  await waitForPage(page);
  await told;
  await expect(lost).toHaveCount(0);
});

test('A hidden tab behind the proxy of a hub keeps nothing awake', async ({
  page,
  server
}) => {
  await withProxy(server.url, async proxy => {
    const banner = await open(page, proxy.url);
    // A tab that is seen looks.
    await page.waitForRequest(
      request => request.url().includes('/cloudru/healthz/live'),
      PATIENT
    );
    await setHidden(page, true);
    await expect
      .poll(async () => Date.now() - (await proxy.lastActivity()), PATIENT)
      .toBeGreaterThan(QUIET);
    await expect
      .poll(async () => {
        const answer = await fetch(`${server.url}/api/status`);
        const { last_activity } = (await answer.json()) as {
          last_activity: string;
        };
        return Date.now() - Date.parse(last_activity);
      }, PATIENT)
      .toBeGreaterThan(QUIET);

    // What happened meanwhile is seen when the tab is: the proxy answers for a server that is gone.
    await server.kill();
    await setHidden(page, false);
    await expect(banner.getByRole('alert')).toContainText(
      'The server has been unreachable since',
      PATIENT
    );
    await server.start();
    await expectGone(banner);
  });
});

test('A hub is asked to start the server again', async ({
  context,
  page,
  server
}) => {
  await page.route(/\/lab\?reset/, async route => {
    const answer = await route.fetch();
    const html = await answer.text();
    await route.fulfill({
      response: answer,
      body: html.replace(
        '"baseUrl"',
        '"hubPrefix": "/hub/", "hubUser": "ann", "hubServerName": "lab-1", "baseUrl"'
      )
    });
  });
  const banner = await open(page, server.url);
  await server.kill();
  const restart = banner.getByRole('button', { name: 'Restart server' });
  await expect(restart).toBeVisible(PATIENT);
  await expect(page.locator('.jp-Dialog')).toHaveCount(0);
  await context.route('**/hub/**', route => route.fulfill({ body: 'the hub' }));
  const opened = context.waitForEvent('page');
  await restart.click();
  await expect
    .poll(async () => (await opened).url(), PATIENT)
    .toContain('/hub/spawn/ann/lab-1');
});
