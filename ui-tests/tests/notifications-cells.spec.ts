import { galata } from '@jupyterlab/galata';
import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Locator } from '@playwright/test';

import type { IStored } from '../notices';
import { expect, test as base } from '../notices';

const SERVER = process.env.TARGET_URL;
const COMMAND = 'notifications:watch-cell';

interface IWatch {
  id: string;
  kernel_id: string;
  msg_id: string | null;
  min_seconds: number;
  path: string;
  label: string;
}

/** A notebook whose cells run until a file appears. */
class Cells {
  constructor(
    readonly page: IJupyterLabPageFixture,
    readonly folder: string,
    readonly files: string
  ) {
    this.button = page.locator(
      '.jp-cell-toolbar [data-command="notifications:watch-cell"]'
    );
    this.watched = page.locator('.jp-CodeCell.cj-mod-watched');
  }

  readonly button: Locator;
  readonly watched: Locator;

  /** A cell that ends when it is let go. */
  waiting(name: string, then = ''): string {
    const path = JSON.stringify(`${this.folder}/${name}`);
    // On one line: the editor indents what is typed after a loop.
    return `import os, time\nwhile not os.path.exists(${path}): time.sleep(0.05)\n\n${then}`;
  }

  async letGo(name: string): Promise<void> {
    const answer = await this.page.request.put(
      `${SERVER}/api/contents/${this.files}/${name}`,
      { data: { type: 'file', format: 'text', content: 'x' } }
    );
    expect(answer.ok()).toBe(true);
  }

  async open(...sources: string[]): Promise<void> {
    const { notebook } = this.page;
    // Not renamed: galata's renaming leaves the session with the old name, and a reload would begin another.
    await notebook.createNew(undefined, { kernel: 'python3' });
    for (const [index, source] of sources.entries()) {
      if (index > 0) {
        await notebook.addCell('code', source);
      } else {
        await notebook.setCell(0, 'code', source);
      }
    }
    await this.page.waitForFunction(
      command => window.jupyterapp.commands.hasCommand(command),
      COMMAND
    );
    await expect
      .poll(() => this.kernel())
      .toMatchObject({ execution_state: 'idle' });
  }

  async select(index: number): Promise<void> {
    await this.page.notebook.selectCells(index);
  }

  async toggle(index: number): Promise<void> {
    await this.select(index);
    await this.page.evaluate(
      command => window.jupyterapp.commands.execute(command),
      COMMAND
    );
  }

