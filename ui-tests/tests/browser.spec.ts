import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import { expect, serverRoot, test } from '../big';
import { makeEmptyFile, nameAt, removeTree, TOTAL } from '../files';

const LAST = nameAt(TOTAL - 1);

/** The rows of the big directory by name. */
const ROWS = new Map(
  Array.from({ length: TOTAL }, (_, index) => [nameAt(index), index])
);

/** Assert that names stand one after the other in the big directory; gives the row of the first. */
function expectInARow(names: string[]): number {
  const first = ROWS.get(names[0] ?? '') ?? -1;
  expect(names).toEqual(names.map((_, i) => nameAt(first + i)));
  return first;
}

test.describe('A directory of 100,000 files', () => {
  test('opens by a double click and draws only what is seen @beside', async ({
    big,
    files,
    page,
    traffic
  }) => {
    await files.open('');
    traffic.clear();
    await files.row(big).dblclick();
    await files.expectFirst('alpha');
    await expect(files.footer).toContainText('100,003 items');
    expectInARow(await files.visibleNames());
    expect(await files.rows.count()).toBeLessThan(
      (await files.capacity()) + 50
    );
    expect(await page.filebrowser.getCurrentDirectory()).toBe(big);
    expect(traffic.wholeDirectories).toEqual([]);
  });

  test('scrolls to every row', async ({ big, files, page }) => {
    await files.open(big);
    await files.expectFirst('alpha');
    await files.scrollTo(1);
    await files.expectLast(LAST);
    expectInARow(await files.visibleNames());

    for (const share of [0.25, 0.5, 0.75]) {
      await files.scrollTo(share);
      await expect
        .poll(async () =>
          Math.abs((ROWS.get((await files.visibleNames())[3]!) ?? 0) / TOTAL - share)
        )
        .toBeLessThan(0.01);
      expectInARow(await files.visibleNames());
    }

    const before = expectInARow(await files.visibleNames());
    await files.content.hover();
    await page.mouse.wheel(0, 1200);
    await expect
      .poll(async () => ROWS.get((await files.visibleNames())[0]!))
      .toBeGreaterThan(before);
    const after = expectInARow(await files.visibleNames());
    expect(after - before).toBeLessThan(100);

    await files.scrollTo(0);
    await files.expectFirst('alpha');
    expect(await files.rows.count()).toBeLessThan(
      (await files.capacity()) + 50
    );
  });

  test('goes anywhere by the keyboard @beside', async ({
    big,
    files,
    page
  }) => {
    await files.open(big);
    await files.select('alpha');
    await page.keyboard.press('End');
    await files.expectFocused(LAST);
    await files.expectLast(LAST);
    await page.keyboard.press('ArrowUp');
    await files.expectFocused(nameAt(TOTAL - 2));
    await page.keyboard.press('PageUp');
    await expect
      .poll(async () => ROWS.get((await files.focusedName()) ?? ''))
      .toBeLessThan(TOTAL - 10);
    const focused = ROWS.get((await files.focusedName())!)!;
    await page.keyboard.press('PageDown');
    await expect
      .poll(async () => ROWS.get((await files.focusedName()) ?? ''))
      .toBeGreaterThan(focused);
    await page.keyboard.press('Home');
    await files.expectFocused('alpha');
    await files.expectFirst('alpha');
    await page.keyboard.press('ArrowDown');
    await files.expectFocused('beta');
  });

  test('finds a name as it is typed', async ({ big, files, page }) => {
    await files.open(big);
    await files.select('alpha');
    await page.keyboard.type('sample-21');
    await files.expectFocused('sample-21.txt');
    const names = await files.visibleNames();
    expectInARow(names);
    expect(names).toContain('sample-21.txt');
  });

  test('keeps what is selected when it is scrolled away', async ({
    big,
    files
  }) => {
    await files.open(big);
    await files.select('event_1.json');
    await files.select('event_3.json', ['ControlOrMeta']);
    await files.scrollTo(1);
    await files.expectLast(LAST);
    await files.select(LAST, ['ControlOrMeta']);
    await files.scrollTo(0.5);
    await expect(files.row(LAST)).toHaveCount(0);
    const wanted = ['event_1.json', 'event_3.json', LAST];
    expect((await files.selectedPaths()).sort()).toEqual(
      wanted.map(name => `${big}/${name}`).sort()
    );
    await expect(files.footer).toContainText('3 selected');
    await files.scrollTo(0);
    await expect(files.row('event_3.json')).toHaveClass(/jp-mod-selected/);
    await expect(files.row('event_2.json')).not.toHaveClass(/jp-mod-selected/);
  });

  test('selects a range far beyond the screen', async ({
    big,
    files,
    page
  }) => {
    await files.open(big);
    await files.select('event_1.json');
    await files.scrollTo(1);
    await files.expectLast(LAST);
    await files.select(LAST, ['Shift']);
    await expect(files.footer).toContainText('100,000 selected');
    await files.scrollTo(0.5);
    await expect(files.rows.first()).toHaveClass(/jp-mod-selected/);
    await files.scrollTo(0);
    await expect(files.row('alpha')).not.toHaveClass(/jp-mod-selected/);

    await files.select('beta');
    await page.keyboard.press('Shift+End');
    await expect(files.footer).toContainText('100,002 selected');
  });

  test('puts a renamed file into its place, focused', async ({
    big,
    files,
    page
  }) => {
    const folder = join(serverRoot, big);
    makeEmptyFile(join(folder, 'event_2a.json'));
    try {
      await files.open(big);
      await files.select('event_2a.json');
      await page.keyboard.press('F2');
      const editor = files.panel.locator('.jp-DirListing-editor');
      await editor.fill('sample-12000a.txt');
      await editor.press('Enter');
      await files.expectVisible('sample-12000.txt', 'sample-12000a.txt');
      await files.expectFocused('sample-12000a.txt');
      const names = await files.visibleNames();
      expect(names.indexOf('sample-12000a.txt')).toBe(
        names.indexOf('sample-12000.txt') + 1
      );
      expect(existsSync(join(folder, 'sample-12000a.txt'))).toBe(true);
    } finally {
      removeTree(join(folder, 'event_2a.json'));
      removeTree(join(folder, 'sample-12000a.txt'));
    }
  });

  test('makes a folder in its place, ready to be named', async ({
    big,
    files,
    page
  }) => {
    const folder = join(serverRoot, big);
    try {
      await files.open(big);
      await files.scrollTo(0.5);
      await files.launch('filebrowser:create-new-directory');
      const editor = files.panel.locator('.jp-DirListing-editor');
      await expect(editor).toHaveValue('Untitled Folder');
      await editor.fill('gamma');
      await page.keyboard.press('Enter');
      await files.expectFocused('gamma');
      await files.expectVisible('gamma', 'Архив');
    } finally {
      removeTree(join(folder, 'Untitled Folder'));
      removeTree(join(folder, 'gamma'));
    }
  });

  test('moves a file by drag and drop', async ({ big, files }) => {
    const folder = join(serverRoot, big);
    makeEmptyFile(join(folder, 'event_0.json'));
    try {
      await files.open(big);
      await files.row('event_0.json').dragTo(files.row('beta'));
      await expect
        .poll(() => existsSync(join(folder, 'beta', 'event_0.json')))
        .toBe(true);
      await expect(files.row('event_0.json')).toHaveCount(0);
      await expect(files.footer).toContainText('100,003 items');
    } finally {
      removeTree(join(folder, 'event_0.json'));
      removeTree(join(folder, 'beta', 'event_0.json'));
    }
  });

  test('asks before an upload replaces a file out of sight', async ({
    big,
    files,
    page
  }) => {
    await files.open(big);
    const chooser = page.waitForEvent('filechooser');
    await files.panel.getByTitle(/Upload Files/).click();
    await (
      await chooser
    ).setFiles({
      name: 'sample-24999.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('new')
    });
    const dialog = page.locator('.jp-Dialog');
    await expect(dialog).toContainText('Overwrite');
    await expect(dialog).toContainText('sample-24999.txt');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    // What stock says when the answer is no.
    await expect(dialog).toContainText('File not uploaded');
    await dialog.getByRole('button').last().click();
    await expect(dialog).toHaveCount(0);
  });

  test('holds still below an open menu', async ({ big, files, page }) => {
    const intruder = join(serverRoot, big, 'event_0.json');
    try {
      await files.open(big);
      await files.expectFirst('alpha');
      const before = await files.visibleNames();
      await files.row('event_3.json').click({ button: 'right' });
      await expect(page.locator('.lm-Menu')).toBeVisible();
      const told = page.waitForResponse(/\/cloudru\/listing\/changes/);
      makeEmptyFile(intruder);
      await (await told).finished();
      expect(await files.visibleNames()).toEqual(before);
      await page.keyboard.press('Escape');
      await files.expectVisible('event_0.json');
    } finally {
      removeTree(intruder);
    }
  });

  test('is walked through by the keyboard alone', async ({
    big,
    files,
    page
  }) => {
    await files.open('');
    await files.select(big);
    await page.keyboard.press('Enter');
    await files.expectFirst('alpha');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Home');
    await files.expectFocused('alpha');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.filebrowser.getCurrentDirectory())
      .toBe(`${big}/alpha`);
    await expect(files.footer).toContainText('0 items');
    await page.keyboard.press('Backspace');
    await expect.poll(() => page.filebrowser.getCurrentDirectory()).toBe(big);
    await files.expectVisible('alpha', 'beta');
  });

  test('follows what others do in it @beside', async ({ big, files }) => {
    const folder = join(serverRoot, big);
    try {
      await files.open(big);
      await files.expectVisible('event_3.json', 'event_4.json');
      makeEmptyFile(join(folder, 'event_3a.json'));
      const names = await files.expectVisible('event_3a.json');
      expect(names.indexOf('event_3a.json')).toBe(
        names.indexOf('event_3.json') + 1
      );
      await expect(files.footer).toContainText('100,004 items');
      renameSync(
        join(folder, 'event_3a.json'),
        join(folder, 'event_4a.json')
      );
      await files.expectVisible('event_4.json', 'event_4a.json');
      removeTree(join(folder, 'event_4a.json'));
      await expect(files.footer).toContainText('100,003 items');
      await expect(files.row('event_4a.json')).toHaveCount(0);
    } finally {
      removeTree(join(folder, 'event_3a.json'));
      removeTree(join(folder, 'event_4a.json'));
    }
  });

  test('costs next to nothing while nothing happens @beside', async ({
    big,
    files,
    page,
    traffic
  }) => {
    await files.open(big);
    await files.expectFirst('alpha');
    const nodes = () =>
      page.evaluate(() => document.querySelectorAll('#filebrowser *').length);
    const before = await nodes();
    traffic.clear();
    for (let round = 0; round < 5; round++) {
      const answer = page.waitForResponse(/\/cloudru\/listing\/changes/);
      await files.execute('filebrowser:refresh');
      const response = await answer;
      expect((await response.body()).length).toBeLessThan(1024);
    }
    expect(await nodes()).toBe(before);
    expect(traffic.wholeDirectories).toEqual([]);
    expect(traffic.of('/cloudru/listing')).toEqual([]);
  });
});

