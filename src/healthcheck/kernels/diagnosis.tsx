import { Clipboard, Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IDeath } from '../types';
import { certaintyOf, explain } from './words';

export interface IDiagnosisOptions {
  death: IDeath;
  /** “Cell 3: Train the model”, where it is known. */
  cell: string | null;
  /** BCP 47 tag of the interface. */
  language: string;
  trans: TranslationBundle;
}

/** Show the evidence for why a kernel died. */
export async function showDiagnosis(options: IDiagnosisOptions): Promise<void> {
  const { death, language, trans } = options;
  const { title, body, advice } = explain(death, language);
  const rows = rowsOf(options);
  const result = await showDialog({
    title,
    body: (
      <div className="cj-Diagnosis">
        <p>{body}</p>
        <p>{certaintyOf(death, trans)}</p>
        {advice && <p>{advice}</p>}
        <dl>
          {rows.map(([name, value]) => (
            <React.Fragment key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </React.Fragment>
          ))}
        </dl>
      </div>
    ),
    buttons: [
      Dialog.createButton({ label: trans.__('Copy'), actions: ['copy'] }),
      Dialog.okButton({ label: trans.__('Close') })
    ],
    hasClose: true
  });
  if (result.button.actions.includes('copy')) {
    const facts = rows.map(([name, value]) => `${name}: ${value}`);
    Clipboard.copyToSystem([title, body, advice, ...facts].join('\n'));
  }
}

function rowsOf({
  death,
  cell,
  language,
  trans
}: IDiagnosisOptions): [string, string][] {
  const time = new Date(death.time);
  const rows: [string, string | null][] = [
    [
      trans.__('Time'),
      isNaN(time.getTime()) ? death.time : time.toLocaleString(language)
    ],
    [trans.__('Kernel'), `${death.kernel_name} (${death.kernel_id})`],
    [trans.__('Document'), death.path],
    [trans.__('Running at that time'), cell],
    [trans.__('Signal'), death.signal],
    [
      trans.__('Exit code'),
      death.exit_code === null ? null : String(death.exit_code)
    ],
    ...Object.entries(death.evidence)
  ];
  return rows.filter((row): row is [string, string] => !!row[1]);
}
