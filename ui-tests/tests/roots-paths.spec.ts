import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Locator } from '@playwright/test';

import { expect, test } from '../big';
import { namesIn, removeTree, writeText } from '../files';

/** The folders of the roots beside the default one, by their names. */
const ROOTS = process.env.CLOUDRU_UI_ROOTS ?? '';

const dialogOf = (page: IJupyterLabPageFixture): Locator =>
  page.locator('.jp-Dialog');
const toastOf = (page: IJupyterLabPageFixture): Locator =>
  page.locator('.jp-toastContainer, .Toastify__toast-container');

/** The panel beside the first one. */
const panelOf = (page: IJupyterLabPageFixture): Locator =>
  page.locator('.cj-RootPanel');

const rowIn = (panel: Locator, name: string): Locator =>
  panel.locator(`.jp-DirListing-item:has-text("${name}")`);

/** The files that a user sees: no folder of checkpoints. */
const filesIn = (place: string): string[] =>
  namesIn(place).filter(name => !name.startsWith('.'));

/** What a file holds; empty while it is not there. */
const textIn = (place: string, name: string): string =>
  existsSync(join(place, name))
    ? readFileSync(join(place, name), 'utf8').trim()
    : '';

async function drag(
  page: IJupyterLabPageFixture,
  from: Locator,
  to: Locator
): Promise<void> {
  const start = (await from.boundingBox())!;
  const end = (await to.boundingBox())!;
  await page.mouse.move(start.x + 20, start.y + start.height / 2);
  await page.mouse.down();
  // In the middle: a notification may lie over the lower end.
  const middle = end.y + end.height / 2;
  await page.mouse.move(end.x + 40, middle, { steps: 8 });
  await page.mouse.move(end.x + 42, middle + 2);
  await page.mouse.up();
}

