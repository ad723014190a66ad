import type { Page } from '@playwright/test';
import { expect } from '@playwright/test';

import { waitForPage } from '../notices';
import { OwnGateway } from '../own-gateway';
import type { OwnServer } from '../own-server';
import { test as base } from '../own-server';

/** What takes seconds on an idle machine may take much longer on a busy one. */
const PATIENT = { timeout: 120_000 };

interface IWithKernel {
  readonly sessionContext?: {
    readonly session: { readonly kernel: { readonly status: string } | null };
  };
}

const test = base.extend<{ gateway: OwnGateway }>({
  gateway: async ({ browserName: _ }, use, testInfo) => {
    const gateway = await OwnGateway.create();
    try {
      await gateway.start();
      await use(gateway);
    } finally {
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('gateway.log', { path: gateway.log });
      }
      await gateway.dispose();
    }
  },
  words: async ({ gateway }, use) => {
    await use([`--GatewayClient.url=${gateway.url}`]);
  }
});

test.describe.configure({ timeout: 400_000 });

async function waitForKernel(page: Page): Promise<void> {
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
}

/** Open a notebook whose first cell has run. */
async function openNotebook(page: Page, server: OwnServer): Promise<void> {
  await page.goto(`${server.url}/lab?reset`);
  await waitForPage(page);
  await page.request.put(`${server.url}/api/contents/far.ipynb`, {
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
      .execute('docmanager:open', { path: 'far.ipynb' })
      .then(() => {})
  );
  await waitForKernel(page);
  await page.evaluate(() =>
    window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => {})
  );
  await expect(page.locator('.jp-OutputArea-output')).toHaveText(
    'it has run',
    PATIENT
  );
}

test('A gateway that was killed and started again is told, and once that the variables are gone', async ({
  gateway,
  page,
  server
}) => {
  await openNotebook(page, server);
  const line = page.locator('.cj-KernelLine');

  await gateway.kill();
  await expect(line).toContainText('The gateway does not answer', PATIENT);
  // It may be alive: nothing needs to be done, and nothing is offered.
  await expect(
    line.getByRole('button', { name: 'Restart and run all above' })
  ).toHaveCount(0);
  await expect(page.locator('.jp-Dialog')).toHaveCount(0);

  await gateway.start();
  await expect(line).toContainText('Its variables are gone.', PATIENT);
  await expect(line).toHaveCount(1);
  await expect(line).not.toContainText('may still be running');
  await expect(
    page.locator('#jp-main-content-panel').getByText('variables are gone')
  ).toHaveCount(1);
  await expect(page.locator('#cj-connection')).toHaveCount(0);
  await expect(page.locator('.jp-Dialog')).toHaveCount(0);
  const answer = await page.request.get(
    `${server.url}/cloudru/notifications?limit=100`
  );
  const { notifications } = (await answer.json()) as {
    notifications: { body: string; category: string }[];
  };
  expect(
    notifications
      .filter(({ category }) => category === 'kernel')
      .map(({ body }) => body)
  ).toEqual([expect.stringContaining('variables are gone')]);

  // What is offered works.
  await line.getByRole('button', { name: 'Restart and run all above' }).click();
  await expect(line).toHaveCount(0);
  await waitForKernel(page);
  await expect(page.locator('.jp-Dialog')).toHaveCount(0);
});

test('A gateway that hangs for a while loses nothing, and the line about it goes by itself', async ({
  gateway,
  page,
  server
}) => {
  await openNotebook(page, server);
  const line = page.locator('.cj-KernelLine');
  gateway.pause();
  await expect(line).toContainText('The gateway does not answer', PATIENT);
  gateway.resume();
  await expect(line).toHaveCount(0, PATIENT);
  await expect(page.locator('.jp-Dialog')).toHaveCount(0);
});
