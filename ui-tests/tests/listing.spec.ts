import { appendFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from '../big';
import { makeEmptyFile, removeTree } from '../files';

test('finds Russian names in either case among 100,000', async ({
  big,
  files
}) => {
  await files.open(big);
  await files.filterBy('файл 2499');
  await expect(files.footer).toContainText('11 of 100,003');
  await files.expectFirst('Файл 2499.csv');
  await files.expectVisible('Файл 24990.csv', 'Файл 24999.csv');
  await files.filterBy('ФАЙЛ 2499');
  await expect(files.footer).toContainText('11 of 100,003');
  await files.filterBy('');
  await expect(files.footer).toContainText('100,003 items');
  await files.expectFirst('alpha');
});

test('filters a small directory as loosely as JupyterLab does', async ({
  files,
  folder,
  tmpPath
}) => {
  for (const name of ['notebook.ipynb', 'data.csv', 'Заметки.md']) {
    makeEmptyFile(join(folder, name));
  }
  await files.open(tmpPath);
  await files.filterBy('ntbk');
  await expect(files.rows).toHaveCount(1);
  await expect(files.row('notebook.ipynb')).toBeVisible();
  await files.filterBy('заметки');
  await expect(files.rows).toHaveCount(1);
  await expect(files.footer).toContainText('1 of 3');
});

test('sorts 100,000 files by name the other way round', async ({
  big,
  files
}) => {
  await files.open(big);
  await files.header('name').click();
  await files.expectVisible('Архив', 'Файл 25000.csv');
  await files.scrollTo(1);
  await files.expectLast('event_1.json');
  expect((await files.visibleNames()).at(-2)).toBe('event_2.json');
});

test('sorts by time and by size', async ({
  files,
  folder,
  tmpPath
}) => {
  for (const [name, size, day] of [
    ['a.txt', 10, 3],
    ['b.txt', 30, 1],
    ['c.txt', 20, 2]
  ] as const) {
    writeFileSync(join(folder, name), 'x'.repeat(size));
    const time = new Date(2025, 0, day);
    utimesSync(join(folder, name), time, time);
  }
  await files.open(tmpPath);
  await files.execute('filebrowser:toggle-file-size');
  await files.header('modified').click();
  const byTime = await expectOrder(['b.txt', 'c.txt', 'a.txt']);
  await files.header('modified').click();
  await expectOrder([...byTime].reverse());
  await files.header('filesize').click();
  const bySize = await expectOrder(['b.txt', 'c.txt', 'a.txt']);
  await files.header('filesize').click();
  await expectOrder([...bySize].reverse());

  async function expectOrder(names: string[]): Promise<string[]> {
    await expect
      .poll(async () => {
        const seen = (await files.visibleNames()).join();
        return seen === names.join() || seen === [...names].reverse().join();
      })
      .toBe(true);
    return files.visibleNames();
  }
});

test('shows how a log grows', async ({ files, folder, tmpPath }) => {
  const log = join(folder, 'train.log');
  writeFileSync(log, 'start\n');
  await files.open(tmpPath);
  await files.execute('filebrowser:toggle-file-size');
  const row = files.row('train.log');
  await expect(row).toContainText('6 B');
  appendFileSync(log, 'x'.repeat(5000));
  await files.execute('filebrowser:refresh');
  await expect(row).toContainText('4.9 KB');
});

test('shows rows, a count and a bar while the server still reads', async ({
  files,
  folder,
  page,
  tmpPath
}) => {
  for (let i = 1; i <= 50; i++) {
    makeEmptyFile(join(folder, `row ${i}`));
  }
  await files.open('');
  let reading = true;
  // A directory that takes seconds to read would make this test depend on the machine: the answers say so instead.
  await page.route(/\/cloudru\/listing(\/changes)?\?/, async route => {
    const response = await route.fetch();
    const body = (await response.json()) as Record<string, unknown>;
    if (reading && body.generation) {
      Object.assign(body, {
        complete: false,
        mode: 'preview',
        progress: 0.4,
        scanned: 400_000
      });
    }
    await route.fulfill({ response, json: body });
  });
  await files.open(tmpPath);
  await files.expectFirst('row 1');
  await expect(files.footer).toContainText('400,000 items so far');
  const bar = files.panel.getByRole('progressbar');
  await expect(bar).toBeVisible();
  await expect(bar).toHaveAttribute('aria-valuenow', '40');
  reading = false;
  await expect(bar).toBeHidden();
  await expect(files.footer).toContainText('50 items');
});

test('says what is wrong, and tries again', async ({
  files,
  folder,
  page,
  tmpPath
}) => {
  makeEmptyFile(join(folder, 'inside.txt'));
  await files.open('');
  const refusal = {
    status: 403,
    json: {
      message: 'You may not list this directory.',
      reason: 'permission_denied'
    }
  };
  const listing = /\/cloudru\/listing(\/changes)?\?/;
  await page.route(listing, route => route.fulfill(refusal));
  await files.row(tmpPath).dblclick();
  const panel = files.panel.getByRole('alert');
  await expect(panel).toContainText(
    `You have no permission to list “${tmpPath}”.`
  );
  await page.unroute(listing);
  await panel.getByRole('button', { name: 'Retry' }).click();
  await expect(panel).toBeHidden();
  await files.expectFirst('inside.txt');
});

test('leaves a directory that is removed', async ({
  files,
  folder,
  page,
  tmpPath
}) => {
  mkdirSync(join(folder, 'doomed'));
  makeEmptyFile(join(folder, 'doomed', 'file.txt'));
  await files.open(`${tmpPath}/doomed`);
  await files.expectFirst('file.txt');
  removeTree(join(folder, 'doomed'));
  await files.execute('filebrowser:refresh');
  const dialog = page.locator('.jp-Dialog');
  await expect(dialog).toContainText('Directory not found');
  await dialog.getByRole('button').last().click();
  await expect.poll(() => page.filebrowser.getCurrentDirectory()).toBe('');
});

test('shows odd names as they are', async ({ files, folder, tmpPath }) => {
  const long = 'ж'.repeat(127);
  for (const name of ['new\nline.txt', long, ' space ', '%2e%2e', '<b>.html']) {
    makeEmptyFile(join(folder, name));
  }
  writeFileSync(
    Buffer.concat([Buffer.from(`${folder}/bad-`), Buffer.from([0xff])]),
    ''
  );
  await files.open(tmpPath);
  await expect(files.footer).toContainText('6 items');
  await files.expectVisible(long, '%2e%2e', '<b>.html', 'bad-\ufffd');
});

test('asks before it looks at every entry of a huge directory', async ({
  big,
  files,
  page
}) => {
  // What the server answers from 200,000 entries on.
  const asked: string[] = [];
  await page.route(/\/cloudru\/listing(\/changes)?\?/, async route => {
    const { searchParams } = new URL(route.request().url());
    const isForced = searchParams.get('force') === '1';
    const isSorted = searchParams.get('sort') !== 'name';
    asked.push(`${searchParams.get('sort')} ${isForced}`);
    const response = await route.fetch();
    const body = (await response.json()) as Record<string, unknown>;
    if (body.generation && isSorted && !isForced) {
      body.deferred = true;
    }
    await route.fulfill({ response, json: body });
  });
  await files.open(big);
  await files.header('modified').click();
  await expect(files.footer).toContainText('Shown by name.');
  expect(asked).not.toContain('modified true');
  await files.footer.getByRole('button', { name: 'Sort anyway' }).click();
  await expect(files.footer).not.toContainText('Shown by name.');
  expect(asked).toContain('modified true');
});
