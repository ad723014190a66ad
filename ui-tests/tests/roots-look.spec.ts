import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { galata } from '@jupyterlab/galata';
import type { Locator, Page } from '@playwright/test';

import { expect, test } from '../big';
import type { Browser } from '../browser';
import { removeTree, writeText } from '../files';

/** The folders of the roots beside the default one, by their names. */
const ROOTS = process.env.CLOUDRU_UI_ROOTS ?? '';

/** Galata's own waits for a tab that is called "Launcher". */
const withoutLauncher = async (
  { baseURL: _ }: { baseURL: string | undefined },
  use: (wait: (page: Page) => Promise<void>) => Promise<void>
): Promise<void> => {
  await use(async page => {
    await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
    await page.locator('#filebrowser').waitFor();
  });
};

const switcherOf = (page: Page): Locator =>
  page.locator('#filebrowser .cj-RootSwitcher-button');
const menuOf = (page: Page): Locator => page.locator('.cj-RootsMenu');
const rootOf = (page: Page, name: string): Locator =>
  menuOf(page).locator(`[data-cj-root="${name}"]`);

/** What is drawn inside the switcher, from left to right, with how much of it is cut off. */
function partsOf(
  page: Page
): Promise<{ part: string; left: number; right: number; cut: number }[]> {
  return switcherOf(page).evaluate(button =>
    [...button.children].map(child => {
      const { left, right } = child.getBoundingClientRect();
      const cut = child.scrollWidth - child.clientWidth;
      return { part: child.className, left, right, cut };
    })
  );
}

/** Nothing in the switcher covers anything else of it, or stands outside. */
async function expectSideBySide(page: Page): Promise<void> {
  const box = await switcherOf(page).boundingBox();
  const parts = await partsOf(page);
  const edges = parts.flatMap(({ left, right }) => [left, right]);
  expect(edges).toEqual([...edges].sort((a, b) => a - b));
  expect(edges[0]).toBeGreaterThanOrEqual(box?.x ?? Infinity);
  expect(edges.at(-1)).toBeLessThanOrEqual((box?.x ?? 0) + (box?.width ?? 0));
}

/** The free space is told in full, and as more than a dot. */
async function expectFreeSpaceTold(page: Page): Promise<void> {
  const free = switcherOf(page).locator('.cj-RootSwitcher-free');
  await expect(free).toHaveText(/^\d.*free$/);
  const part = (await partsOf(page)).find(({ part }) => part.includes('free'));
  expect(part?.cut).toBe(0);
}

async function expectMenuInWindow(page: Page): Promise<void> {
  const window = page.viewportSize();
  const box = await menuOf(page).boundingBox();
  expect(box?.x).toBeGreaterThanOrEqual(0);
  expect((box?.x ?? 0) + (box?.width ?? Infinity)).toBeLessThanOrEqual(
    window?.width ?? 0
  );
  expect((box?.y ?? 0) + (box?.height ?? Infinity)).toBeLessThanOrEqual(
    window?.height ?? 0
  );
  const aside = await menuOf(page).evaluate(
    node => node.scrollWidth - node.clientWidth
  );
  expect(aside).toBe(0);
}

/** The browser and its parts are no wider than the side bar. */
async function expectNothingBesides(files: Browser): Promise<void> {
  const overflow = await files.panel.evaluate(
    node => node.scrollWidth - node.clientWidth
  );
  expect(overflow).toBe(0);
}

