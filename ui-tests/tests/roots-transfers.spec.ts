import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from '../big';
import { makeHeldFile, namesIn, removeTree } from '../files';

/** The folders of the roots beside the default one, by their names. */
const ROOTS = process.env.CLOUDRU_UI_ROOTS ?? '';

/** Where the server makes a copy before that has its name. */
const PARTIAL = '.cloudru-jlab-partial';

/** The sizes of all files below a folder, in bytes. */
const sizesBelow = (folder: string): number[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => statSync(join(entry.parentPath, entry.name)).size);

test.describe('A copy from root to root @roots', () => {
  let scratch: string;

  test.beforeEach(({ tmpPath }) => {
    scratch = join(ROOTS, 'scratch', tmpPath);
    mkdirSync(scratch, { recursive: true });
  });

  test.afterEach(() => {
    removeTree(scratch);
  });

  test('that is cancelled half way leaves nothing, and says so', async ({
    files,
    folder,
    page,
    tmpPath
  }) => {
    const name = makeHeldFile(folder);
    const toast = page.locator(
      '.jp-toastContainer, .Toastify__toast-container'
    );
    await files.open(tmpPath);
    await files.select(name);
    await files.execute('filebrowser:copy');
    await files.open(`@scratch/${tmpPath}`);
    await files.launch('filebrowser:paste');
    await expect(toast).toContainText(/Copying: 0 of 1, \S+ MB of \S+ MB/);
    // A part of it is there, where nobody sees it.
    expect(namesIn(scratch)).toEqual([PARTIAL]);
    expect(sizesBelow(scratch).some(size => size > 0)).toBe(true);
    await toast.getByRole('button', { name: 'Cancel' }).click();
    await expect(toast).toContainText('Cancelled: 0 of 1 item was copied');
    expect(namesIn(scratch)).toEqual([]);
    expect(existsSync(join(folder, name))).toBe(true);
    await expect(files.footer).toContainText('0 items');
    await expect(files.row(name)).toHaveCount(0);
  });
});