  /** Galata's reload waits for a launcher, and there is a notebook. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('domcontentloaded');
    await this.page.evaluate(() => window.location.reload());
    await loaded;
  }

  execute(command: string): Promise<void> {
    return this.page.evaluate(id => {
      void window.jupyterapp.commands.execute(id);
    }, command);
  }

  async watches(): Promise<IWatch[]> {
    const answer = await this.page.request.get(
      `${SERVER}/cloudru/notifications/watches`
    );
    return ((await answer.json()) as { watches: IWatch[] }).watches;
  }

  async kernel(): Promise<{ id: string; execution_state: string } | undefined> {
    const answer = await this.page.request.get(`${SERVER}/api/sessions`);
    const sessions = (await answer.json()) as {
      path: string;
      kernel: { id: string; execution_state: string };
    }[];
    return sessions.find(({ path }) => path.startsWith(this.files))?.kernel;
  }

  async expectBusy(): Promise<void> {
    await expect
      .poll(() => this.kernel())
      .toMatchObject({ execution_state: 'busy' });
  }
}

const test = base.extend<{ cells: Cells }>({
  cells: async ({ page, folder, tmpPath, notices: _ }, use) => {
    const cells = new Cells(page, folder, tmpPath);
    await use(cells);
    const kernel = await cells.kernel();
    if (kernel) {
      await page.request.delete(`${SERVER}/api/kernels/${kernel.id}`);
    }
    for (const { id } of await cells.watches()) {
      await page.request.delete(
        `${SERVER}/cloudru/notifications/watches/${id}`
      );
    }
  }
});

const titles = (rows: IStored[]): string[] => rows.map(({ title }) => title);

test('The end of a running cell is told', async ({ cells, notices, shown }) => {
  await cells.open('1', `# Train the model\n${cells.waiting('go')}`);
  await cells.select(1);
  await cells.execute('notebook:run-cell');
  await cells.expectBusy();
  await expect(cells.button).toHaveAttribute('aria-pressed', 'false');
  await cells.button.click();
  await expect(cells.button).toHaveAttribute('aria-pressed', 'true');
  await expect(cells.watched).toHaveCount(1);
  await expect.poll(() => cells.watches()).toHaveLength(1);
  expect((await cells.watches())[0]!.label).toBe('Cell 2: Train the model');
  await cells.letGo('go');
  await expect(shown.toast('Cell finished')).toContainText(
    'Cell 2: Train the model'
  );
  await expect(cells.watched).toHaveCount(0);
  await expect(cells.button).toHaveAttribute('aria-pressed', 'false');
  expect(titles(await notices.list())).toEqual(['Cell finished']);
});

test('The next run of a cell is told, with the name of its error', async ({
  cells,
  notices,
  shown
}) => {
  await cells.open('1/0');
  await cells.toggle(0);
  await expect(cells.watched).toHaveCount(1);
  expect(await cells.watches()).toEqual([]);
  await cells.execute('notebook:run-cell');
  await expect(shown.toast('ZeroDivisionError')).toBeVisible();
  await expect(cells.watched).toHaveCount(0);
  // Once asked, once told.
  await cells.execute('notebook:run-cell');
  await expect
    .poll(() => cells.kernel())
    .toMatchObject({ execution_state: 'idle' });
  expect(titles(await notices.list())).toEqual([
    'Cell failed: ZeroDivisionError'
  ]);
});

test('A cell in the queue of all cells is told when it ends', async ({
  cells,
  notices
}) => {
  await cells.open(cells.waiting('first'), '2', cells.waiting('third'));
  await cells.execute('notebook:run-all-cells');
  await cells.expectBusy();
  await cells.toggle(2);
  await expect.poll(() => cells.watches()).toHaveLength(1);
  await cells.letGo('first');
  await expect(
    cells.page.locator('.jp-CodeCell').nth(1).locator('.jp-InputPrompt')
  ).toHaveText('[2]:');
  expect(await notices.list()).toEqual([]);
  await expect(cells.watched).toHaveCount(1);
  await cells.letGo('third');
  await expect
    .poll(async () => titles(await notices.list()))
    .toEqual(['Cell finished']);
  await expect(cells.watched).toHaveCount(0);
});

test('It is told also when the page was closed meanwhile', async ({
  cells,
  notices,
  page
}) => {
  await cells.open(cells.waiting('go'));
  await cells.execute('notebook:run-cell');
  await cells.expectBusy();
  await cells.toggle(0);
  await expect.poll(() => cells.watches()).toHaveLength(1);
  // Galata's `goto` waits for JupyterLab.
  await page.evaluate(() => {
    window.location.href = 'about:blank';
  });
  await page.waitForURL('about:blank');
  await cells.letGo('go');
  await expect
    .poll(async () => titles(await notices.list()))
    .toEqual(['Cell finished']);
  await page.evaluate(address => {
    window.location.href = address;
  }, `${SERVER}/lab?reset`);
  await expect(
    page.locator('.Toastify__toast', { hasText: 'Cell finished' })
  ).toBeVisible();
});

test('A reload finds the cell that runs, and knows what is watched', async ({
  cells,
  notices,
  page
}) => {
  await cells.open(cells.waiting('go'));
  await page.notebook.save();
  await cells.execute('notebook:run-cell');
  await cells.expectBusy();
  await cells.reload();
  await expect(page.locator('.jp-CodeCell')).toHaveCount(1);
  await cells.button.waitFor();
  const kept = page.waitForResponse(
    response =>
      response.url().includes('/api/workspaces') &&
      response.request().method() === 'PUT' &&
      (response.request().postData() ?? '').includes('watched-cells')
  );
  await cells.toggle(0);
  await expect.poll(() => cells.watches()).toHaveLength(1);
  await expect(cells.watched).toHaveCount(1);
  await kept;
  await cells.reload();
  await expect(cells.watched).toHaveCount(1);
  await cells.letGo('go');
  await expect
    .poll(async () => titles(await notices.list()))
    .toEqual(['Cell finished']);
  await expect(cells.watched).toHaveCount(0);
});

test('A kernel that dies during the cell is told', async ({
  cells,
  notices
}) => {
  await cells.open('import os; os._exit(1)');
  await cells.toggle(0);
  await cells.execute('notebook:run-cell');
  await expect
    .poll(async () => titles(await notices.list()))
    .toEqual(['The kernel of Untitled.ipynb ended with code 1']);
  await expect(cells.watched).toHaveCount(0);
});

test('Asked again, it tells nothing', async ({ cells, notices, page }) => {
  await cells.open(cells.waiting('go'), 'print("after")');
  await cells.execute('notebook:run-all-cells');
  await cells.expectBusy();
  await cells.toggle(0);
  await expect.poll(() => cells.watches()).toHaveLength(1);
  await cells.toggle(0);
  await expect.poll(() => cells.watches()).toEqual([]);
  await expect(cells.watched).toHaveCount(0);
  await cells.letGo('go');
  await expect(page.getByText('after', { exact: true })).toBeVisible();
  expect(await notices.list()).toEqual([]);
});

test('The context menu of a cell has it, that of text has not', async ({
  cells,
  page
}) => {
  await cells.open('1');
  await page.locator('.jp-CodeCell').first().click({ button: 'right' });
  const item = page
    .locator('.lm-Menu-item:visible')
    .filter({ hasText: 'Notify Me When This Cell Ends' });
  await item.click();
  await expect(cells.watched).toHaveCount(1);
  await page.notebook.setCellType(0, 'markdown');
  await expect(cells.button).toBeHidden();
});

test.describe('With a limit for long cells', () => {
  test.use({
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      // Less than a second: the tests do not wait for minutes.
      'cloudru-jlab:notifications': { longCells: 0.01 }
    }
  });

  test('every long cell is told, and no short one', async ({
    cells,
    notices
  }) => {
    await cells.open('1', cells.waiting('go', 'undefined_name'));
    await expect
      .poll(() => cells.watches())
      .toMatchObject([{ msg_id: null, min_seconds: 0.6 }]);
    await cells.execute('notebook:run-all-cells');
    await cells.expectBusy();
    const start = Date.now();
    await expect.poll(() => Date.now() - start).toBeGreaterThan(1_000);
    await cells.letGo('go');
    await expect
      .poll(async () => titles(await notices.list()))
      .toEqual(['Cell failed: NameError']);
  });
});
