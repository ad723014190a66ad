import type { BrowserContext, Locator, Page } from '@playwright/test';

import { expect, waitForPage } from '../notices';
import type { OwnServer } from '../own-server';
import { test } from '../own-server';

/** A draft of another browser is offered when its page was not heard of for a while; and the machine may be slow. */
const PATIENT = { timeout: 120_000 };

const TEXT = 'one\ntwo\nthree\n';
const EDITED = 'one\ntwo, edited: ёж 🙂\nthree\n';

test.describe.configure({ timeout: 300_000 });

async function write(page: Page, server: OwnServer): Promise<void> {
  const answer = await page.request.put(`${server.url}/api/contents/a.txt`, {
    data: { type: 'file', format: 'text', content: TEXT }
  });
  expect(answer.ok()).toBe(true);
}

async function onDisk(page: Page, server: OwnServer): Promise<string> {
  const answer = await page.request.get(`${server.url}/api/contents/a.txt`);
  const { content } = (await answer.json()) as { content: string };
  return content;
}

/** Open the file; the lines with its drafts. */
async function openFile(page: Page, server: OwnServer): Promise<Locator> {
  await page.goto(`${server.url}/lab?reset`);
  await waitForPage(page);
  await page.evaluate(async () => {
    const widget: unknown = await window.jupyterapp.commands.execute(
      'docmanager:open',
      { path: 'a.txt', factory: 'Editor' }
    );
    const { context } = widget as IOpenDocument;
    // The editor is there before its text, and that before the file's checkpoint, without which it is closed again.
    await context.ready;
    await context.sessionContext.ready;
  });
  await expect(page.locator('.jp-FileEditor')).toBeVisible(PATIENT);
  return page.locator('.cj-Draft');
}

interface IOpenDocument {
  context: {
    ready: Promise<void>;
    sessionContext: { ready: Promise<void> };
    model: {
      dirty: boolean;
      sharedModel: {
        getSource(): string;
        updateSource(start: number, end: number, text: string): void;
      };
    };
  };
}

/** Make the open file say something. */
function edit(page: Page, text: string): Promise<void> {
  return page.evaluate(async wanted => {
    // Whichever widget has the focus: a busy page gives it late.
    const widgets = [...window.jupyterapp.shell.widgets('main')];
    const { context } = widgets.at(-1) as unknown as IOpenDocument;
    await context.ready;
    const { sharedModel } = context.model;
    sharedModel.updateSource(0, sharedModel.getSource().length, wanted);
  }, text);
}

function opened(page: Page): Promise<{ text: string; isDirty: boolean }> {
  return page.evaluate(() => {
    const widgets = [...window.jupyterapp.shell.widgets('main')];
    const { context } = widgets.at(-1) as unknown as IOpenDocument;
    const { dirty, sharedModel } = context.model;
    return { text: sharedModel.getSource(), isDirty: dirty };
  });
}

async function drafts(page: Page, server: OwnServer): Promise<number> {
  const answer = await page.request.get(`${server.url}/cloudru/health/drafts`);
  const { drafts: all } = (await answer.json()) as { drafts: object[] };
  return all.length;
}

/** How many records the browser keeps that the server does not have. */
function keptRecords(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const found = (await indexedDB.databases()).find(({ name }) =>
      name?.startsWith('cloudru-jlab-drafts:')
    );
    return new Promise<number>((resolve, reject) => {
      const request = indexedDB.open(found?.name ?? '');
      request.onerror = () => reject(new Error('no database'));
      request.onsuccess = () => {
        const count = request.result
          .transaction('records')
          .objectStore('records')
          .count();
        count.onsuccess = () => {
          request.result.close();
          resolve(count.result);
        };
      };
    });
  });
}

/** The page dies, and does not ask whether it may. */
async function crash(page: Page): Promise<void> {
  await page.close({ runBeforeUnload: false });
}

/** Edit the file in a page that dies when the server has the draft. */
async function leave(
  context: BrowserContext,
  server: OwnServer,
  text: string
): Promise<void> {
  const page = await context.newPage();
  const before = await drafts(page, server);
  await openFile(page, server);
  await edit(page, text);
  await expect
    .poll(() => drafts(page, server), PATIENT)
    .toBe(before + 1);
  await crash(page);
}

