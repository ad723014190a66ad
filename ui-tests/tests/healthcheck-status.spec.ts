import AxeBuilder from '@axe-core/playwright';
import { galata } from '@jupyterlab/galata';
import type { Page } from '@playwright/test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, lookups, test } from '../health';

const SAMPLES = `${process.env.TARGET_URL}/cloudru/health/samples`;
const MEGABYTE = 1024 ** 2;

/** The number of the server's last sample. */
async function lastSample(page: Page): Promise<number> {
  const answer = await page.request.get(`${SAMPLES}?after=0`);
  return ((await answer.json()) as { last: number }).last;
}

test('The status bar shows the real figures, and opens the panel with charts of them', async ({
  health
}) => {
  await expect(health.figure('memory')).toHaveText(/^[\d.,]+ \/ [\d.,]+ \wB$/);
  await expect(health.figure('cpu')).toHaveText(/^CPU \d+%$/);
  await expect(health.figure('disk')).toHaveText(/^Disk \d+%$/);
  await health.open();
  for (const name of [/^Memory/, /^CPU\./, /^Disk/, /^Server response/]) {
    await expect(
      health.panel.getByRole('img', { name }).first()
    ).toBeVisible();
  }
  // A line needs two samples.
  await expect(health.charts.first().locator('path')).toHaveAttribute(
    'd',
    /L/
  );
});

test('A kernel is shown with what it really uses, and can be shut down', async ({
  folder,
  health,
  page,
  tmpPath
}) => {
  test.setTimeout(240_000);
  writeFileSync(
    join(folder, 'hungry.ipynb'),
    JSON.stringify({
      cells: [
        {
          cell_type: 'code',
          execution_count: null,
          id: 'hungry',
          metadata: {},
          outputs: [],
          source: 'x = bytearray(b"1") * (300 * 1024 * 1024); print(len(x))'
        }
      ],
      metadata: {
        kernelspec: {
          display_name: 'Python 3',
          language: 'python',
          name: 'python3'
        }
      },
      nbformat: 4,
      nbformat_minor: 5
    })
  );
  await page.notebook.openByPath(`${tmpPath}/hungry.ipynb`);
  await expect(page.locator('.jp-StatusBar-Left')).toContainText('| Idle', {
    timeout: 90_000
  });
  // Kernels give way to all else: on a busy machine the cell takes its time.
  await page.evaluate(() => {
    void window.jupyterapp.commands.execute('notebook:run-cell');
  });
  await health.open();
  const row = health.kernel('hungry.ipynb');
  await expect(row.locator('td').first()).toHaveText(/^[3-8]\d\d MB/, {
    timeout: 120_000
  });
  await expect(row).toContainText('Python 3');

  const kernels = async (): Promise<unknown[]> => {
    const answer = await page.request.get(
      `${process.env.TARGET_URL}/api/kernels`
    );
    return (await answer.json()) as unknown[];
  };
  expect(await kernels()).toHaveLength(1);
  const button = row.getByRole('button', {
    name: 'Shut down the kernel of hungry.ipynb'
  });
  await button.click();
  const dialog = page.locator('.jp-Dialog');
  await expect(dialog).toContainText('hungry.ipynb');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toHaveCount(0);
  expect(await kernels()).toHaveLength(1);
  await button.click();
  await dialog.getByRole('button', { name: 'Shut Down' }).click();
  await expect.poll(kernels).toHaveLength(0);
  await expect(row).toHaveCount(0);
  await expect(health.panel).toContainText('No kernel runs.');
});

test('A hidden page asks nothing, and is up to date when it is seen again', async ({
  health,
  page
}) => {
  await health.open();
  const asked = lookups(page);
  await expect.poll(() => asked.length).toBeGreaterThan(1);
  await setHidden(page, true);
  // One may have been on its way.
  const before = asked.length;
  const made = await lastSample(page);
  await expect
    .poll(() => lastSample(page), { timeout: 30_000 })
    .toBeGreaterThan(made + 4);
  expect(asked.length - before).toBeLessThanOrEqual(0);
  await setHidden(page, false);
  await expect.poll(() => asked.length).toBeGreaterThan(before);
});

test('One request brings all that is new, whoever shows it', async ({
  health,
  page
}) => {
  await health.open();
  const asked = lookups(page);
  await expect.poll(() => asked.length).toBeGreaterThan(3);
  const after = asked.map(request =>
    new URL(request.url()).searchParams.get('after')
  );
  expect(new Set(after).size).toBe(after.length);
});

test('Nothing is asked while neither the panel nor the status bar is seen', async ({
  health,
  page
}) => {
  await expect(health.figure('memory')).toBeVisible();
  await page.evaluate(async () => {
    await window.jupyterapp.commands.execute('statusbar:toggle');
  });
  await expect(health.item).toBeHidden();
  const asked = lookups(page);
  const made = await lastSample(page);
  await expect
    .poll(() => lastSample(page), { timeout: 30_000 })
    .toBeGreaterThan(made + 4);
  expect(asked).toHaveLength(0);
  await page.evaluate(async () => {
    await window.jupyterapp.commands.execute('statusbar:toggle');
  });
  await expect.poll(() => asked.length).toBeGreaterThan(0);
});

