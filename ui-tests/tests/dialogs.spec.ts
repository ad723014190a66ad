import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect, serverRoot, test } from '../big';
import { makeEmptyFile, removeTree } from '../files';

test.describe('File dialogs', () => {
  test('show the beginning of a big directory and search the rest @beside', async ({
    big,
    files,
    page,
    traffic
  }) => {
    const wanted = join(serverRoot, big, 'zebra.jupyterlab-workspace');
    makeEmptyFile(wanted);
    try {
      traffic.clear();
      await files.launch('workspace-ui:import');
      const dialog = page.locator('.jp-Dialog');
      await dialog.locator(`.jp-DirListing-item:has-text("${big}")`).dblclick();
      await expect(dialog.getByRole('status')).toHaveText(
        '3 suitable among the first 5,000 of 100,004 items: type to search'
      );
      const rows = dialog.locator('.jp-DirListing-item');
      await expect(rows).toHaveCount(3);
      const search = dialog.getByRole('searchbox');
      await search.fill('ZEBRA');
      await expect(rows).toHaveCount(1);
      await expect(rows).toContainText('zebra.jupyterlab-workspace');
      await search.press('ArrowDown');
      await expect(dialog).toHaveCount(1);
      await rows.click();
      await expect(rows).toHaveClass(/jp-mod-selected/);
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      expect(traffic.wholeDirectories).toEqual([]);
    } finally {
      removeTree(wanted);
    }
  });

  test('list directories alone where one is to be chosen', async ({
    files,
    folder,
    page,
    tmpPath
  }) => {
    for (let number = 1; number <= 700; number++) {
      mkdirSync(join(folder, `run ${number}`));
    }
    makeEmptyFile(join(folder, 'run.txt'));
    await files.open(tmpPath);
    await files.launch('workspace-ui:export', { workspace: 'default' });
    const dialog = page.locator('.jp-Dialog');
    await expect(dialog.getByRole('status')).toHaveText(
      'First 500 of 700 items: type to search'
    );
    const rows = dialog.locator('.jp-DirListing-item');
    await expect(rows).toHaveCount(500);
    await dialog.getByRole('searchbox').fill('run 70');
    await expect(rows).toHaveText([/^run 70(?!0)/, /^run 700/]);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(dialog).toHaveCount(0);
  });

  test('look as ever in a small directory', async ({ files, folder, page, tmpPath }) => {
    mkdirSync(join(folder, 'only'));
    await files.open(tmpPath);
    await files.launch('workspace-ui:export', { workspace: 'default' });
    const dialog = page.locator('.jp-Dialog');
    await expect(dialog.locator('.jp-DirListing-item')).toHaveText([/^only/]);
    await expect(dialog.getByRole('searchbox')).toBeHidden();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(dialog).toHaveCount(0);
  });
});

test.describe('The path in the breadcrumbs', () => {
  test('is completed among 100,000 files without listing them', async ({
    big,
    files,
    page,
    traffic
  }) => {
    await files.open('');
    traffic.clear();
    await files.execute('filebrowser:edit-path');
    const input = files.panel.locator('.jp-PathNavigator input');
    const suggestions = files.panel.locator('.jp-PathNavigator-suggestions li');
    await expect(input).toBeFocused();
    await input.fill(`${big}/A`);
    await expect(suggestions).toHaveText(['alpha']);
    await page.keyboard.press('Tab');
    await expect(input).toHaveValue(`${big}/alpha/`);
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.filebrowser.getCurrentDirectory())
      .toBe(`${big}/alpha`);
    expect(traffic.wholeDirectories).toEqual([]);
  });

  test('offers the first of very many directories', async ({
    files,
    folder,
    page,
    tmpPath
  }) => {
    for (let number = 1; number <= 300; number++) {
      mkdirSync(join(folder, `run_${number}`));
    }
    await files.open(tmpPath);
    await files.execute('filebrowser:edit-path');
    const input = files.panel.locator('.jp-PathNavigator input');
    const list = files.panel.locator('.jp-PathNavigator-suggestions');
    await input.fill(`${tmpPath}/r`);
    await expect(list.locator('li')).toHaveCount(100);
    await expect(list).toHaveAttribute('data-cj-more', '200 more: keep typing');
    await page.keyboard.press('Tab');
    await expect(input).toHaveValue(`${tmpPath}/run_`);
    await input.fill(`${tmpPath}/run_299`);
    await expect(list.locator('li')).toHaveText(['run_299']);
    await page.keyboard.press('Escape');
    await expect(input).toBeHidden();
  });
});
