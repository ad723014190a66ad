import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from '@playwright/test';

import { serverRoot } from '../fixtures';

// Notebook 7 patches the listing of JupyterLab's own file browser, so ours leaves it that one.
test.describe('Notebook 7 @beside', () => {
  test.skip(
    process.env.CLOUDRU_UI_CONFIGURATION !== 'beside',
    'Notebook 7 is installed in the second environment only'
  );

  test('keeps its own tree', async ({ page }) => {
    const folder = join(serverRoot, 'notebook-7');
    mkdirSync(join(folder, 'inner'), { recursive: true });
    writeFileSync(join(folder, 'inner', 'notes.txt'), 'kept\n');
    const errors: string[] = [];
    page.on('pageerror', error => {
      if (error.stack?.includes('/cloudru-jlab/')) {
        errors.push(error.message);
      }
    });
    try {
      await page.goto(`${process.env.TARGET_URL}/tree/notebook-7`);
      const rows = page.locator('.jp-DirListing-item');
      await rows.filter({ hasText: 'inner' }).dblclick();
      const file = rows.filter({ hasText: 'notes.txt' });
      await expect(file).toBeVisible();
      await expect(page).toHaveURL(/tree\/notebook-7\/inner$/);
      await file.locator('input[type="checkbox"]').check();
      await expect(
        page.getByRole('button', { name: 'Open', exact: true })
      ).toBeVisible();
      const browser = page.locator('.jp-FileBrowser');
      await expect(browser.locator('[class*="cj-"]')).toHaveCount(0);
      expect(errors).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

// What it lists is its own, but the roots are reached all the same.
test.describe('Notebook 7 with several roots @together', () => {
  const folders = process.env.CLOUDRU_UI_ROOTS ?? '';

  test('has the root switcher above its own tree', async ({ page }) => {
    const inner = join(folders, 'scratch', 'inner');
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, 'notes.txt'), 'in a root\n');
    const errors: string[] = [];
    page.on('pageerror', error => {
      if (error.stack?.includes('/cloudru-jlab/')) {
        errors.push(error.message);
      }
    });
    try {
      await page.goto(`${process.env.TARGET_URL}/tree`);
      const switcher = page.locator('.cj-RootSwitcher-button');
      await expect(switcher).toContainText('free');
      await switcher.focus();
      await page.keyboard.press('Enter');
      const menu = page.getByRole('menu', { name: 'Roots' });
      await expect(menu.getByRole('menuitemradio')).toHaveCount(4);
      // There is no room for a panel beside the first.
      await expect(
        menu.getByRole('menuitem', { name: /New Panel/ })
      ).toHaveCount(0);
      await page.keyboard.type('scr');
      await page.keyboard.press('Enter');
      await expect(page).toHaveURL(/tree\/(@|%40)scratch$/);
      const rows = page.locator('.jp-DirListing-item');
      await rows.filter({ hasText: 'inner' }).dblclick();
      const file = rows.filter({ hasText: 'notes.txt' });
      await expect(file).toBeVisible();
      await expect(page.locator('.jp-BreadCrumbs-content')).toHaveText(
        'Scratch/inner/'
      );
      // An address with a root in it leads there.
      await page.reload();
      await expect(file).toBeVisible();
      await expect(switcher).toContainText('Scratch');
      // The list is Notebook's own, and does what it does elsewhere.
      await file.locator('input[type="checkbox"]').check();
      await expect(
        page.getByRole('button', { name: 'Open', exact: true })
      ).toBeVisible();
      await expect(page.locator('.cj-Footer')).toHaveCount(0);
      expect(errors).toEqual([]);
    } finally {
      rmSync(inner, { recursive: true, force: true });
    }
  });
});
