import type { BrowserContext, Locator, Page } from '@playwright/test';

import { expect, waitForPage } from './notices';
import type { OwnServer } from './own-server';

/** A draft of another browser is offered when its page was not heard of for a while; and the machine may be slow. */
export const PATIENT = { timeout: 120_000 };

export const TEXT = 'one\ntwo\nthree\n';
export const EDITED = 'one\ntwo, edited: ёж 🙂\nthree\n';

export async function write(
  page: Page,
  server: OwnServer,
  path = 'a.txt'
): Promise<void> {
  const answer = await page.request.put(`${server.url}/api/contents/${path}`, {
    data: { type: 'file', format: 'text', content: TEXT }
  });
  expect(answer.ok()).toBe(true);
}

export async function onDisk(page: Page, server: OwnServer): Promise<string> {
  const answer = await page.request.get(`${server.url}/api/contents/a.txt`);
  const { content } = (await answer.json()) as { content: string };
  return content;
}

/** Open the file; the lines with its drafts. */
export async function openFile(
  page: Page,
  { url }: { readonly url: string },
  path = 'a.txt'
): Promise<Locator> {
  await page.goto(`${url}/lab?reset`);
  await waitForPage(page);
  await page.evaluate(async path => {
    const widget: unknown = await window.jupyterapp.commands.execute(
      'docmanager:open',
      { path }
    );
    const { context } = widget as IOpenDocument;
    // The editor is there before its text, and that before the file's checkpoint, without which it is closed again.
    await context.ready;
    await context.sessionContext.ready;
  }, path);
  await expect(page.locator('.jp-FileEditor, .jp-Notebook')).toBeVisible(
    PATIENT
  );
  return page.locator('.cj-Draft');
}

export interface IOpenDocument {
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
export function edit(page: Page, text: string): Promise<void> {
  return page.evaluate(async wanted => {
    // Whichever widget has the focus: a busy page gives it late.
    const widgets = [...window.jupyterapp.shell.widgets('main')];
    const { context } = widgets.at(-1) as unknown as IOpenDocument;
    await context.ready;
    const { sharedModel } = context.model;
    sharedModel.updateSource(0, sharedModel.getSource().length, wanted);
  }, text);
}

export function opened(
  page: Page
): Promise<{ text: string; isDirty: boolean }> {
  return page.evaluate(() => {
    const widgets = [...window.jupyterapp.shell.widgets('main')];
    const { context } = widgets.at(-1) as unknown as IOpenDocument;
    const { dirty, sharedModel } = context.model;
    return { text: sharedModel.getSource(), isDirty: dirty };
  });
}

export async function drafts(
  page: Page,
  { url }: { readonly url: string }
): Promise<number> {
  const answer = await page.request.get(`${url}/cloudru/health/drafts`);
  const { drafts: all } = (await answer.json()) as { drafts: object[] };
  return all.length;
}

/** How many records the browser keeps that the server does not have. */
export function keptRecords(
  page: Page,
  what: 'records' | 'heads' = 'records'
): Promise<number> {
  return page.evaluate(async what => {
    const found = (await indexedDB.databases()).find(({ name }) =>
      name?.startsWith('cloudru-jlab-drafts:')
    );
    return new Promise<number>((resolve, reject) => {
      const request = indexedDB.open(found?.name ?? '');
      request.onerror = () => reject(new Error('no database'));
      request.onsuccess = () => {
        const count = request.result
          .transaction(what)
          .objectStore(what)
          .count();
        count.onsuccess = () => {
          request.result.close();
          resolve(count.result);
        };
      };
    });
  }, what);
}

/** The page dies, and does not ask whether it may. */
export async function crash(page: Page): Promise<void> {
  await page.close({ runBeforeUnload: false });
}

/** Edit the file in a page that dies when the server has the draft. */
export async function leave(
  context: BrowserContext,
  server: OwnServer,
  text: string
): Promise<void> {
  const page = await context.newPage();
  const before = await drafts(page, server);
  await openFile(page, server);
  await edit(page, text);
  await expect.poll(() => drafts(page, server), PATIENT).toBe(before + 1);
  await crash(page);
}
