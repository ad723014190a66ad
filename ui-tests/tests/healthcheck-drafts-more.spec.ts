import type { Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync
} from 'node:fs';
import { join } from 'node:path';

import {
  crash,
  drafts,
  EDITED,
  edit,
  keptRecords,
  opened,
  openFile,
  PATIENT,
  TEXT,
  write
} from '../drafts';
import { expect, serverRoot } from '../fixtures';
import { test } from '../own-server';

test.describe.configure({ timeout: 300_000 });

const MIB = 2 ** 20;

/** A notebook whose outputs are 50 MB; what shows them is not known to JupyterLab, and costs nothing. */
function longNotebook(): INotebook {
  const cells = Array.from({ length: 50 }, (_, index) => ({
    id: `cell-${index}`,
    cell_type: 'code',
    source: `draw(${index})`,
    metadata: {},
    execution_count: index + 1,
    outputs: [
      {
        output_type: 'display_data',
        metadata: {},
        data: {
          'application/vnd.cloudru.test': String(index % 10).repeat(MIB),
          'text/plain': `figure ${index}`
        }
      }
    ]
  }));
  // Without its kernel the notebook would ask for one.
  const kernelspec = { name: 'python3', display_name: 'Python 3 (ipykernel)' };
  return { nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells };
}

interface INotebook {
  nbformat: number;
  nbformat_minor: number;
  metadata: object;
  cells: { id: string; source: string; outputs: object[] }[];
}

function editCell(page: Page, index: number, source: string): Promise<void> {
  return page.evaluate(
    ([at, text]) => {
      const widgets = [...window.jupyterapp.shell.widgets('main')];
      const { context } = widgets.at(-1) as unknown as {
        context: {
          model: {
            sharedModel: { cells: { setSource(text: string): void }[] };
          };
        };
      };
      context.model.sharedModel.cells[at]?.setSource(text);
    },
    [index, source] as const
  );
}

test('keeps the edits of a notebook of 50 MB, and not its outputs again', async ({
  context,
  page,
  server
}) => {
  const notebook = longNotebook();
  const file = join(server.root, 'long.ipynb');
  writeFileSync(file, JSON.stringify(notebook));
  let posted = 0;
  page.on('request', request => {
    if (request.url().includes('/cloudru/health/drafts')) {
      posted += request.postDataBuffer()?.length ?? 0;
    }
  });
  await openFile(page, server, 'long.ipynb');
  for (let turn = 1; turn <= 5; turn++) {
    const source = `draw(7, turn=${turn}) # ёж`;
    const kept = page.waitForResponse(
      answer =>
        answer.ok() &&
        answer.request().method() === 'POST' &&
        (answer.request().postData() ?? '').includes(`turn=${turn}`),
      PATIENT
    );
    await editCell(page, 7, source);
    await kept;
  }
  expect(posted).toBeLessThan(MIB / 10);
  await crash(page);
  await server.kill();
  await server.start();

  const again = await context.newPage();
  const offer = await openFile(again, server, 'long.ipynb');
  await expect(offer).toHaveCount(1, PATIENT);
  await offer.getByRole('button', { name: /^Restore/ }).click();
  await expect(offer).toHaveCount(0, PATIENT);
  await again.evaluate(() =>
    window.jupyterapp.commands.execute('docmanager:save')
  );
  const saved = JSON.parse(readFileSync(file, 'utf-8')) as INotebook;
  const wanted = notebook.cells.map(({ id, source, outputs }, index) => ({
    id,
    source: index === 7 ? 'draw(7, turn=5) # ёж' : source,
    outputs
  }));
  const found = saved.cells.map(({ id, source, outputs }) => ({
    id,
    source: [source].flat().join(''),
    outputs: joinedOutputs(outputs)
  }));
  // A difference in 50 MB is not to be printed.
  expect(JSON.stringify(found) === JSON.stringify(wanted)).toBe(true);
  await expect.poll(() => drafts(again, server), PATIENT).toBe(0);
});

/** Texts that the file has as lists of lines are one again, and their properties stand in the same order. */
function joinedOutputs(outputs: object[]): object[] {
  return outputs.map(output => {
    const { data } = output as { data: Record<string, string | string[]> };
    return {
      output_type: 'display_data',
      metadata: {},
      data: Object.fromEntries(
        Object.entries(data)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([type, text]) => [type, [text].flat().join('')])
      )
    };
  });
}

