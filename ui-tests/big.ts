import { join } from 'node:path';

import { Browser, Traffic } from './browser';
import { makeBigDirectory, removeTree } from './files';
import { expect, serverRoot, test as base } from './fixtures';

export { expect, serverRoot } from './fixtures';

interface ITestFixtures {
  /** The file browser of the page. */
  files: Browser;
  traffic: Traffic;
}

interface IWorkerFixtures {
  /** The path on the server of a directory of 100,000 files; what a test adds to it, it takes away again. */
  big: string;
}

/** Galata's test with a big directory that all tests share: it takes seconds to make. */
export const test = base.extend<ITestFixtures, IWorkerFixtures>({
  big: [
    async ({}, use) => {
      const folder = join(serverRoot, 'big-files');
      makeBigDirectory(folder);
      await use('big-files');
      removeTree(folder);
    },
    { scope: 'worker', timeout: 120_000 }
  ],
  files: async ({ page, tmpPath }, use) => {
    // The page goes to the address it was opened with some time after it is there.
    await expect
      .poll(() => page.filebrowser.getCurrentDirectory())
      .toBe(tmpPath);
    await use(new Browser(page));
  },
  traffic: async ({ page }, use) => {
    await use(new Traffic(page));
  }
});
