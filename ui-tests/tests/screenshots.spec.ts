import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { galata } from '@jupyterlab/galata';
import type { IJupyterLabPageFixture } from '@jupyterlab/galata';

import { expect, serverRoot, test as base } from '../big';
import { makeFamily, removeTree, writeText } from '../files';

const IMAGES = join(__dirname, '..', '..', 'docs', 'images');
const FILES = 1_000_000;

/** The pictures of the documentation. They show a million files, and are taken only when asked for: `SCREENSHOTS=1`. */
const test = base.extend<object, { million: string }>({
  million: [
    async ({}, use) => {
      const folder = join(serverRoot, 'frames');
      mkdirSync(join(folder, 'checkpoints'), { recursive: true });
      mkdirSync(join(folder, 'labels'));
      const families = [
        ['IMG_', '.jpg'],
        ['mask_', '.png'],
        ['sample-', '.json'],
        ['Кадр ', '.jpg']
      ] as const;
      families.forEach(([before, after], i) => {
        // The two directories count, too.
        const count = FILES / families.length - (i === 3 ? 2 : 0);
        makeFamily(folder, { before, after, count });
      });
      await use('frames');
      removeTree(folder);
    },
    { scope: 'worker', timeout: 600_000 }
  ]
});

test.skip(!process.env.SCREENSHOTS, 'pictures are taken with SCREENSHOTS=1');

async function shoot(
  page: IJupyterLabPageFixture,
  name: string
): Promise<void> {
  // Neither a tooltip nor the mark of the row below the pointer.
  await page.mouse.move(800, 500);
  await page.screenshot({ path: join(IMAGES, `${name}.png`) });
}

test('A million files', async ({ files, million, page }) => {
  await files.open(million);
  await expect(files.footer).toContainText('1,000,000 items');
  await files.execute('filebrowser:toggle-file-size');
  await page.sidebar.setWidth(420);
  await files.scrollTo(0.5);
  await files.expectVisible('sample-1.json');
  await files.select('sample-1.json');
  await shoot(page, 'million');
  expect(await files.rows.count()).toBeLessThan(100);
});

test('The filter, in the dark', async ({ files, million, page }) => {
  await page.theme.setTheme('JupyterLab Dark');
  await files.open(million);
  await page.sidebar.setWidth(360);
  await files.filterBy('кадр 24');
  await expect(files.footer).toContainText('of 1,000,000');
  await files.expectFirst('Кадр 24.jpg');
  await shoot(page, 'dark');
});

test('A narrow side bar', async ({ files, million, page }) => {
  await files.open(million);
  await files.execute('filebrowser:toggle-file-size');
  await files.filterBy('sample');
  // JupyterLab makes it no narrower than 250 pixels.
  await page.sidebar.setWidth(180);
  await expect(files.footer).toContainText('250,000 of 1,000,000');
  await shoot(page, 'narrow');
  const overflow = await files.panel.evaluate(
    node => node.scrollWidth - node.clientWidth
  );
  expect(overflow).toBe(0);
});

test('The question before a bulk action', async ({ files, million, page }) => {
  await files.open(million);
  await page.sidebar.setWidth(420);
  await files.filterBy('mask_');
  await expect(files.footer).toContainText('250,000 of');
  await files.select('mask_1.png');
  await files.execute('filebrowser:select-all');
  await page.keyboard.press('Delete');
  await expect(page.locator('.jp-Dialog')).toContainText('250,000 items');
  await shoot(page, 'bulk');
  await page.keyboard.press('Escape');
});

test.describe('At 200 % zoom', () => {
  test.use({ deviceScaleFactor: 2, viewport: { width: 640, height: 400 } });

  test('the browser is whole', async ({ files, million, page }) => {
    await files.open(million);
    await expect(files.footer).toBeInViewport();
    await shoot(page, 'zoom');
  });
});

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

  test('Cyrillic stands first', async ({ files, million, page }) => {
    await files.open(million);
    await page.sidebar.setWidth(420);
    await files.scrollTo(0);
    await files.expectVisible('Кадр 1.jpg');
    await expect(files.footer).toContainText(/1\s000\s000 элементов/);
    await shoot(page, 'russian');
  });
});

test.describe('Several roots @roots', () => {
  // Where the page opens: it stands among the recent folders.
  test.use({ tmpPath: 'notebooks' });

  const roots = process.env.CLOUDRU_UI_ROOTS ?? '';
  const names = ['notes.md', 'plan.txt', 'Отчёт.csv', 'run.sh'];
  const contents: Record<string, string[]> = {
    home: [
      ...['data', 'figures', 'notebooks', 'reports'].map(name => `${name}/a`),
      ...Array.from({ length: 12 }, (_, i) => `train ${i + 1}.ipynb`),
      ...names
    ],
    scratch: ['run 12/log.txt', 'run 12/model.pt', 'run 13/log.txt'],
    datasets: ['train/a.csv', 'validation/a.csv', 'labels.json']
  };

  test.beforeAll(() => {
    for (const [root, paths] of Object.entries(contents)) {
      for (const path of paths) {
        const file = join(roots, root, path);
        mkdirSync(dirname(file), { recursive: true });
        writeText(file, `${path}\n`.repeat(path.length));
      }
    }
  });

  test('A root beside the other, and a read-only one', async ({
    files,
    page
  }) => {
    await files.open('');
    await files.expectVisible('notebooks', 'notes.md');
    await page.sidebar.setWidth(300);
    const switcher = page.locator('#filebrowser .cj-RootSwitcher-button');
    const menu = page.getByRole('menu', { name: 'Roots' });
    await switcher.click();
    await menu
      .getByRole('menuitem', { name: 'Open “Scratch” in New Panel' })
      .click();
    const panel = page.locator('.cj-RootPanel');
    await panel.getByText('run 12', { exact: true }).dblclick();
    await expect(panel.getByText('model.pt', { exact: true })).toBeVisible();
    await switcher.click();
    await expect(menu).toBeVisible();
    await shoot(page, 'roots');
    await page.keyboard.press('Escape');
    await switcher.click();
    await menu.getByRole('menuitemradio', { name: /^Datasets/ }).click();
    await files.expectVisible('labels.json');
    await files.select('labels.json');
    await shoot(page, 'roots-read-only');
  });
});