test('leaves documents that are edited together to those who keep them @beside', async ({
  page
}) => {
  test.skip(
    process.env.CLOUDRU_UI_CONFIGURATION !== 'beside',
    'jupyter-collaboration is not installed'
  );
  const url = (process.env.TARGET_URL ?? '').replace(/\/$/, '');
  const path = 'together-drafts.txt';
  const file = join(serverRoot, path);
  writeFileSync(file, TEXT);
  const faults: string[] = [];
  page.on('pageerror', error => faults.push(error.message));
  const posts: string[] = [];
  page.on('request', request => {
    if (
      request.method() === 'POST' &&
      request.url().includes('/cloudru/health/drafts')
    ) {
      posts.push(request.url());
    }
  });
  try {
    await openFile(page, { url }, path);
    expect(
      await page.evaluate(() => {
        const widgets = [...window.jupyterapp.shell.widgets('main')];
        const { context } = widgets.at(-1) as unknown as {
          context: { model: { collaborative: boolean } };
        };
        return context.model.collaborative;
      })
    ).toBe(true);
    await edit(page, EDITED);
    // It is saved by itself, or by the user.
    await page.evaluate(() =>
      window.jupyterapp.commands.execute('docmanager:save')
    );
    await expect.poll(() => readFileSync(file, 'utf-8'), PATIENT).toBe(EDITED);
    expect(posts).toEqual([]);
    expect(faults).toEqual([]);
    expect(await drafts(page, { url })).toBe(0);
    expect(await keptRecords(page)).toBe(0);
    await expect(page.locator('.jp-Dialog')).toHaveCount(0);
    await expect(page.locator('.cj-Draft')).toHaveCount(0);
  } finally {
    rmSync(file, { force: true });
  }
});

test('leaves nothing in the browser after a logout', async ({
  page,
  server
}) => {
  const salt = '5a17';
  const hash = createHash('sha256').update(`ёж${salt}`).digest('hex');
  server.configure({
    PasswordIdentityProvider: { hashed_password: `sha256:${salt}:${hash}` }
  });
  await server.kill();
  await server.start();
  await page.goto(`${server.url}/login`);
  await page.locator('input[name="password"]').fill('ёж');
  await page.locator('#login_submit').click();
  await page.waitForURL(/\/(lab|tree)/);
  await write(page, server);
  await openFile(page, server);
  // What the server takes is not kept in the browser.
  await page.route(/\/cloudru\/health\/drafts\//, route => route.abort());
  await edit(page, EDITED);
  await expect.poll(() => keptRecords(page), PATIENT).toBeGreaterThan(0);

  page.on('dialog', dialog => void dialog.accept());
  // An edit that has not come to the journal yet, too.
  await edit(page, `${EDITED}late\n`);
  await page.evaluate(() => {
    void window.jupyterapp.commands.execute('filemenu:logout');
  });
  await page.waitForURL(/\/(logout|login)/);
  // The page goes on once or twice.
  await expect
    .poll(() => keptRecords(page, 'heads').catch(() => null), PATIENT)
    .toBe(0);
  await expect
    .poll(() => keptRecords(page).catch(() => null), PATIENT)
    .toBe(0);
});

test('keeps the edits that a full disk does not take', async ({
  context,
  page,
  server
}) => {
  const disk = join(server.root, 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', disk], {
      stdio: 'ignore'
    });
  } catch {
    test.skip(true, 'only root can mount a tmpfs, and not in every container');
  }
  try {
    const original = TEXT.repeat(100);
    writeFileSync(join(disk, 'a.txt'), original);
    await openFile(page, server, 'disk/a.txt');
    fillUp(join(disk, 'filler'));
    const before = readdirSync(disk, { recursive: true }).sort();
    const wanted = EDITED.repeat(2_000);
    await edit(page, wanted);
    await page.evaluate(() => {
      void window.jupyterapp.commands
        .execute('docmanager:save')
        .catch(() => undefined);
    });
    const dialog = page.locator('.jp-Dialog');
    await expect(dialog).toContainText('the disk is full', PATIENT);
    await expect(dialog).toHaveCount(1);
    await dialog.getByRole('button').first().click();
    expect(readFileSync(join(disk, 'a.txt'), 'utf-8')).toBe(original);
    expect(readdirSync(disk, { recursive: true }).sort()).toEqual(before);
    await expect.poll(() => drafts(page, server), PATIENT).toBe(1);
    expect(await opened(page)).toEqual({ text: wanted, isDirty: true });
    await crash(page);

    rmSync(join(disk, 'filler'));
    const again = await context.newPage();
    const offer = await openFile(again, server, 'disk/a.txt');
    await expect(offer).toHaveCount(1, PATIENT);
    await offer.getByRole('button', { name: /^Restore/ }).click();
    await expect(offer).toHaveCount(0, PATIENT);
    expect(await opened(again)).toEqual({ text: wanted, isDirty: true });
    await again.evaluate(() =>
      window.jupyterapp.commands.execute('docmanager:save')
    );
    expect(readFileSync(join(disk, 'a.txt'), 'utf-8')).toBe(wanted);
    await expect.poll(() => drafts(again, server), PATIENT).toBe(0);
  } finally {
    execFileSync('umount', ['-l', disk]);
  }
});

/** Take all the space that the disk of a file has. */
function fillUp(path: string): void {
  const file = openSync(path, 'w');
  let size = 65_536;
  while (size >= 1) {
    try {
      writeSync(file, Buffer.alloc(size));
    } catch {
      size = Math.floor(size / 2);
    }
  }
  closeSync(file);
}
