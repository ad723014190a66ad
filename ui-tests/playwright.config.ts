import { defineConfig } from '@playwright/test';
import type { GalataOptions } from '@jupyterlab/galata';

import { launchOptions, reporters } from './playwright.shared';

/** `scripts/run_browser_tests.py` starts the server and sets the environment. */
export default defineConfig<GalataOptions>({
  testDir: './tests',
  outputDir: './test-results',
  forbidOnly: true,
  fullyParallel: false,
  workers: 1,
  // A browser on a busy machine may miss a time-out: one more try, and the report names what needed it as flaky.
  retries: process.env.CI ? 1 : 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: reporters,
  use: {
    baseURL: process.env.TARGET_URL,
    contextOptions: { permissions: ['clipboard-read', 'clipboard-write'] },
    launchOptions,
    screenshot: 'only-on-failure',
    trace: process.env.CLOUDRU_TRACE ? 'retain-on-failure' : 'off',
    video: 'off',
    viewport: { width: 1280, height: 800 }
  }
});
