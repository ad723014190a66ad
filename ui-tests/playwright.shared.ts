import type { LaunchOptions, ReporterDescription } from '@playwright/test';

/** Debian's Chromium, without a sandbox (containers) and without traffic of its own. */
export const launchOptions: LaunchOptions = {
  executablePath: process.env.CLOUDRU_CHROMIUM,
  args: [
    '--no-sandbox',
    '--disable-background-networking',
    '--disable-gpu',
    '--disable-lcd-text',
    '--disable-quic'
  ]
};

const report = process.env.CLOUDRU_PLAYWRIGHT_REPORT;

export const reporters: ReporterDescription[] = [
  ['list'],
  ...(report ? [['json', { outputFile: report }] as ReporterDescription] : [])
];
