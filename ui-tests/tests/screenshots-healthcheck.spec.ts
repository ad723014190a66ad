import { join } from 'node:path';

import type { Health, StandIn } from '../health';
import { expect, test } from '../health';

const IMAGES = join(__dirname, '..', '..', 'docs', 'images');

test.skip(!process.env.SCREENSHOTS, 'pictures are taken with SCREENSHOTS=1');

/** A server in the middle of a training, with one thing wrong. */
function pose(standIn: StandIn): void {
  standIn.memory.used = 26.4 * 1024 ** 3;
  standIn.memory.limit = 32 * 1024 ** 3;
  standIn.cpu = { used: 5.2, limit: 8 };
  standIn.past = share =>
    0.55 + 0.45 * share ** 3 + 0.03 * Math.sin(share * 90) * (1 - share);
  standIn.gpu(0, 61.3, 0.94);
  standIn.disk('', 'Home', 21, 100);
  standIn.disk('datasets', 'Datasets', 1480, 4096);
  standIn.kernel('one', 'training.ipynb', 23.1, {
    state: 'busy',
    cpu: 4.7,
    gpu_memory: 61.3 * 1024 ** 3
  });
  standIn.kernel('two', 'look-at-data.ipynb', 1.4, { cpu: 0.1 });
  standIn.check('memory', 'warn', {
    message: '26.4 GB of 32 GB are in use.',
    advice:
      'Shut down kernels that you do not need, or load less data at a time.'
  });
  standIn.check('disk', 'pass', { message: 'There is enough space.' });
  standIn.check('gpu', 'pass', { message: 'The GPU works.' });
}

for (const [theme, name] of [
  ['JupyterLab Light', 'health'],
  ['JupyterLab Dark', 'health-dark'],
  ['JupyterLab Dark High Contrast', 'health-contrast']
] as const) {
  test(`The panel in ${theme}`, async ({ health, page, standIn }) => {
    pose(standIn);
    await page.theme.setTheme(theme);
    await page.notebook.createNew('training.ipynb', { kernel: 'python3' });
    await page.notebook.setCell(
      0,
      'code',
      'model = Classifier(layers=24)\ntrainer = Trainer(model, batch_size=512)\ntrainer.fit(epochs=10)'
    );
    await show(health);
    await expect(health.charts).toHaveCount(6);
    await page.screenshot({ path: join(folderOf(name), `${name}.png`) });
  });
}

test('The panel at 200 %', async ({ health, page, standIn }) => {
  pose(standIn);
  await show(health);
  await expect(health.charts).toHaveCount(6);
  await page.setViewportSize({ width: 640, height: 400 });
  await page.screenshot({
    path: join(folderOf('health-zoom'), 'health-zoom.png')
  });
});

async function show(health: Health): Promise<void> {
  await expect(health.figure('memory')).toHaveText('26.4 / 32 GB');
  await health.open();
  await health.page.mouse.move(600, 500);
}

/** One picture is for the documents, the others are to be looked at. */
function folderOf(name: string): string {
  return name === 'health' ? IMAGES : test.info().outputDir;
}
