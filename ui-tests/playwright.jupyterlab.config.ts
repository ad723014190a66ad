import { defineConfig } from '@playwright/test';

import { launchOptions, reporters } from './playwright.shared';

/** JupyterLab's own UI tests, copied and run by `scripts/run_jupyterlab_tests.py`. */
export default defineConfig({
  testDir: './.run/jupyterlab/tests',
  outputDir: './.run/jupyterlab/results',
  ignoreSnapshots: true,
  fullyParallel: false,
  workers: 1,
  retries: 0,
  timeout: 60_000,
  reporter: reporters,
  use: {
    baseURL: process.env.TARGET_URL,
    contextOptions: { permissions: ['clipboard-read', 'clipboard-write'] },
    launchOptions,
    trace: 'off',
    video: 'off',
    viewport: { width: 1024, height: 768 }
  }
});
