import { expect } from '@playwright/test';
import type { Locator, Page } from '@playwright/test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { MemoryGroup } from '../memory-group';
import { waitForPage } from '../notices';
import type { OwnServer } from '../own-server';
import { test as base } from '../own-server';

const PATIENT = { timeout: 90_000 };
const MIB = 1024 * 1024;

interface IDeath {
  cause: string;
  confidence: string;
  time: string;
}

interface IKernelPanel {
  readonly revealed: Promise<void>;
  readonly context: { readonly ready: Promise<void> };
  readonly sessionContext: {
    readonly ready: Promise<void>;
    readonly session: { kernel: { id: string; info: Promise<unknown> } };
    changeKernel(model: { id: string }): Promise<unknown>;
  };
}

interface IRemembering {
  dialogs: string[];
}

/** A page with notebooks, and all dialogs that it ever opened. */
class Lab {
  constructor(
    readonly page: Page,
    readonly server: OwnServer
  ) {
    this.lines = page.locator('.cj-KernelLine');
  }

  readonly lines: Locator;

  async load(): Promise<void> {
    await this.page.goto(`${this.server.url}/lab?reset`);
    await waitForPage(this.page);
  }

  write(name: string, ...sources: string[]): void {
    const cells = sources.map((source, index) => ({
      id: `cell-${index}`,
      cell_type: source.startsWith('Text') ? 'markdown' : 'code',
      metadata: {},
      source,
      ...(source.startsWith('Text')
        ? {}
        : { execution_count: null, outputs: [] })
    }));
    const metadata = {
      kernelspec: {
        name: 'python3',
        display_name: 'Python 3',
        language: 'python'
      }
    };
    writeFileSync(
      join(this.server.root, name),
      JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 })
    );
  }

  /** Open a notebook, and wait for its kernel. */
  async open(name: string): Promise<void> {
    await this.page.evaluate(async path => {
      const panel = (await window.jupyterapp.commands.execute(
        'docmanager:open',
        { path }
      )) as IKernelPanel;
      await panel.context.ready;
      await panel.revealed;
      await panel.sessionContext.ready;
      await panel.sessionContext.session.kernel.info;
    }, name);
  }

  /** Run a cell of the notebook that is in front. */
  async run(index: number): Promise<void> {
    await this.page.evaluate(cell => {
      const { commands, shell } = window.jupyterapp;
      const { content } = shell.currentWidget as never as {
        content: { activeCellIndex: number };
      };
      content.activeCellIndex = cell;
      void commands.execute('notebook:run-cell');
    }, index);
  }

  async edit(index: number, source: string): Promise<void> {
    await this.page.evaluate(
      ([cell, text]) => {
        const { content } = window.jupyterapp.shell.currentWidget as never as {
          content: {
            widgets: {
              model: { sharedModel: { setSource(text: string): void } };
            }[];
          };
        };
        content.widgets[cell]?.model.sharedModel.setSource(text);
      },
      [index, source] as const
    );
  }

  async deaths(): Promise<IDeath[]> {
    const answer = await this.page.request.get(
      `${this.server.url}/cloudru/health/deaths`
    );
    return ((await answer.json()) as { deaths: IDeath[] }).deaths;
  }

  /** The notifications about kernels. */
  async told(): Promise<number> {
    const answer = await this.page.request.get(
      `${this.server.url}/cloudru/notifications?limit=100`
    );
    const { notifications } = (await answer.json()) as {
      notifications: { category: string }[];
    };
    return notifications.filter(({ category }) => category === 'kernel').length;
  }

  async dialogs(): Promise<string[]> {
    return this.page.evaluate(
      () => (window as unknown as IRemembering).dialogs
    );
  }

  exists(name: string): boolean {
    return existsSync(join(this.server.root, name));
  }
}

function rememberDialogs(): void {
  const dialogs: string[] = [];
  (window as unknown as IRemembering).dialogs = dialogs;
  const seen = new Set<Element>();
  new MutationObserver(() => {
    for (const dialog of document.querySelectorAll('.jp-Dialog')) {
      if (!seen.has(dialog)) {
        seen.add(dialog);
        dialogs.push(dialog.textContent ?? '');
      }
    }
  }).observe(document, { childList: true, subtree: true });
}

const test = base.extend<{ lab: Lab }>({
  lab: async ({ page, server }, use) => {
    await page.addInitScript(rememberDialogs);
    const lab = new Lab(page, server);
    await lab.load();
    await use(lab);
  }
});

test.describe.configure({ timeout: 240_000 });

test('A killed kernel is explained once, and what stood above is run again', async ({
  lab
}) => {
  lab.write(
    'a.ipynb',
    'open("above", "a").write("x")',
    '# Die\nimport os, signal; os.kill(os.getpid(), 9)',
    'open("below", "a").write("x")'
  );
  await lab.open('a.ipynb');
  await lab.run(1);
  await expect(lab.lines).toHaveCount(1, PATIENT);
  await expect(lab.lines).toContainText('a.ipynb was killed', PATIENT);
  await expect(lab.lines).toContainText('Cell 2: Die');
  await expect(lab.lines.getByRole('alert')).toBeVisible();
  await expect.poll(() => lab.told(), PATIENT).toBe(1);
  expect(await lab.dialogs()).toEqual([]);

  await lab.lines.getByRole('button', { name: 'Open diagnosis' }).click();
  const diagnosis = lab.page.locator('.cj-Diagnosis');
  await expect(diagnosis).toContainText('SIGKILL');
  await expect(lab.page.locator('.jp-Dialog :focus')).toHaveCount(1);
  await lab.page.keyboard.press('Escape');
  await expect(diagnosis).toBeHidden();

  await lab.lines
    .getByRole('button', { name: 'Restart and run all above' })
    .click();
  await expect(lab.lines).toHaveCount(0);
  await expect.poll(() => lab.exists('above'), PATIENT).toBe(true);
  expect(lab.exists('below')).toBe(false);
  expect(await lab.deaths()).toHaveLength(1);
});

