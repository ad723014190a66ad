import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ILine } from './lines';

const MARKS = { same: ' ', removed: '−', added: '+', gap: '⋯' } as const;

/** The differences of the open document and a draft, line by line. */
export class Comparison extends ReactWidget {
  constructor(
    private readonly _lines: readonly ILine[],
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('cj-DraftComparison');
  }

  protected override render(): JSX.Element {
    const trans = this._trans;
    if (this._lines.length === 0) {
      return (
        <p>{trans.__('The text is the same; outputs or settings differ.')}</p>
      );
    }
    const names = {
      same: '',
      removed: trans.__('only in the open document'),
      added: trans.__('only in the kept edits'),
      gap: ''
    };
    return (
      <>
        <p>
          <span className="cj-mod-removed">− {names.removed}</span>{' '}
          <span className="cj-mod-added">+ {names.added}</span>
        </p>
        <div
          className="cj-DraftComparison-lines"
          tabIndex={0}
          role="group"
          aria-label={trans.__('Differences')}
        >
          {this._lines.map(({ kind, text }, index) => (
            <pre key={index} className={`cj-mod-${kind}`}>
              <span aria-hidden="true">{MARKS[kind]} </span>
              {names[kind] && (
                <span className="cj-DraftComparison-name">{names[kind]}: </span>
              )}
              {text}
            </pre>
          ))}
        </div>
      </>
    );
  }
}
