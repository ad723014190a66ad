import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { galata } from '@jupyterlab/galata';

import { expect, test } from '../big';
import { makeFamily } from '../files';

/** Ask for a directory as an extension would that knows nothing of us; gives the number of entries it gets. */
const listWhole = (path: string): Promise<number> =>
  window.jupyterapp.serviceManager.contents
    .get(path, { content: true })
    .then(model => (model.content as unknown[]).length);

test('What lists a directory whole gets the beginning, and the user is told once @beside', async ({
  folder,
  page,
  tmpPath
}) => {
  makeFamily(folder, { before: 'row ', after: '', count: 10_500 });
  expect(await page.evaluate(listWhole, tmpPath)).toBe(10_000);
  const notice = page.locator('.Toastify__toast-container');
  await expect(notice).toContainText('Showing 10,000 of 10,500 items');
  await page.evaluate(listWhole, tmpPath);
  const count = await page.evaluate(
    () =>
      window.galata
        .getNotifications()
        .then(all => all.filter(item => item.message.includes('10,500')).length)
  );
  expect(count).toBe(1);
});

test('A file is opened, changed and saved @beside', async ({
  files,
  folder,
  page,
  tmpPath
}) => {
  writeFileSync(
    join(folder, 'notes.txt'),
    'first line\n'
  );
  await files.open(tmpPath);
  await files.row('notes.txt').dblclick();
  const editor = page.locator('[role="main"] .cm-content');
  await expect(editor).toContainText('first line');
  await editor.fill('second line');
  await page.menu.clickMenuItem('File>Save Text');
  await expect
    .poll(async () => {
      const { readFileSync } = await import('node:fs');
      return readFileSync(join(folder, 'notes.txt'), 'utf8').trim();
    })
    .toBe('second line');
});

test.describe('The stock browser', () => {
  test.use({
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      'cloudru-jlab:browser': { mode: 'stock' }
    }
  });

  test('comes back by a setting', async ({
    files,
    folder,
    tmpPath,
    traffic
  }) => {
    makeFamily(folder, { before: 'row ', after: '', count: 150 });
    traffic.clear();
    await files.open('');
    await files.open(tmpPath);
    await expect(files.rows).toHaveCount(150);
    await expect(files.footer).toHaveCount(0);
    expect(traffic.of('/cloudru/listing')).toEqual([]);
    expect(traffic.wholeDirectories.length).toBeGreaterThan(0);
  });
});

test('The setting takes effect at the next reload', async ({
  files,
  page,
  tmpPath
}) => {
  await files.open(tmpPath);
  await expect(files.footer).toBeVisible();
  const choose = (mode: string) =>
    page.evaluate(async value => {
      const registry = await window.galata.getPlugin(
        '@jupyterlab/apputils-extension:settings'
      );
      await registry?.set('cloudru-jlab:browser', 'mode', value);
    }, mode);
  await choose('stock');
  await page.reload();
  await files.open(tmpPath);
  await expect(files.footer).toHaveCount(0);
  await choose('windowed');
  await page.reload();
  await files.open(tmpPath);
  await expect(files.footer).toBeVisible();
});
