import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Locator } from '@playwright/test';

import { expect, test } from '../big';
import { makeEmptyFile, makeFamily, namesIn } from '../files';

const dialogOf = (page: IJupyterLabPageFixture): Locator =>
  page.locator('.jp-Dialog');
const toastOf = (page: IJupyterLabPageFixture): Locator =>
  page.locator('.jp-toastContainer, .Toastify__toast-container');

test.describe('Bulk actions', () => {
  test.beforeEach(({ folder }) => {
    makeFamily(folder, { before: 'junk_', after: '.log', count: 3000 });
    makeFamily(folder, { before: 'keep_', after: '.txt', count: 20 });
  });

  test('delete all that the filter shows, and nothing that came later @beside', async ({
    files,
    folder,
    page,
    tmpPath
  }) => {
    await files.open(tmpPath);
    await files.filterBy('junk');
    await expect(files.footer).toContainText('3,000 of 3,020');
    await files.select('junk_1.log');
    await files.execute('filebrowser:select-all');
    await expect(files.footer).toContainText('3,000 selected');
    await page.keyboard.press('Delete');
    await expect(dialogOf(page)).toContainText('3,000 items');
    makeEmptyFile(join(folder, 'junk_late.log'));
    await dialogOf(page).locator('.jp-mod-warn').click();
    await expect(toastOf(page)).toContainText('3,000');
    await expect.poll(() => namesIn(folder).length).toBe(21);
    expect(namesIn(folder)).toContain('junk_late.log');
    await expect(files.footer).toContainText('1 of 21');
    await files.expectFirst('junk_late.log');
  });

  test('ask again when fewer are left', async ({
    files,
    folder,
    page,
    tmpPath
  }) => {
    await files.open(tmpPath);
    await files.select('junk_1.log');
    await files.execute('filebrowser:select-all');
    await page.keyboard.press('Delete');
    await expect(dialogOf(page)).toContainText('3,020 items');
    const { rmSync } = await import('node:fs');
    rmSync(join(folder, 'junk_7.log'));
    await dialogOf(page).locator('.jp-mod-warn').click();
    await expect(dialogOf(page)).toContainText('3,019 items');
    await dialogOf(page).getByRole('button', { name: 'Cancel' }).click();
    expect(namesIn(folder)).toHaveLength(3019);
  });

  test('move with what can be moved, and tell of the rest', async ({
    files,
    folder,
    page,
    tmpPath
  }) => {
    mkdirSync(join(folder, 'target'));
    makeEmptyFile(join(folder, 'target', 'junk_2.log'));
    makeEmptyFile(join(folder, 'target', 'junk_5.log'));
    await files.open(tmpPath);
    await files.filterBy('junk');
    await expect(files.footer).toContainText('3,000 of');
    await files.select('junk_1.log');
    await files.execute('filebrowser:select-all');
    await files.execute('filebrowser:cut');
    await files.open(`${tmpPath}/target`);
    await files.launch('filebrowser:paste');
    await expect(dialogOf(page)).toContainText('Move 3,000 items');
    await dialogOf(page).locator('.jp-mod-accept').click();
    await expect(toastOf(page)).toContainText(
      '2 of 3,000 items could not be moved'
    );
    await toastOf(page).getByRole('button', { name: 'Show Errors…' }).click();
    await expect(dialogOf(page)).toContainText('junk_2.log');
    await expect(dialogOf(page)).toContainText('junk_5.log');
    await dialogOf(page).getByRole('button', { name: 'Close' }).click();
    expect(namesIn(join(folder, 'target'))).toHaveLength(3000);
    await expect(files.footer).toContainText('3,000 items');
  });

  test('copy by the clipboard', async ({ files, folder, page, tmpPath }) => {
    mkdirSync(join(folder, 'target'));
    await files.open(tmpPath);
    await files.filterBy('junk');
    await expect(files.footer).toContainText('3,000 of');
    await files.select('junk_1.log');
    await files.execute('filebrowser:select-all');
    await files.execute('filebrowser:copy');
    await files.open(`${tmpPath}/target`);
    await files.launch('filebrowser:paste');
    await expect(dialogOf(page)).toContainText('Copy 3,000 items');
    await dialogOf(page).locator('.jp-mod-accept').click();
    await expect(files.footer).toContainText('3,000 items');
    expect(namesIn(join(folder, 'target'))).toHaveLength(3000);
  });

  test('show their progress again after a reload, and can be cancelled', async ({
    files,
    page,
    tmpPath
  }) => {
    const job = {
      id: 'job-1',
      kind: 'delete',
      path: tmpPath,
      destination: null,
      state: 'running',
      total: 5000,
      done: 1200,
      failed: 0,
      skipped: 0,
      errors: [],
      started: '2026-01-01T00:00:00Z',
      finished: null as string | null
    };
    // A job that takes its time: the server's own would be over before the page is there again.
    await page.route(/\/cloudru\/listing\/jobs/, async route => {
      if (route.request().method() === 'DELETE') {
        job.state = 'cancelled';
        job.finished = '2026-01-01T00:00:01Z';
        await route.fulfill({ json: { ...job, state: 'cancelling' } });
      } else {
        await route.fulfill({ json: { jobs: [job] } });
      }
    });
    await page.reload();
    await files.open(tmpPath);
    await expect(toastOf(page)).toContainText('Deleting: 1,200 of 5,000');
    job.done = 1300;
    await expect(toastOf(page)).toContainText('Deleting: 1,300 of 5,000');
    await toastOf(page).getByRole('button', { name: 'Cancel' }).click();
    await expect(toastOf(page)).toContainText(
      'Cancelled: 1,300 of 5,000 items were deleted'
    );
  });
});
