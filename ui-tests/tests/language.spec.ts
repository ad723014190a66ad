import { galata } from '@jupyterlab/galata';

import { expect, test } from '../big';

test.use({
  mockSettings: {
    ...galata.DEFAULT_SETTINGS,
    '@jupyterlab/translation-extension:plugin': { locale: 'ru_RU' }
  },
  waitForApplication: async ({ baseURL: _ }, use) => {
    // Galata's own waits for a tab that is called "Launcher".
    await use(async page => {
      await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
      await page.locator('#filebrowser').waitFor();
    });
  }
});

test('The browser speaks Russian and sorts as Russians do', async ({
  big,
  files,
  page
}) => {
  const { data } = (await (
    await page.request.get(`${process.env.TARGET_URL}/lab/api/translations`)
  ).json()) as { data: Record<string, unknown> };
  test.skip(!('ru_RU' in data), 'the Russian language pack is not installed');
  await files.open(big);
  await expect(files.footer).toContainText(/100\s003 элемента/);
  await files.expectFirst('Архив');
  await files.expectVisible('Архив', 'alpha', 'beta', 'Файл 1.csv');
});
