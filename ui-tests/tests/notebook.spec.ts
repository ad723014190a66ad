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
      await expect(page.locator('[class*="cj-"]')).toHaveCount(0);
      expect(errors).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
