import { join } from 'node:path';

import { expect, test } from '../notices';

const IMAGES = join(__dirname, '..', '..', 'docs', 'images');

test.skip(!process.env.SCREENSHOTS, 'pictures are taken with SCREENSHOTS=1');

for (const [theme, name] of [
  ['JupyterLab Light', 'notifications'],
  ['JupyterLab Dark', 'notifications-dark']
] as const) {
  test(`Toasts and the history in ${theme}`, async ({ notices, page, shown }) => {
    await page.theme.setTheme(theme);
    await notices.post({
      title: 'JupyterLab 4.6.6 is installed',
      body: 'What is new is on the page of the release.',
      category: 'release_notes',
      name: 'Platform',
      links: [{ label: 'What is new', url: 'https://jupyterlab.readthedocs.io/' }]
    });
    await notices.post({
      title: 'Checkpoint 40 is saved',
      body: 'checkpoints/step-40000.pt, 1.3 GB',
      severity: 'success',
      name: 'train.py'
    });
    await notices.post({
      title: '92 % of the disk is in use',
      body: '7 GB are left in your home folder.',
      severity: 'warning',
      name: 'quota'
    });
    await notices.post({
      title: 'Training of bert-base',
      body: 'Epoch 6 of 10, loss 0.213',
      progress: 0.62,
      dedupe_key: 'train',
      name: 'train.py'
    });
    await expect(shown.toasts).toHaveCount(3);
    const { id } = await notices.post({
      title: 'Evaluation failed: CUDA out of memory',
      body: 'RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB.\nGPU 0 has 1.2 GiB free of 80 GiB.\n\nThe last checkpoint is kept: run the cell again with a smaller batch.',
      severity: 'error',
      name: 'evaluate.py',
      category: 'job',
      links: [{ label: 'Log of the run', url: 'https://mlflow.example/runs/42' }],
      action: { kind: 'open_folder', path: 'checkpoints' }
    });
    await expect(shown.toast('Evaluation failed')).toBeVisible();
    await page.evaluate(async identifier => {
      await window.jupyterapp.commands.execute('notifications:show-history', {
        id: identifier
      });
    }, id);
    // What is open is read: its toast goes, and leaves the others at rest.
    await expect(shown.toast('Evaluation failed')).toHaveCount(0);
    await expect(page.locator('.Toastify--animate')).toHaveCount(0);
    await expect(shown.toasts).not.toHaveCount(0);
    const panel = page.locator('#cloudru-notifications');
    await expect(panel.locator('.cj-mod-open')).toContainText('smaller batch');
    await page.mouse.move(500, 500);
    await page.screenshot({ path: join(IMAGES, `${name}.png`) });
  });
}