test('What is wrong is told by a sign and in words, with what to do', async ({
  health,
  standIn
}) => {
  standIn.memory.used = 7.6 * 1024 * MEGABYTE;
  standIn.gpu(0, 79, 0.98);
  standIn.disk('', 'Home', 8, 100);
  standIn.check('gpu', 'fail', {
    message: 'The container lost the GPU.',
    advice: 'Save your work, and recreate the server.',
    texts: { ru: { message: 'Контейнер потерял GPU.', advice: '' } }
  });
  await expect(health.figure('memory')).toHaveText('7.6 / 8 GB');
  await expect(health.figure('memory').locator('svg')).toBeVisible();
  await expect(health.figure('gpu')).toHaveText('GPU memory 99%');
  await expect(health.figure('disk')).toHaveText('Disk 92%');
  await expect(health.figure('state')).toHaveText('1 problem');
  await expect(health.item).toHaveAccessibleName(
    /Problem: Memory: 7\.6 of 8 GB.*Problem: The container lost the GPU\./
  );
  await health.open();
  await expect(health.checks.first()).toContainText('recreate the server');
  await expect(
    health.panel.getByRole('img', { name: /^GPU 0: NVIDIA A100.*Problem/ })
  ).toBeVisible();
});

test('Thresholds and what the status bar shows are settings', async ({
  health,
  page,
  standIn
}) => {
  await expect(health.figure('memory')).toHaveText('5.1 / 8 GB');
  await expect(health.figure('memory')).toHaveAttribute(
    'data-cj-level',
    'pass'
  );
  standIn.past = () => 1;
  await page.evaluate(async () => {
    const registry = await window.galata.getPlugin(
      '@jupyterlab/apputils-extension:settings'
    );
    await registry?.set('cloudru-jlab:healthcheck', 'memoryWarning', 0.5);
    await registry?.set('cloudru-jlab:healthcheck', 'showCpu', false);
  });
  await expect(health.figure('memory')).toHaveAttribute(
    'data-cj-level',
    'warn'
  );
  await expect(health.figure('cpu')).toHaveCount(0);
});

test('The panel is reached and used with the keyboard, and axe finds nothing', async ({
  health,
  page,
  standIn
}) => {
  standIn.gpu(0, 20, 0.5);
  standIn.disk('', 'Home', 50, 100);
  standIn.kernel('one', 'train.ipynb', 2);
  standIn.check('disk', 'warn', { advice: 'Delete something.' });
  standIn.check('memory', 'pass');
  await expect(health.figure('gpu')).toHaveText('GPU 50%');
  await health.item.focus();
  await page.keyboard.press('Enter');
  await expect(health.panel).toBeVisible();
  await expect(
    health.panel.getByRole('heading', { name: 'Health' })
  ).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(
    health.panel.getByRole('button', { name: 'Settings of Health' })
  ).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(health.panel.locator('summary')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(health.checks).toHaveCount(2);
  await page.keyboard.press('Tab');
  await expect(
    health.panel.getByRole('button', {
      name: 'Shut down the kernel of train.ipynb'
    })
  ).toBeFocused();
  for (const theme of ['JupyterLab Light', 'JupyterLab Dark', 'JupyterLab Dark High Contrast']) {
    await page.theme.setTheme(theme);
    const { violations } = await new AxeBuilder({ page })
      .include('#cloudru-health')
      .include('.cj-HealthItem')
      .analyze();
    expect(violations, theme).toEqual([]);
  }
});

test('A narrow sidebar and 200 % zoom scroll nothing sideways', async ({
  health,
  page,
  standIn
}) => {
  standIn.gpu(0, 20, 0.5);
  standIn.disk('data', 'A root with a title that is quite long', 50, 100);
  standIn.kernel('one', 'a-notebook-with-a-name-without-a-single-space.ipynb', 2);
  standIn.kernel('two', 'remote.ipynb', null);
  await health.open();
  await expect(health.kernels).toHaveCount(2);
  const overflow = (): Promise<number> =>
    health.panel.evaluate(node =>
      Math.max(
        ...[node, ...node.querySelectorAll('.cj-Health-body, table')].map(
          element => element.scrollWidth - element.clientWidth
        )
      )
    );
  // 200 % of 1280 pixels are as many.
  await page.setViewportSize({ width: 640, height: 400 });
  await expect(health.panel).toBeVisible();
  await expect(health.item).toBeInViewport();
  await expect.poll(overflow).toBeLessThanOrEqual(0);
  await health.panel.evaluate(node => {
    node.style.width = '180px';
  });
  await expect.poll(overflow).toBeLessThanOrEqual(0);
});

test.describe('In Russian', () => {
  test.use({
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      '@jupyterlab/translation-extension:plugin': { locale: 'ru_RU' }
    },
    waitForApplication: async ({ baseURL: _ }, use) => {
      // Galata's own waits for a tab that is called "Launcher".
      await use(async page => {
        await page
          .locator('#jupyterlab-splash')
          .waitFor({ state: 'detached' });
        await page.locator('.cj-HealthItem').waitFor();
      });
    }
  });

  test('Figures, checks and kernels are told in Russian', async ({
    health,
    page,
    standIn
  }) => {
    const { data } = (await (
      await page.request.get(`${process.env.TARGET_URL}/lab/api/translations`)
    ).json()) as { data: Record<string, unknown> };
    test.skip(!('ru_RU' in data), 'the Russian language pack is not installed');
    standIn.kernel('one', 'train.ipynb', 2);
    standIn.check('gpu', 'fail', {
      texts: { ru: { message: 'Контейнер потерял GPU.', advice: '' } }
    });
    await expect(health.figure('memory')).toHaveText('5,1 / 8 ГБ');
    await expect(health.figure('state')).toHaveText('1 неполадка');
    await health.open();
    await expect(health.checks.first()).toContainText('Контейнер потерял GPU.');
    await expect(health.kernel('train.ipynb')).toContainText('свободно');
  });
});

async function setHidden(
  page: Page,
  hidden: boolean
): Promise<void> {
  await page.evaluate(isHidden => {
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
