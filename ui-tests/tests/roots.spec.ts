import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import AxeBuilder from '@axe-core/playwright';
import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Locator } from '@playwright/test';

import { expect, test } from '../big';
import { removeTree, writeText } from '../files';

/** The folders of the roots beside the default one, by their names. */
const ROOTS = process.env.CLOUDRU_UI_ROOTS ?? '';

const switcherOf = (page: IJupyterLabPageFixture): Locator =>
  page.locator('#filebrowser .cj-RootSwitcher-button');
const menuOf = (page: IJupyterLabPageFixture): Locator =>
  page.getByRole('menu', { name: 'Roots' });
const dialogOf = (page: IJupyterLabPageFixture): Locator =>
  page.locator('.jp-Dialog');
const crumbsOf = (page: IJupyterLabPageFixture): Locator =>
  page.locator('#filebrowser .jp-BreadCrumbs-content');
const panelOf = (page: IJupyterLabPageFixture): Locator =>
  page.locator('.cj-RootPanel');

async function choose(
  page: IJupyterLabPageFixture,
  root: string
): Promise<void> {
  await switcherOf(page).click();
  await menuOf(page)
    .getByRole('menuitemradio', { name: new RegExp(`^${root}`) })
    .click();
}

test('Where there is one root there is no switcher, and nothing is asked', async ({
  files,
  page,
  tmpPath,
  traffic
}) => {
  test.skip(ROOTS !== '', 'This server has several.');
  traffic.clear();
  await page.reload();
  await files.open(tmpPath);
  await expect(files.footer).toBeVisible();
  await expect(page.locator('.cj-RootSwitcher')).toHaveCount(0);
  expect(traffic.of('/cloudru/roots')).toEqual([]);
});