test.describe('Paths of several roots @roots', () => {
  /** A folder of the test's own in each root. */
  let scratch: string;
  let datasets: string;

  test.beforeEach(({ folder, tmpPath }) => {
    scratch = join(ROOTS, 'scratch', tmpPath);
    datasets = join(ROOTS, 'datasets', tmpPath);
    for (const place of [scratch, datasets]) {
      mkdirSync(place, { recursive: true });
    }
    writeText(join(folder, 'train.csv'), 'home\n');
    writeText(join(scratch, 'train.csv'), 'scratch\n');
    writeText(join(datasets, 'given.csv'), 'given\n');
  });

  test.afterEach(() => {
    removeTree(scratch);
    removeTree(datasets);
  });

  test('what is cut in one root is moved to another, asked once', async ({
    files,
    folder,
    page,
    tmpPath
  }) => {
    writeText(join(folder, 'model.bin'), 'weights');
    await files.open(tmpPath);
    await files.select('model.bin');
    await files.execute('filebrowser:cut');
    await files.open(`@scratch/${tmpPath}`);
    await files.launch('filebrowser:paste');
    await expect(dialogOf(page)).toContainText(
      `Copy or move 1 item to “Scratch: ${tmpPath}”?`
    );
    await dialogOf(page).getByRole('button', { name: 'Move' }).click();
    await expect(toastOf(page)).toContainText('Moved 1 item');
    await expect(files.row('model.bin')).toBeVisible();
    expect(namesIn(scratch)).toContain('model.bin');
    expect(namesIn(folder)).not.toContain('model.bin');
  });

  test('many files are copied by one job, and a name that is taken is left', async ({
    files,
    folder,
    page,
    tmpPath
  }) => {
    for (let number = 1; number <= 150; number++) {
      writeText(join(folder, `part_${number}.txt`), String(number));
    }
    await files.open(tmpPath);
    await files.select('part_1.txt');
    await files.execute('filebrowser:select-all');
    await expect(files.footer).toContainText('151 selected');
    await files.execute('filebrowser:copy');
    await files.open(`@scratch/${tmpPath}`);
    await files.launch('filebrowser:paste');
    await expect(dialogOf(page)).toContainText('151 items');
    await dialogOf(page).getByRole('button', { name: 'Copy' }).click();
    await expect
      .poll(() => namesIn(scratch).filter(name => name.startsWith('part_')))
      .toHaveLength(150);
    expect(namesIn(folder)).toHaveLength(151);
    expect(readFileSync(join(scratch, 'train.csv'), 'utf8')).toBe('scratch\n');
  });

  test('a drag from panel to panel asks, and Cancel does nothing', async ({
    files,
    folder,
    page,
    tmpPath
  }) => {
    writeText(join(folder, 'notes.md'), '# notes\n');
    await files.open(tmpPath);
    await files.execute('roots:open-in-new-panel', {
      root: 'scratch',
      area: 'right'
    });
    const panel = panelOf(page);
    await rowIn(panel, tmpPath).dblclick();
    await expect(rowIn(panel, 'train.csv')).toBeVisible();
    const target = panel.locator('.jp-DirListing-content');
    await drag(page, files.row('notes.md'), target);
    await expect(dialogOf(page)).toContainText('Copy or move 1 item');
    await dialogOf(page).getByRole('button', { name: 'Cancel' }).click();
    expect(namesIn(scratch)).toEqual(['train.csv']);
    await drag(page, files.row('notes.md'), target);
    await dialogOf(page).getByRole('button', { name: 'Copy' }).click();
    await expect(rowIn(panel, 'notes.md')).toBeVisible();
    expect(namesIn(folder)).toContain('notes.md');
  });

  test('nothing is dropped or pasted into a read-only root, which says why', async ({
    files,
    page,
    tmpPath
  }) => {
    await files.open(tmpPath);
    await files.select('train.csv');
    await files.execute('filebrowser:copy');
    await files.execute('roots:open-in-new-panel', {
      root: 'datasets',
      area: 'right'
    });
    const panel = panelOf(page);
    await rowIn(panel, tmpPath).dblclick();
    await expect(rowIn(panel, 'given.csv')).toBeVisible();
    const target = panel.locator('.jp-DirListing-content');
    await drag(page, files.row('train.csv'), target);
    await expect(dialogOf(page)).toContainText('“Datasets” is read-only.');
    await dialogOf(page).getByRole('button', { name: 'Close' }).click();
    await drag(page, rowIn(panel, 'given.csv'), files.content);
    await expect(dialogOf(page)).toContainText('It cannot be moved');
    await expect(
      dialogOf(page).getByRole('button', { name: 'Move' })
    ).toHaveCount(0);
    await dialogOf(page).getByRole('button', { name: 'Copy' }).click();
    await expect(files.row('given.csv')).toBeVisible();
    expect(namesIn(datasets)).toEqual(['given.csv']);
  });

  test('a file dialog reaches the other roots', async ({
    files,
    page,
    tmpPath
  }) => {
    writeText(
      join(scratch, 'saved.jupyterlab-workspace'),
      '{"data": {}, "metadata": {"id": "x"}}'
    );
    await files.open('');
    await files.launch('workspace-ui:import');
    const dialog = dialogOf(page);
    const select = dialog.getByRole('combobox', { name: 'Root' });
    await expect(select.locator('option')).toContainText([
      'Scratch',
      'Datasets (read-only)'
    ]);
    await select.selectOption({ label: 'Scratch' });
    // The default root has a folder of this name too.
    await expect(dialog.locator('.jp-BreadCrumbs')).toContainText('@scratch');
    await rowIn(dialog, tmpPath).dblclick();
    await expect(rowIn(dialog, 'saved.jupyterlab-workspace')).toBeVisible();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
  });

  test('a document is saved into another root, not into a read-only one', async ({
    files,
    page,
    tmpPath
  }) => {
    await files.open(tmpPath);
    await files.row('train.csv').dblclick();
    await files.execute('docmanager:open', {
      path: `${tmpPath}/train.csv`,
      factory: 'Editor'
    });
    await files.launch('docmanager:save-as');
    const dialog = dialogOf(page);
    const input = dialog.locator('input');
    await input.fill(`@datasets/${tmpPath}/mine.csv`);
    await expect(dialog.getByRole('alert')).toHaveText(
      '“Datasets” is read-only.'
    );
    await expect(dialog.getByRole('button', { name: 'Save' })).toBeDisabled();
    await input.fill(`@scratch/${tmpPath}/mine.csv`);
    await expect(dialog.getByRole('alert')).toBeHidden();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => namesIn(scratch)).toContain('mine.csv');
    await expect(
      page.locator('.lm-TabBar-tab.jp-mod-current[title*="Scratch"]')
    ).toContainText('mine.csv');
  });

  test('tabs of equally named files show their roots, and keep their names', async ({
    files,
    folder,
    page,
    tmpPath
  }) => {
    const tabs = page.locator('#jp-main-dock-panel .lm-TabBar-tab', {
      hasText: 'train.csv'
    });
    await files.execute('docmanager:open', { path: `${tmpPath}/train.csv` });
    await expect(tabs).toHaveCount(1);
    await expect(tabs).not.toHaveAttribute('data-cj-root');
    await files.execute('docmanager:open', {
      path: `@scratch/${tmpPath}/train.csv`
    });
    await expect(tabs).toHaveCount(2);
    await expect(tabs.nth(1)).toHaveAttribute('data-cj-root', 'Scratch');
    await expect(tabs.nth(0)).toHaveAttribute('data-cj-root');
    await expect(tabs.nth(1)).toHaveAttribute(
      'title',
      new RegExp(`Scratch: ${tmpPath}/train\\.csv`)
    );
    const drawn = await tabs
      .nth(1)
      .evaluate(tab => getComputedStyle(tab, '::after').content);
    expect(drawn).toContain('Scratch');
    await tabs.nth(1).locator('.lm-TabBar-tabCloseIcon').click();
    await expect(tabs).toHaveCount(1);
    await expect(tabs).not.toHaveAttribute('data-cj-root');
    // A label that were another one would have renamed the file.
    expect(filesIn(folder)).toEqual(['train.csv']);
    expect(filesIn(scratch)).toEqual(['train.csv']);
  });

  test('the real path is copied, from the menu too', async ({
    files,
    page,
    tmpPath
  }) => {
    await files.open(`@scratch/${tmpPath}`);
    await files.row('train.csv').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Copy Real Path' }).click();
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toBe(join(scratch, 'train.csv'));
  });

  test('a file of a root is downloaded, and its path in Jupyter copied', async ({
    files,
    page,
    tmpPath
  }) => {
    await files.open(`@scratch/${tmpPath}`);
    await files.row('train.csv').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Copy Path' }).click();
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toBe(`@scratch/${tmpPath}/train.csv`);
    const coming = page.waitForEvent('download');
    await files.row('train.csv').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Download', exact: true }).click();
    const download = await coming;
    expect(download.suggestedFilename()).toBe('train.csv');
    expect(readFileSync(await download.path(), 'utf8')).toBe('scratch\n');
  });

  test('a terminal and a notebook of a root stand in its folder', async ({
    files,
    page,
    tmpPath
  }) => {
    await files.open(`@scratch/${tmpPath}`);
    const asked = page.waitForRequest(
      request =>
        request.method() === 'POST' && request.url().includes('/api/terminals')
    );
    const answered = page.waitForResponse(
      response =>
        response.request().method() === 'POST' &&
        response.url().includes('/api/terminals')
    );
    await files.launch('roots:open-terminal');
    expect((await asked).postDataJSON()).toMatchObject({
      cwd: `@scratch/${tmpPath}`
    });
    expect((await answered).ok()).toBe(true);
    const terminal = page.locator('.jp-Terminal');
    await expect(terminal).toBeVisible();
    await terminal.click();
    await expect(page.locator('.jp-Terminal .xterm')).toBeVisible();
    await page.keyboard.type('pwd > here.txt');
    await page.keyboard.press('Enter');
    await expect.poll(() => namesIn(scratch)).toContain('here.txt');

    await files.launch('notebook:create-new', {
      cwd: `@scratch/${tmpPath}`,
      kernelName: 'python3'
    });
    await expect.poll(() => namesIn(scratch)).toContain('Untitled.ipynb');
  });

  test('a console and a terminal of the launcher stand in the folder that is shown', async ({
    files,
    page,
    tmpPath
  }) => {
    const launch = async (category: string, name: string): Promise<void> => {
      await files.execute('launcher:create', { activate: true });
      await page
        .locator('.jp-Launcher:visible')
        .locator(`.jp-LauncherCard[data-category="${category}"]`, {
          hasText: name
        })
        .click();
    };
    await files.open(`@scratch/${tmpPath}`);

    await launch('Other', 'Terminal');
    const terminal = page.locator('.jp-Terminal:visible .xterm');
    await expect(terminal).toBeVisible();
    await terminal.click();
    await page.keyboard.type('pwd > terminal.txt');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => textIn(scratch, 'terminal.txt'))
      .toBe(realpathSync(scratch));

    await launch('Console', 'Python 3');
    const input = page.locator('.jp-CodeConsole-input .cm-content');
    await expect(input).toBeVisible();
    // What is run before the kernel has come up is lost.
    await expect(
      page.locator('#jp-main-statusbar').getByText(/Python 3.*\| Idle/)
    ).toBeVisible({ timeout: 30_000 });
    await input.click();
    await page.keyboard.insertText(
      "import os; print(os.getcwd(), file=open('console.txt', 'w'), flush=True)"
    );
    await files.execute('console:run-forced');
    await expect.poll(() => textIn(scratch, 'console.txt')).toBe(realpathSync(scratch));
  });

  test('a typed path reaches another root', async ({
    files,
    page,
    tmpPath
  }) => {
    await files.open('');
    await files.execute('filebrowser:edit-path');
    const input = files.panel.locator('.jp-PathNavigator input');
    const suggestions = files.panel.locator('.jp-PathNavigator-suggestions li');
    await input.fill('@s');
    await expect(suggestions).toHaveText(['@scratch']);
    await input.fill(`@scratch/${tmpPath}`);
    await expect(suggestions).toHaveText([tmpPath]);
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.filebrowser.getCurrentDirectory())
      .toBe(`@scratch/${tmpPath}`);
    await files.expectFirst('train.csv');
  });
});
