import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

/** In pixels. */
const ROW_HEIGHT = 36;

/** A draft that is offered. */
export interface IOffer {
  readonly id: string;
  readonly time: Date;
  /** The file is another than the one that was edited. */
  readonly isFileNewer: boolean;
}

/** What stands above a document whose unsaved edits were kept. */
export interface IOffered {
  readonly offers: readonly IOffer[];
  /** Something is being done with a draft. */
  readonly isBusy: boolean;
  readonly changed: ISignal<unknown, void>;
  restore(id: string): void;
  compare(id: string): void;
  discard(id: string): void;
}

/** A line in the document for each draft of it. */
export class OfferLine extends ReactWidget {
  constructor(private readonly _options: OfferLine.IOptions) {
    super();
    this.addClass('cj-Drafts');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute(
      'aria-label',
      _options.trans.__('Unsaved edits that were kept')
    );
    _options.offered.changed.connect(this._onChanged, this);
    this._onChanged();
  }

  protected override render(): JSX.Element {
    const { offered, trans, language } = this._options;
    return (
      <div role="status">
        {offered.offers.map(({ id, time, isFileNewer }) => {
          const text = trans.__(
            'Unsaved edits of %1 were kept.',
            timeText(time, language)
          );
          return (
            <div key={id} className="cj-Draft" data-id={id}>
              <span className="cj-Draft-text">
                {text}
                {isFileNewer && (
                  <strong className="cj-Draft-newer">
                    {' '}
                    {trans.__('The file was changed since.')}
                  </strong>
                )}
              </span>
              <Button
                label={trans.__('Restore')}
                about={text}
                isBusy={offered.isBusy}
                run={() => offered.restore(id)}
              />
              <Button
                label={trans.__('Compare')}
                about={text}
                isBusy={offered.isBusy}
                run={() => offered.compare(id)}
              />
              <Button
                label={trans._p('draft', 'Discard')}
                about={text}
                isBusy={offered.isBusy}
                run={() => offered.discard(id)}
              />
            </div>
          );
        })}
      </div>
    );
  }

  private _onChanged(): void {
    const { length } = this._options.offered.offers;
    // A box layout gives a widget the height that its style demands, and no more.
    this.node.style.minHeight = `${length * ROW_HEIGHT}px`;
    this.setHidden(length === 0);
    this.parent?.fit();
    this.update();
  }
}

export namespace OfferLine {
  export interface IOptions {
    offered: IOffered;
    trans: TranslationBundle;
    /** BCP 47. */
    language: string;
  }
}

function Button(props: {
  label: string;
  about: string;
  isBusy: boolean;
  run: () => void;
}): JSX.Element {
  const { label, about, isBusy, run } = props;
  return (
    <button
      type="button"
      className="cj-Draft-button"
      title={`${label}: ${about}`}
      disabled={isBusy}
      onClick={run}
    >
      {label}
    </button>
  );
}

/** The time of today, or the day with it. */
function timeText(time: Date, language: string): string {
  const isToday = time.toDateString() === new Date().toDateString();
  const options: Intl.DateTimeFormatOptions = isToday
    ? { timeStyle: 'short' }
    : { dateStyle: 'medium', timeStyle: 'short' };
  try {
    return time.toLocaleString(language, options);
  } catch {
    return time.toLocaleString(undefined, options);
  }
}
