import {
  crash,
  drafts,
  EDITED,
  edit,
  keptRecords,
  leave,
  onDisk,
  opened,
  openFile,
  PATIENT,
  TEXT,
  write
} from '../drafts';
import { expect } from '../notices';
import { test } from '../own-server';

test.describe.configure({ timeout: 300_000 });

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