test('offers the edits after a reload without a server', async ({
  context,
  page,
  server
}) => {
  await write(page, server);
  await openFile(page, server);
  await server.kill();
  await edit(page, EDITED);
  await expect.poll(() => keptRecords(page), PATIENT).toBeGreaterThan(0);
  await crash(page);
  await server.start();

  const again = await context.newPage();
  const offer = await openFile(again, server);
  await expect(offer).toHaveCount(1, PATIENT);
  expect(await opened(again)).toEqual({ text: TEXT, isDirty: false });
  await offer.getByRole('button', { name: /^Restore/ }).click();
  await expect(offer).toHaveCount(0, PATIENT);
  expect(await opened(again)).toEqual({ text: EDITED, isDirty: true });
  expect(await onDisk(again, server)).toBe(TEXT);
});

test('offers the edits in another browser after server and page are killed', async ({
  browser,
  context,
  page,
  server
}) => {
  await write(page, server);
  await leave(context, server, EDITED);
  await server.kill();
  await server.start();

  const other = await browser.newContext();
  const elsewhere = await other.newPage();
  const offer = await openFile(elsewhere, server);
  await expect(offer).toHaveCount(1, PATIENT);
  await offer.getByRole('button', { name: /^Compare/ }).click();
  const dialog = elsewhere.locator('.jp-Dialog');
  await expect(dialog.locator('pre.cj-mod-added')).toContainText('ёж 🙂');
  await dialog.getByRole('button', { name: 'Restore' }).click();
  await expect(offer).toHaveCount(0, PATIENT);
  expect(await opened(elsewhere)).toEqual({ text: EDITED, isDirty: true });
  await elsewhere.evaluate(() =>
    window.jupyterapp.commands.execute('docmanager:save')
  );
  expect(await onDisk(elsewhere, server)).toBe(EDITED);
  await expect.poll(() => drafts(elsewhere, server), PATIENT).toBe(0);
  await other.close();
});

test('asks before two drafts go over a newer file', async ({
  context,
  page,
  server
}) => {
  await write(page, server);
  await leave(context, server, `${TEXT}first\n`);
  await leave(context, server, `${TEXT}second\n`);
  await page.request.put(`${server.url}/api/contents/a.txt`, {
    data: { type: 'file', format: 'text', content: 'newer\n' }
  });

  const offer = await openFile(page, server);
  await expect(offer).toHaveCount(2, PATIENT);
  await expect(offer.first()).toContainText('The file was changed since.');
  const restore = offer.first().getByRole('button', { name: /^Restore/ });
  await restore.click();
  const dialog = page.locator('.jp-Dialog');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect(await opened(page)).toEqual({ text: 'newer\n', isDirty: false });
  await restore.click();
  await dialog.getByRole('button', { name: 'Restore' }).click();
  await expect(offer).toHaveCount(1, PATIENT);
  expect(await opened(page)).toEqual({
    text: `${TEXT}second\n`,
    isDirty: true
  });
  await offer.getByRole('button', { name: /^Discard/ }).click();
  await expect(offer).toHaveCount(0, PATIENT);
  expect(await onDisk(page, server)).toBe('newer\n');
});

test('keeps the edits without a database in the browser', async ({
  context,
  page,
  server
}) => {
  await context.addInitScript(() => {
    Object.defineProperty(window, 'indexedDB', {
      get: () => {
        throw new DOMException('not in a private window', 'SecurityError');
      }
    });
  });
  await write(page, server);
  await leave(context, server, EDITED);
  const offer = await openFile(page, server);
  await expect(offer).toHaveCount(1, PATIENT);
  await offer.getByRole('button', { name: /^Restore/ }).click();
  await expect(offer).toHaveCount(0, PATIENT);
  expect(await opened(page)).toEqual({ text: EDITED, isDirty: true });
});

test('tells of documents that are not open', async ({
  context,
  page,
  server
}) => {
  await write(page, server);
  await leave(context, server, EDITED);
  await page.goto(`${server.url}/lab?reset`);
  const notice = page.locator('.jp-toastContainer .Toastify__toast');
  const kept = notice.filter({ hasText: 'Unsaved edits were kept: "a.txt"' });
  await kept.getByRole('button', { name: 'Open' }).click(PATIENT);
  await expect(page.locator('.cj-Draft')).toHaveCount(1, PATIENT);
  await crash(page);

  const again = await context.newPage();
  await again.request.delete(`${server.url}/api/contents/a.txt`);
  await again.goto(`${server.url}/lab?reset`);
  const gone = again
    .locator('.jp-toastContainer .Toastify__toast')
    .filter({ hasText: 'a file that is gone' });
  await gone
    .getByRole('button', { name: 'Create the File Again' })
    .click(PATIENT);
  await expect(again.locator('.jp-FileEditor')).toBeVisible(PATIENT);
  expect(await onDisk(again, server)).toBe(EDITED);
  await expect.poll(() => drafts(again, server), PATIENT).toBe(0);
});