test('a hidden page asks nothing', async ({ files, page, tmpPath, traffic }) => {
  await page.clock.install();
  await page.reload();
  await files.open(tmpPath);
  const polls = () => traffic.of('/cloudru/listing/changes').length;
  traffic.clear();
  await page.clock.fastForward(25_000);
  await expect.poll(polls).toBeGreaterThan(0);

  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { get: () => true });
    Object.defineProperty(document, 'visibilityState', {
      get: () => 'hidden'
    });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  // A request that the clock has caused is made by the time that another one is answered.
  const caughtUp = () =>
    page.evaluate(() =>
      window.jupyterapp.serviceManager.contents.get('', { content: false })
    );
  // The poll lingers for one round, which begins once the answer under way is there.
  for (let round = 0; round < 3; round++) {
    await caughtUp();
    await page.clock.fastForward(25_000);
  }
  await caughtUp();
  traffic.clear();
  await page.clock.fastForward(120_000);
  await caughtUp();
  expect(polls()).toBe(0);
});

test.describe('At start-up', () => {
  test.use({ autoGoto: false });

  test('no directory is listed whole @beside', async ({
    page,
    tmpPath,
    traffic
  }) => {
    await page.goto(`tree/${tmpPath}`);
    await expect
      .poll(() => page.filebrowser.getCurrentDirectory())
      .toBe(tmpPath);
    await expect(page.locator('.cj-Footer')).toContainText('0 items');
    expect(traffic.wholeDirectories).toEqual([]);
  });
});