test.describe('The root switcher @roots', () => {
  let scratch: string;
  let datasets: string;

  test.beforeEach(({ tmpPath }) => {
    scratch = join(ROOTS, 'scratch', tmpPath);
    datasets = join(ROOTS, 'datasets', tmpPath);
    mkdirSync(join(scratch, 'deep', 'deeper', 'deepest'), { recursive: true });
    mkdirSync(join(scratch, 'second'));
    mkdirSync(datasets, { recursive: true });
    writeText(join(scratch, 'notes.txt'), 'scratch\n');
    writeText(join(datasets, 'given.csv'), 'given\n');
  });

  test.afterEach(() => {
    removeTree(scratch);
    removeTree(datasets);
    removeTree(join(ROOTS, 'archive'));
  });

  test('leads to another root, by keyboard too', async ({
    files,
    page,
    tmpPath
  }) => {
    const switcher = switcherOf(page);
    await expect(switcher).toContainText('free');
    await switcher.focus();
    await page.keyboard.press('Enter');
    const menu = menuOf(page);
    await expect(menu.getByRole('menuitemradio')).toHaveCount(4);
    await expect(
      menu.getByRole('menuitemradio', { checked: true })
    ).toBeFocused();
    await page.keyboard.type('scr');
    await expect(
      menu.getByRole('menuitemradio', { name: /^Scratch/ })
    ).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(menu).toHaveCount(0);
    await expect(files.row(tmpPath)).toBeVisible();
    await expect(switcher).toContainText('Scratch');
    await expect(crumbsOf(page)).toHaveText('Scratch/');
    await switcher.press('Enter');
    await page.keyboard.press('Escape');
    await expect(menu).toHaveCount(0);
    await expect(switcher).toBeFocused();
  });

  test('shows the title in the breadcrumbs, and the way up ends at the top', async ({
    files,
    page,
    tmpPath
  }) => {
    await choose(page, 'Scratch');
    await files.open(`@scratch/${tmpPath}/deep/deeper`);
    const crumbs = crumbsOf(page);
    await expect(crumbs).toContainText(/^Scratch\//);
    await expect(crumbs.locator('.jp-BreadCrumbs-home')).toHaveCount(0);
    await crumbs.getByText('Scratch', { exact: true }).click();
    await expect(crumbs).toHaveText('Scratch/');
    await expect
      .poll(() => page.filebrowser.getCurrentDirectory())
      .toBe('@scratch');
    await files.execute('filebrowser:go-up');
    // The refresh comes after what the way up might have started.
    await files.execute('filebrowser:refresh');
    expect(await page.filebrowser.getCurrentDirectory()).toBe('@scratch');
    await choose(page, 'Scratch');
    await files.open(tmpPath);
    await expect(crumbs.locator('.jp-BreadCrumbs-home')).toHaveCount(1);
  });

  test('comes back to the folder where it was, unless that is gone', async ({
    files,
    page,
    tmpPath
  }) => {
    const directory = () => page.filebrowser.getCurrentDirectory();
    await files.open(`@scratch/${tmpPath}/deep`);
    await choose(page, 'Datasets');
    await expect.poll(directory).toBe('@datasets');
    await choose(page, 'Scratch');
    await expect.poll(directory).toBe(`@scratch/${tmpPath}/deep`);
    await choose(page, 'Datasets');
    await expect.poll(directory).toBe('@datasets');
    rmSync(join(scratch, 'deep'), { recursive: true });
    await choose(page, 'Scratch');
    await expect.poll(directory).toBe('@scratch');
    await expect(dialogOf(page)).toHaveCount(0);
  });

  test('greys what a read-only root forbids, with the reason', async ({
    files,
    page,
    tmpPath
  }) => {
    await files.open(`@datasets/${tmpPath}`);
    await expect(switcherOf(page)).toHaveAccessibleName(/read-only/);
    await files.select('given.csv');
    const isEnabled = (command: string) =>
      page.evaluate(
        id => window.jupyterapp.commands.isEnabled(id),
        `filebrowser:${command}`
      );
    for (const command of ['rename', 'delete', 'cut', 'paste', 'duplicate']) {
      expect(await isEnabled(command)).toBe(false);
    }
    expect(await isEnabled('copy')).toBe(true);
    await files.row('given.csv').click({ button: 'right' });
    await expect(
      page.locator('.lm-Menu-item[data-command="filebrowser:rename"]')
    ).toHaveAttribute('aria-disabled', 'true');
    await page.keyboard.press('Escape');
    const create = files.panel.locator(
      '.jp-FileBrowser-toolbar [data-command="filebrowser:create-new-directory"]'
    );
    await expect(create).toHaveAttribute('aria-disabled', 'true');
    await expect(create).toHaveAttribute('title', /“Datasets” is read-only/);
    await files.open(`@scratch/${tmpPath}`);
    await expect(create).not.toHaveAttribute('aria-disabled', 'true');
  });

  test('says why a root is not there, and shows it once it is', async ({
    files,
    page
  }) => {
    await switcherOf(page).click();
    const archive = menuOf(page).getByRole('menuitemradio', {
      name: /^Archive/
    });
    await expect(archive).toHaveAttribute('aria-disabled', 'true');
    await expect(archive).toContainText('does not exist');
    // Playwright does not click what is called disabled.
    await archive.focus();
    await page.keyboard.press('Enter');
    const dialog = dialogOf(page);
    await expect(dialog).toContainText('“Archive” Is Not Available');
    await dialog.getByRole('button', { name: 'Retry' }).click();
    await expect(dialog).toContainText('does not exist');
    mkdirSync(join(ROOTS, 'archive.new'));
    writeText(join(ROOTS, 'archive.new', 'old.txt'), 'old\n');
    renameSync(join(ROOTS, 'archive.new'), join(ROOTS, 'archive'));
    await dialog.getByRole('button', { name: 'Retry' }).click();
    await expect(files.row('old.txt')).toBeVisible();
    await expect(switcherOf(page)).toContainText('Archive');
  });

  test('puts a second root beside the first, and brings it back on reload', async ({
    files,
    page,
    tmpPath
  }) => {
    await switcherOf(page).click();
    await menuOf(page)
      .getByRole('menuitem', { name: 'Open “Scratch” in New Panel' })
      .click();
    const panel = panelOf(page);
    const name = panel.locator('.jp-DirListing-itemName', {
      hasText: tmpPath
    });
    await expect(name).toBeVisible();
    await expect(panel.locator('.cj-RootSwitcher')).toContainText('Scratch');
    await name.dblclick();
    const deep = panel.locator('.jp-DirListing-itemName', { hasText: 'deep' });
    await expect(deep).toBeVisible();
    // The first browser stays where it was.
    await expect(files.panel.locator('.jp-BreadCrumbs-home')).toBeVisible();
    await deep.click();
    await page.keyboard.press('Backspace');
    await expect(name).toBeVisible();
    await name.dblclick();
    await expect(deep).toBeVisible();
    const id = (await panel.getAttribute('id')) ?? '';
    await expect
      .poll(() =>
        page.evaluate(async panelId => {
          const { workspaces } = window.jupyterapp.serviceManager;
          const { values } = await workspaces.list();
          const saved = values.find(({ data }) =>
            JSON.stringify(data['layout-restorer:data'] ?? '').includes(panelId)
          );
          return saved?.data[`file-browser-${panelId}:cwd`];
        }, id)
      )
      .toEqual({ path: `@scratch/${tmpPath}` });
    await page.reload();
    await expect(panel).toHaveCount(1);
    await expect(panel.locator('.cj-RootSwitcher')).toContainText('Scratch');
    await expect(deep).toHaveCount(1);
    await page.evaluate(() => {
      const { shell } = window.jupyterapp;
      const id = document.querySelector('.cj-RootPanel')?.id ?? '';
      shell.activateById(id);
    });
    await panel.locator('.cj-RootSwitcher-button').click();
    await menuOf(page)
      .getByRole('menuitem', { name: 'Close This Panel' })
      .click();
    await expect(panel).toHaveCount(0);
  });

  test('a second panel has the settings of the first', async ({
    files,
    page,
    tmpPath
  }) => {
    writeText(join(scratch, 'z.ipynb'), '{}');
    await files.open(tmpPath);
    await files.execute('roots:open-in-new-panel', {
      root: 'scratch',
      area: 'right'
    });
    const panel = panelOf(page);
    const names = panel.locator('.jp-DirListing-itemText');
    await names.filter({ hasText: tmpPath }).dblclick();
    await expect(names).toHaveText(['deep', 'second', 'notes.txt', 'z.ipynb']);
    const boxes = panel.locator('.jp-DirListing-content [type="checkbox"]');
    const sizes = panel.locator('.jp-DirListing-headerItem.jp-id-filesize');
    await expect(boxes).toHaveCount(0);
    await expect(sizes).toBeHidden();
    await files.execute('filebrowser:toggle-file-checkboxes');
    await files.execute('filebrowser:toggle-file-size');
    await files.execute('filebrowser:toggle-sort-notebooks-first');
    await expect(names).toHaveText(['deep', 'second', 'z.ipynb', 'notes.txt']);
    await expect(boxes).toHaveCount(4);
    await expect(sizes).toBeVisible();
  });

  test('the buttons of a panel go by the root of that panel', async ({
    files,
    page,
    tmpPath
  }) => {
    const createIn = (browser: Locator): Locator =>
      browser.locator(
        '.jp-FileBrowser-toolbar [data-command="filebrowser:create-new-directory"]'
      );
    await files.open(`@datasets/${tmpPath}`);
    await files.execute('roots:open-in-new-panel', {
      root: 'scratch',
      area: 'right'
    });
    const panel = panelOf(page);
    const names = panel.locator('.jp-DirListing-itemText');
    await names.filter({ hasText: tmpPath }).dblclick();
    await expect(names).toHaveText(['deep', 'second', 'notes.txt']);
    // As a user finds it who has not come near yet.
    await files.row('given.csv').click();
    await expect(createIn(panel)).not.toHaveAttribute('aria-disabled', 'true');
    await expect(createIn(files.panel)).toHaveAttribute(
      'aria-disabled',
      'true'
    );
    await createIn(panel).click();
    await expect(panel.locator('input.jp-DirListing-editor')).toHaveCount(1);
    await page.keyboard.press('Enter');
    await expect(names.filter({ hasText: 'Untitled Folder' })).toHaveCount(1);
  });

  test('keeps favourite and recent folders', async ({
    files,
    page,
    tmpPath
  }) => {
    await files.open(`@scratch/${tmpPath}/deep`);
    await switcherOf(page).click();
    await menuOf(page)
      .getByRole('menuitem', { name: 'Add This Folder to Favorites' })
      .click();
    await page.keyboard.press('Escape');
    await files.open(`@scratch/${tmpPath}`);
    await switcherOf(page).click();
    const favourite = menuOf(page).getByRole('menuitem', {
      name: `${tmpPath}/deep`,
      exact: true
    });
    await favourite.click();
    await expect
      .poll(() => page.filebrowser.getCurrentDirectory())
      .toBe(`@scratch/${tmpPath}/deep`);
    await files.open(`@scratch/${tmpPath}/second`);
    await files.open(`@scratch/${tmpPath}`);
    await switcherOf(page).click();
    await expect(
      menuOf(page).getByRole('group', { name: 'Recent Folders' })
    ).toHaveText(`Recent Folders${tmpPath}/second`);
  });

  for (const theme of [
    'JupyterLab Light',
    'JupyterLab Dark',
    'JupyterLab Dark High Contrast'
  ]) {
    test(`is accessible in ${theme}`, async ({ files, page, tmpPath }) => {
      await page.theme.setTheme(theme);
      await files.open(`@datasets/${tmpPath}`);
      await switcherOf(page).click();
      await expect(menuOf(page).getByRole('menuitemradio')).toHaveCount(4);
      const { violations } = await new AxeBuilder({ page })
        .include('.cj-RootSwitcher')
        .include('.cj-RootsMenu')
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
        .analyze();
      expect(
        violations.map(({ id, nodes }) => [id, nodes.map(node => node.html)])
      ).toEqual([]);
    });
  }

  test('lets a user add a root and remove it', async ({ files, page }) => {
    const folder = join(ROOTS, 'added', 'mine');
    mkdirSync(folder, { recursive: true });
    writeText(join(folder, 'mine.txt'), 'mine\n');
    await switcherOf(page).click();
    await menuOf(page).getByRole('menuitem', { name: 'Add Root…' }).click();
    const dialog = dialogOf(page);
    await dialog.getByLabel('Folder on the server').fill(folder);
    await dialog.getByLabel('Title (optional)').fill('Mine');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await expect(files.row('mine.txt')).toBeVisible();
    await switcherOf(page).click();
    await menuOf(page).getByRole('menuitem', { name: 'Remove “Mine”' }).click();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await expect(switcherOf(page)).not.toContainText('Mine');
    await switcherOf(page).click();
    await expect(menuOf(page).getByRole('menuitemradio')).toHaveCount(4);
    removeTree(folder);
  });
});
