import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Locator } from '@playwright/test';

import { expect, test } from '../big';
import { namesIn, removeTree, writeText } from '../files';

/** The folders of the roots beside the default one, by their names. */
const ROOTS = process.env.CLOUDRU_UI_ROOTS ?? '';

const READ_ONLY = '“Datasets” is read-only.';

const tabOf = (page: IJupyterLabPageFixture, name: string): Locator =>
  page.locator('#jp-main-dock-panel .lm-TabBar-tab', { hasText: name });

const itemOf = (page: IJupyterLabPageFixture, command: string): Locator =>
  page.locator(`.lm-Menu-item[data-command="${command}"]`);

test.describe('Documents of several roots @roots', () => {
  /** A folder of the test's own in each root. */
  let scratch: string;
  let datasets: string;

  test.beforeEach(({ folder, tmpPath }) => {
    scratch = join(ROOTS, 'scratch', tmpPath);
    datasets = join(ROOTS, 'datasets', tmpPath);
    for (const place of [scratch, datasets]) {
      mkdirSync(place, { recursive: true });
    }
    writeText(join(folder, 'home.txt'), 'home\n');
    writeText(join(scratch, 'scratch.txt'), 'scratch\n');
    writeText(join(datasets, 'given.txt'), 'given\n');
  });

  test.afterEach(() => {
    removeTree(scratch);
    removeTree(datasets);
  });

  test('the launcher switches off what a read-only root forbids', async ({
    files,
    page,
    tmpPath
  }) => {
    await files.open(`@datasets/${tmpPath}`);
    await files.execute('launcher:create', { activate: true });
    const card = (category: string, name: string): Locator =>
      page.locator(
        `.jp-Launcher:visible .jp-LauncherCard[data-category="${category}"]`,
        { hasText: name }
      );
    const notebook = card('Notebook', 'Python 3');
    const text = card('Other', 'Text File');
    for (const closed of [notebook, text]) {
      await expect(closed).toHaveAttribute('aria-disabled', 'true');
      await expect(closed).toHaveAttribute('title', READ_ONLY);
    }
    for (const open of [
      card('Console', 'Python 3'),
      card('Other', 'Terminal')
    ]) {
      await expect(open).toBeVisible();
      await expect(open).not.toHaveAttribute('aria-disabled', 'true');
    }
    // Playwright does not click what is called disabled.
    await text.dispatchEvent('click');
    await text.focus();
    await page.keyboard.press('Enter');
    await files.open(`@scratch/${tmpPath}`);
    await expect(notebook).not.toHaveAttribute('aria-disabled', 'true');
    await expect(page.locator('.jp-Dialog')).toHaveCount(0);
    await text.click();
    await expect.poll(() => namesIn(scratch)).toContain('untitled.txt');
    expect(namesIn(datasets)).toEqual(['given.txt']);
  });

  test('the menus of a document in a read-only root say what cannot be done', async ({
    files,
    page,
    tmpPath
  }) => {
    await files.execute('docmanager:open', {
      path: `@datasets/${tmpPath}/given.txt`
    });
    const tab = tabOf(page, 'given.txt');
    await tab.click({ button: 'right' });
    for (const command of ['rename', 'duplicate', 'delete']) {
      const item = itemOf(page, `docmanager:${command}`);
      await expect(item).toHaveAttribute('aria-disabled', 'true');
      await item.hover();
      await expect(item).toHaveAttribute('title', READ_ONLY);
    }
    await page.keyboard.press('Escape');
    await page.menu.openLocator('File');
    for (const command of ['rename', 'duplicate', 'save']) {
      const item = itemOf(page, `docmanager:${command}`);
      await expect(item).toHaveAttribute('aria-disabled', 'true');
    }
    await expect(itemOf(page, 'docmanager:save-as')).not.toHaveAttribute(
      'aria-disabled',
      'true'
    );
    await page.keyboard.press('Escape');
    // The menu acts on its tab, also where another is in front.
    await files.execute('docmanager:open', { path: `${tmpPath}/home.txt` });
    await expect(tabOf(page, 'home.txt')).toHaveClass(/jp-mod-current/);
    await tab.click({ button: 'right' });
    await expect(itemOf(page, 'docmanager:delete')).toHaveAttribute(
      'aria-disabled',
      'true'
    );
    await page.keyboard.press('Escape');
    await tabOf(page, 'home.txt').click({ button: 'right' });
    await expect(itemOf(page, 'docmanager:delete')).not.toHaveAttribute(
      'aria-disabled',
      'true'
    );
  });

  test('the menu of a tab behind others deletes the document of that tab', async ({
    files,
    folder,
    page,
    tmpPath
  }) => {
    await files.execute('docmanager:open', {
      path: `@scratch/${tmpPath}/scratch.txt`
    });
    const tab = tabOf(page, 'scratch.txt');
    await expect(tab).toHaveAttribute('title', /Scratch: /);
    await files.execute('docmanager:open', { path: `${tmpPath}/home.txt` });
    await expect(tabOf(page, 'home.txt')).toHaveClass(/jp-mod-current/);
    await tab.click({ button: 'right' });
    await itemOf(page, 'docmanager:delete').click();
    await page
      .locator('.jp-Dialog')
      .getByRole('button', { name: 'Delete' })
      .click();
    await expect
      .poll(() => namesIn(scratch).filter(name => !name.startsWith('.')))
      .toEqual([]);
    expect(readFileSync(join(folder, 'home.txt'), 'utf8')).toBe('home\n');
  });

  test('an open document follows its file to another root, with what is not saved', async ({
    files,
    folder,
    page,
    tmpPath
  }) => {
    const deep = join(folder, 'run (1)', 'deep');
    mkdirSync(deep, { recursive: true });
    writeText(join(deep, 'notes.txt'), 'old\n');
    await files.execute('docmanager:open', {
      path: `${tmpPath}/run (1)/deep/notes.txt`
    });
    const editor = page.locator('.jp-FileEditor .cm-content');
    await editor.click();
    await page.keyboard.press('ControlOrMeta+Home');
    await page.keyboard.type('new ');
    await expect(tabOf(page, 'notes.txt')).toHaveClass(/jp-mod-dirty/);
    await files.open(tmpPath);
    await files.select('run (1)');
    await files.execute('filebrowser:cut');
    await files.open(`@scratch/${tmpPath}`);
    await files.launch('filebrowser:paste');
    await page
      .locator('.jp-Dialog')
      .getByRole('button', { name: 'Move' })
      .click();
    const tab = tabOf(page, 'notes.txt');
    await expect(tab).toHaveAttribute(
      'title',
      new RegExp(`Path: @scratch/${tmpPath}/run \\(1\\)/deep/notes.txt`)
    );
    await expect(editor).toHaveText('new old');
    await expect(tab).toHaveClass(/jp-mod-dirty/);
    await tab.click();
    await files.execute('docmanager:save');
    await expect(tab).not.toHaveClass(/jp-mod-dirty/);
    await expect(page.locator('.jp-Dialog')).toHaveCount(0);
    expect(
      readFileSync(join(scratch, 'run (1)', 'deep', 'notes.txt'), 'utf8')
    ).toBe('new old\n');
    expect(namesIn(folder)).not.toContain('run (1)');
  });

  test('the kernel of a notebook knows where its notebook went', async ({
    files,
    folder,
    page,
    tmpPath
  }) => {
    writeText(
      join(folder, 'work.ipynb'),
      JSON.stringify({
        cells: [],
        metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' } },
        nbformat: 4,
        nbformat_minor: 5
      })
    );
    await files.execute('docmanager:open', { path: `${tmpPath}/work.ipynb` });
    const sessions = (): Promise<string[]> =>
      page.evaluate(async () => {
        const { sessions: manager } = window.jupyterapp.serviceManager;
        await manager.refreshRunning();
        return [...manager.running()].map(({ path }) => path);
      });
    await expect.poll(sessions).toContain(`${tmpPath}/work.ipynb`);
    await files.open(tmpPath);
    await files.select('work.ipynb');
    await files.execute('filebrowser:cut');
    await files.open(`@scratch/${tmpPath}`);
    await files.launch('filebrowser:paste');
    await page
      .locator('.jp-Dialog')
      .getByRole('button', { name: 'Move' })
      .click();
    await expect.poll(sessions).toContain(`@scratch/${tmpPath}/work.ipynb`);
    expect(await sessions()).not.toContain(`${tmpPath}/work.ipynb`);
  });
});
