import AxeBuilder from '@axe-core/playwright';
import type { IJupyterLabPageFixture } from '@jupyterlab/galata';

import { expect, test } from '../big';

/** What axe finds wrong below an element, in words. */
async function violations(
  page: IJupyterLabPageFixture,
  selector: string
): Promise<string[]> {
  const builder = new AxeBuilder({ page })
    .include(selector)
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']);
  const { violations: found } = await builder.analyze();
  return found.map(
    violation =>
      `${violation.id}: ${violation.nodes.map(node => node.html).join(' | ')}`
  );
}


for (const theme of ['JupyterLab Light', 'JupyterLab Dark', 'JupyterLab Dark High Contrast']) {
  test(`The browser's own parts are accessible in ${theme}`, async ({
    big,
    files,
    page
  }) => {
    await page.theme.setTheme(theme);
    await files.open(big);
    await expect(files.footer).toContainText('100,003 items');
    expect(await violations(page, '.cj-Footer')).toEqual([]);

    await page.route(/\/cloudru\/listing(\/changes)?\?/, route =>
      route.fulfill({
        status: 403,
        json: { message: 'No.', reason: 'permission_denied' }
      })
    );
    await files.execute('filebrowser:refresh');
    await expect(files.panel.getByRole('alert')).toBeVisible();
    expect(await violations(page, '.cj-Problem')).toEqual([]);
  });
}

test('The rows are as accessible as stock ones', async ({
  big,
  files,
  page
}) => {
  await files.open(big);
  await files.scrollTo(0.5);
  await files.expectVisible('sample-1.txt');
  const rows = await violations(page, '.jp-DirListing-content');
  expect(rows).toEqual([]);
});

test('The search of a file dialog is accessible', async ({ big, files, page }) => {
  await files.launch('workspace-ui:import');
  const dialog = page.locator('.jp-Dialog');
  await dialog.locator(`.jp-DirListing-item:has-text("${big}")`).dblclick();
  await expect(dialog.getByRole('searchbox')).toBeVisible();
  expect(await violations(page, '.cj-Dialog-search')).toEqual([]);
});