test('Two notebooks and a console on one kernel are all told', async ({
  lab
}) => {
  lab.write('a.ipynb', 'import os, signal; os.kill(os.getpid(), 11)');
  lab.write('b.ipynb', 'x = 1');
  await lab.open('a.ipynb');
  const id = await lab.page.evaluate(() => {
    const panel = window.jupyterapp.shell.currentWidget as never;
    return (panel as IKernelPanel).sessionContext.session.kernel.id;
  });
  await lab.open('b.ipynb');
  await lab.page.evaluate(async kernel => {
    const { commands, shell } = window.jupyterapp;
    const panel = shell.currentWidget as never as IKernelPanel;
    await panel.sessionContext.changeKernel({ id: kernel });
    const { sessionContext } = (await commands.execute('console:create', {
      kernelPreference: { id: kernel },
      insertMode: 'split-right'
    })) as IKernelPanel;
    await sessionContext.ready;
    await sessionContext.session.kernel.info;
    await commands.execute('docmanager:open', { path: 'a.ipynb' });
  }, id);
  await lab.run(0);
  await expect(lab.lines).toHaveCount(3, PATIENT);
  for (const place of ['NotebookPanel', 'ConsolePanel']) {
    const told = lab.page.locator(`.jp-${place} .cj-KernelLine-title`);
    await expect(told.first()).toContainText('invalid memory access', PATIENT);
    await expect(told).toHaveCount(place === 'ConsolePanel' ? 1 : 2);
  }
  await expect.poll(() => lab.told(), PATIENT).toBe(1);
  expect(await lab.dialogs()).toEqual([]);
});

test('What happened while the page was away is told once', async ({ lab }) => {
  lab.write(
    'a.ipynb',
    '# Wait\nimport os, time\nopen("pid", "w").write(str(os.getpid()))\ntime.sleep(600)'
  );
  await lab.open('a.ipynb');
  await lab.run(0);
  await expect.poll(() => lab.exists('pid'), PATIENT).toBe(true);
  await lab.page.goto('about:blank');
  const pid = Number(readFileSync(join(lab.server.root, 'pid'), 'utf-8'));
  process.kill(pid, 'SIGABRT');
  await expect.poll(() => lab.deaths(), PATIENT).toHaveLength(1);
  await lab.load();
  await lab.open('a.ipynb');
  await expect(lab.lines).toHaveCount(1, PATIENT);
  await expect(lab.lines).toContainText('Cell 1: Wait');
  await lab.load();
  await lab.open('a.ipynb');
  // It is listed only where there is nothing to tell.
  await expect
    .poll(() =>
      lab.page.evaluate(() =>
        window.jupyterapp.commands.hasCommand('healthcheck:open-diagnosis')
      )
    )
    .toBe(true);
  await expect(lab.lines).toHaveCount(0);
});

test.describe('With little memory', () => {
  test.use({
    group: async ({}, use) => {
      const group = MemoryGroup.create(1_500 * MIB);
      test.skip(group === null, 'No memory control group can be made here');
      await use(group);
      group?.remove();
    }
  });

  test('What was edited is on disk before the kernel is killed, and the cause is told', async ({
    lab,
    group
  }) => {
    lab.write(
      'a.ipynb',
      'x = 1',
      [
        '# Grow',
        'import os, time',
        'open("ready", "w").close()',
        'while not os.path.exists("go"): time.sleep(0.01)',
        'kept = []',
        'while True:',
        '    kept.append(b"x" * (100 << 20)); time.sleep(0.1)'
      ].join('\n'),
      'Text'
    );
    await lab.open('a.ipynb');
    await lab.run(1);
    await expect.poll(() => lab.exists('ready'), PATIENT).toBe(true);
    const edit = 'Text edited before the kill';
    await lab.edit(2, edit);
    const notebook = join(lab.server.root, 'a.ipynb');
    expect(readFileSync(notebook, 'utf-8')).not.toContain(edit);

    writeFileSync(join(lab.server.root, 'go'), '');
    const before = group?.kills ?? 0;
    while ((group?.kills ?? 0) === before) {
      await pause(2);
    }
    const saved = readFileSync(notebook, 'utf-8');
    const killed = Date.now();
    const drafts = await lab.page.request.get(
      `${lab.server.url}/cloudru/health/drafts`
    );
    const { drafts: kept } = (await drafts.json()) as {
      drafts: { path: string; updated: string }[];
    };
    const isDraft = kept.some(
      ({ path, updated }) =>
        path === 'a.ipynb' && Date.parse(updated) <= killed
    );
    expect(saved.includes(edit) || isDraft).toBe(true);

    await expect(lab.lines).toContainText('ran out of memory', PATIENT);
    await expect(lab.lines).toContainText('Cell 2: Grow');
    const [death] = await lab.deaths();
    expect(death).toMatchObject({ cause: 'out_of_memory' });
    await expect.poll(() => lab.told(), PATIENT).toBe(1);
    expect(await lab.dialogs()).toEqual([]);
  });
});
