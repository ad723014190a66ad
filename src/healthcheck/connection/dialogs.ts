import { Dialog } from '@jupyterlab/apputils';

/** What browsers call a request that found no server: Chromium, Firefox, Safari. JupyterLab shows it as it is. */
const LOST = [
  'Failed to fetch',
  'NetworkError when attempting to fetch resource.',
  'Load failed'
];

/** Close the error dialogs that say no more than that there was no connection: it is back, and what they say is not so any more. */
export function closeConnectionErrors(): void {
  const stale: Dialog<unknown>[] = [];
  Dialog.tracker.forEach(dialog => {
    const body = dialog.node.querySelector('.jp-Dialog-body');
    const text = body?.textContent?.trim() ?? '';
    // A question has an answer that is the user's to give.
    const isQuestion =
      dialog.node.querySelectorAll('.jp-Dialog-footer button').length > 1;
    if (!isQuestion && LOST.includes(text)) {
      stale.push(dialog);
    }
  });
  for (const dialog of stale) {
    dialog.reject();
  }
}