test.describe('The root switcher @roots', () => {
  let scratch: string;
  let datasets: string;

  test.beforeEach(({ tmpPath }) => {
    scratch = join(ROOTS, 'scratch', tmpPath);
    datasets = join(ROOTS, 'datasets', tmpPath);
    mkdirSync(join(scratch, 'inner'), { recursive: true });
    mkdirSync(datasets, { recursive: true });
    writeText(join(scratch, 'notes.txt'), 'scratch\n');
    writeText(join(datasets, 'given.csv'), 'given\n');
  });

  test.afterEach(() => {
    removeTree(scratch);
    removeTree(datasets);
  });

  test('is worked by the keyboard alone @together', async ({ files, page, tmpPath }) => {
    const switcher = switcherOf(page);
    const menu = menuOf(page);
    // From the rows of the browser back to the button: it stands in the order of tabs.
    await files.panel.locator('.jp-FileBrowser-toolbar button').first().focus();
    await expect(async () => {
      await page.keyboard.press('Shift+Tab');
      await expect(switcher).toBeFocused({ timeout: 100 });
    }).toPass();
    await expect(switcher).toHaveAttribute('aria-expanded', 'false');

    await page.keyboard.press('Space');
    await expect(switcher).toHaveAttribute('aria-expanded', 'true');
    const current = menu.getByRole('menuitemradio', { checked: true });
    await expect(current).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await expect(rootOf(page, 'scratch')).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await expect(rootOf(page, 'datasets')).toBeFocused();
    await page.keyboard.press('ArrowDown');
    // What is not available is reached too: a screen reader tells why.
    await expect(rootOf(page, 'archive')).toBeFocused();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await expect(rootOf(page, 'scratch')).toBeFocused();
    await page.keyboard.press('ArrowRight');
    await expect(
      menu.getByRole('menuitem', { name: 'Open “Scratch” in New Panel' })
    ).toBeFocused();
    await page.keyboard.press('ArrowLeft');
    await expect(rootOf(page, 'scratch')).toBeFocused();
    await page.keyboard.press('Home');
    await expect(current).toBeFocused();
    await page.keyboard.press('ArrowUp');
    await expect(
      menu.getByRole('menuitem', { name: 'Refresh Roots' })
    ).toBeFocused();
    await page.keyboard.press('Home');

    await page.keyboard.press('Escape');
    await expect(menu).toHaveCount(0);
    await expect(switcher).toBeFocused();
    expect(await page.filebrowser.getCurrentDirectory()).toBe(tmpPath);

    // The same by Tab: the focus is not lost behind the menu.
    await page.keyboard.press('Enter');
    await expect(current).toBeFocused();
    await page.keyboard.press('Tab');
    await expect(menu).toHaveCount(0);
    await expect(switcher).toBeFocused();

    await page.keyboard.press('Enter');
    await page.keyboard.type('dat');
    await expect(rootOf(page, 'datasets')).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(menu).toHaveCount(0);
    await expect(files.row(tmpPath)).toBeVisible();
    await expect(switcher).toBeFocused();
    expect(await page.filebrowser.getCurrentDirectory()).toBe('@datasets');
  });

  test.describe('where no launcher opens', () => {
    test.use({ waitForApplication: withoutLauncher });

    test('is part of addresses, of what a reload restores, and of recent documents', async ({
      files,
      page,
      tmpPath
    }) => {
      const folder = `@scratch/${tmpPath}`;
      const directory = () => page.filebrowser.getCurrentDirectory();
      const opened = () =>
        page.evaluate(() =>
          [...window.jupyterapp.shell.widgets('main')]
            .map(widget => widget.title.caption)
            .filter(caption => caption.includes('notes.txt'))
        );
      await page.goto(`tree/${folder}/notes.txt`);
      await expect.poll(directory).toBe(folder);
      await expect.poll(opened).toEqual([expect.stringContaining(folder)]);
      await expect(page).toHaveURL(/\/lab\/tree\/(@|%40)scratch\/.*notes\.txt/);

      await page.reload();
      await expect(files.row('notes.txt')).toBeVisible();
      await expect.poll(opened).toEqual([expect.stringContaining(folder)]);
      await expect(switcherOf(page)).toContainText('Scratch');

      await files.execute('application:close-all');
      await expect.poll(opened).toEqual([]);
      await page.menu.open('File>Open Recent');
      const recent = page
        .locator('.lm-Menu-itemLabel')
        .filter({ hasText: /^Scratch: .*notes\.txt$/ });
      await expect(recent).toHaveCount(1);
      await recent.click();
      await expect.poll(opened).toEqual([expect.stringContaining(folder)]);
    });
  });

  test('has the icons that the operator chose', async ({
    files,
    page,
    tmpPath
  }) => {
    const icon = (part: Locator): Locator =>
      part.locator('svg[data-icon]').first();
    await switcherOf(page).click();
    for (const [title, name] of [
      ['Scratch', 'folder'],
      ['Datasets', 'spreadsheet']
    ] as const) {
      const row = menuOf(page).locator(`[data-cj-item="${title}"]`);
      await expect(icon(row)).toBeVisible();
      await expect(icon(row)).toHaveAttribute(
        'data-icon',
        `ui-components:${name}`
      );
    }
    await page.keyboard.press('Escape');
    await expect(icon(switcherOf(page))).toHaveAttribute(
      'data-icon',
      'ui-components:home'
    );

    const chosen = 'ui-components:spreadsheet';
    await files.open(`@datasets/${tmpPath}`);
    await expect(icon(switcherOf(page))).toBeVisible();
    await expect(icon(switcherOf(page))).toHaveAttribute('data-icon', chosen);
    await files.execute('roots:open-in-new-panel', {
      root: 'datasets',
      area: 'right'
    });
    const panel = page.locator('.cj-RootPanel');
    await expect(panel).toBeVisible();
    const id = (await panel.getAttribute('id')) ?? '';
    const tab = page.locator(`.jp-SideBar .lm-TabBar-tab[data-id="${id}"]`);
    await expect(icon(tab)).toHaveAttribute('data-icon', chosen);
    await files.launch('workspace-ui:import');
    const dialog = page.locator('.jp-Dialog');
    await dialog
      .getByRole('combobox', { name: 'Root' })
      .selectOption({ label: 'Datasets (read-only)' });
    await expect(icon(dialog.locator('.cj-RootSelect-icon'))).toHaveAttribute(
      'data-icon',
      chosen
    );
    await dialog.getByRole('button', { name: 'Cancel' }).click();
  });

  test('tells lock and free space in a narrow side bar', async ({
    files,
    page,
    tmpPath
  }) => {
    await files.open(`@datasets/${tmpPath}`);
    // JupyterLab makes it no narrower than 250 pixels.
    await page.sidebar.setWidth(180);
    const switcher = switcherOf(page);
    await expect(switcher.locator('.cj-RootSwitcher-lock')).toBeInViewport({
      ratio: 1
    });
    await expect(switcher.locator('.cj-RootSwitcher-title')).toHaveText(
      'Datasets'
    );
    await expectFreeSpaceTold(page);
    await expectSideBySide(page);
    await expectNothingBesides(files);
    await switcher.click();
    await expect(rootOf(page, 'archive')).toBeInViewport({ ratio: 1 });
    await expectMenuInWindow(page);
    const lock = rootOf(page, 'datasets').locator('.cj-RootsMenu-lock');
    await expect(lock).toBeInViewport({ ratio: 1 });
  });

  test.describe('at 200 % zoom', () => {
    test.use({ deviceScaleFactor: 2, viewport: { width: 640, height: 400 } });

    test('is whole, and so is its menu', async ({ files, page, tmpPath }) => {
      await files.open(`@scratch/${tmpPath}`);
      await expect(files.footer).toBeInViewport({ ratio: 1 });
      await expect(files.row('notes.txt')).toBeInViewport({ ratio: 1 });
      await expectFreeSpaceTold(page);
      await expectSideBySide(page);
      await expectNothingBesides(files);
      await switcherOf(page).focus();
      await page.keyboard.press('Enter');
      await expect(rootOf(page, 'scratch')).toBeFocused();
      await expectMenuInWindow(page);
      await page.keyboard.press('End');
      await expect(
        menuOf(page).getByRole('menuitem', { name: 'Refresh Roots' })
      ).toBeInViewport({ ratio: 1 });
    });
  });

  test.describe('in Russian', () => {
    test.use({
      mockSettings: {
        ...galata.DEFAULT_SETTINGS,
        '@jupyterlab/translation-extension:plugin': { locale: 'ru_RU' }
      },
      waitForApplication: withoutLauncher
    });

    test('speaks Russian in all it says', async ({ files, page, tmpPath }) => {
      const { data } = (await (
        await page.request.get(
          `${process.env.TARGET_URL}/lab/api/translations`
        )
      ).json()) as { data: Record<string, unknown> };
      test.skip(
        !('ru_RU' in data),
        'the Russian language pack is not installed'
      );
      await files.open(`@datasets/${tmpPath}`);
      const switcher = switcherOf(page);
      await expect(switcher).toHaveAccessibleName(
        /^Корень: Datasets, только чтение, свободно \d/
      );
      await expect(switcher.locator('.cj-RootSwitcher-free')).toHaveText(
        /^свободно [\d,]+\s(Б|кБ|МБ|ГБ|ТБ|ПБ)$/
      );
      await page.sidebar.setWidth(180);
      await expectSideBySide(page);
      await expectNothingBesides(files);
      await switcher.focus();
      await page.keyboard.press('Enter');
      const menu = page.getByRole('menu', { name: 'Корни' });
      await expect(rootOf(page, 'datasets')).toBeFocused();
      await expect(rootOf(page, 'archive')).toContainText(
        'Этой папки нет на сервере.'
      );
      await expect(
        menu.locator('.cj-RootsMenu-item[role="menuitem"]')
      ).toHaveText([
        'Добавить эту папку в избранное',
        'Перейти в начало «Datasets»',
        'Добавить корень…',
        'Обновить корни'
      ]);
      await expectMenuInWindow(page);
      // Letters of any alphabet find a row; Playwright knows the keys of the American keyboard alone.
      for (const key of 'обн') {
        await menu
          .locator(':focus')
          .dispatchEvent('keydown', { key, bubbles: true });
      }
      await expect(
        menu.getByRole('menuitem', { name: 'Обновить корни' })
      ).toBeFocused();
      const create = files.panel.locator(
        '.jp-FileBrowser-toolbar [data-command="filebrowser:create-new-directory"]'
      );
      await expect(create).toHaveAttribute('title', /[а-я]{4}/);
      await expect(create).not.toHaveAttribute('title', /read-only/);
    });
  });
});
