import { expect, galata, test as galataTest } from '@jupyterlab/galata';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export { expect, galata };

/** The contents root of the server under test; the tests run on the server's machine. */
export const serverRoot = process.env.CLOUDRU_UI_ROOT ?? '';

interface IFolderFixture {
  /** The absolute path of the test's own directory, `tmpPath` on the server: for tests that need thousands of files. */
  folder: string;
}

/**
 * Galata's test, whose own directory is made on disk: galata asks for it at the root of the origin,
 * which behind a proxy is not ours.
 */
export const test = galataTest.extend<IFolderFixture>({
  folder: async ({ tmpPath }, use) => {
    await use(join(serverRoot, tmpPath));
  },
  tmpPath: async ({}, use, testInfo) => {
    const name = `test-${testInfo.testId}-${testInfo.repeatEachIndex}`;
    const folder = join(serverRoot, name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await use(name);
    rmSync(folder, { recursive: true, force: true });
  }
});
