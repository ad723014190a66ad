import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import type { IJob } from '../../core/tokens';
import type { JobWords } from './words';

/** List the entries that a job left, and why; the server names the first hundred. */
export async function showJobErrors(
  job: IJob,
  words: JobWords,
  trans: TranslationBundle
): Promise<void> {
  await showDialog({
    title: words.errorsTitle(job),
    body: new Widget({ node: errorList(job, words) }),
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}

function errorList(job: IJob, words: JobWords): HTMLElement {
  const node = document.createElement('div');
  node.className = 'cj-Jobs-errors';
  const summary = document.createElement('p');
  summary.textContent = [words.result(job), words.errorsShown(job)]
    .filter(Boolean)
    .join('. ');
  const list = document.createElement('ul');
  // It scrolls, so the keyboard has to reach it.
  list.tabIndex = 0;
  list.setAttribute('aria-label', words.errorsTitle(job));
  for (const error of job.errors) {
    const item = document.createElement('li');
    const name = document.createElement('span');
    name.className = 'cj-Jobs-name';
    name.textContent = error.name;
    item.append(name, ` ${error.message}`);
    list.append(item);
  }
  node.append(summary, list);
  return node;
}
