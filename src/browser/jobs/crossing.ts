import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';

import { bundle, formatCount } from '../../core/i18n';
import {
  crossesRoots,
  describePath,
  whyUnchangeable
} from '../../core/rootpaths';
import type { IJobRequest, IRoots } from '../../core/tokens';
import type { IBulkActions } from './actions';

/** A selection as it was when it was put on the clipboard or dragged. */
export type ISelected = Omit<IJobRequest, 'kind' | 'destination'>;

/** What brings entries to another place. */
export type CarryKind = 'copy' | 'move';

/** What was cut or copied, for all browsers of the page. */
export interface IClip {
  kind: CarryKind;
  selected: ISelected;
  /** The paths, where they are few enough for a request each; else none. */
  paths: string[];
  /** Where it was cut or copied. */
  owner: object;
}

/** What the browser needs where there are several roots. Without roots it answers as if there was one. */
export interface ICrossing {
  /** What was cut or copied last; only where there are several roots. */
  clip: IClip | null;
  /** Whether there are several roots. */
  readonly isNeeded: boolean;
  crosses(from: string, to: string): boolean;
  /** Why nothing can be changed at a path, in words; null where it can. */
  whyUnchangeable(path: string): string | null;
  /** Tell why something is not done. */
  refuse(reason: string): Promise<void>;
  /**
   * Carry entries to another root, as a job of the server.
   *
   * @param isDecided - the user has said which of both: nothing is asked, where it can be done
   * @returns what has begun, or null
   */
  carry(
    selected: ISelected,
    destination: string,
    kind: CarryKind,
    isDecided: boolean
  ): Promise<CarryKind | null>;
}

/** Copies and moves from root to root, with the one question before them. */
export class Crossing implements ICrossing {
  constructor(private readonly _options: Crossing.IOptions) {
    this._trans = bundle(_options.translator);
  }

  clip: IClip | null = null;

  get isNeeded(): boolean {
    return (this._options.roots?.roots.length ?? 0) > 1;
  }

  crosses(from: string, to: string): boolean {
    return crossesRoots(this._options.roots, from, to);
  }

  whyUnchangeable(path: string): string | null {
    return whyUnchangeable(this._options.roots, path, this._trans);
  }

  async refuse(reason: string): Promise<void> {
    await showDialog({
      title: this._trans.__('Nothing was done'),
      body: reason,
      buttons: [Dialog.okButton({ label: this._trans.__('Close') })]
    });
  }

  async carry(
    selected: ISelected,
    destination: string,
    kind: CarryKind,
    isDecided: boolean
  ): Promise<CarryKind | null> {
    if (selected.count === 0) {
      return null;
    }
    const closed = this.whyUnchangeable(destination);
    if (closed !== null) {
      await this.refuse(closed);
      return null;
    }
    const staying = this.whyUnchangeable(selected.path);
    const wanted =
      isDecided && (kind === 'copy' || staying === null)
        ? kind
        : await this._ask(selected, destination, kind, staying);
    if (wanted === null) {
      return null;
    }
    const request = { ...selected, kind: wanted, destination };
    return (await this._options.bulk.run(request, true)) ? wanted : null;
  }

  /** Ask what to do, once; where the source cannot be changed there is the copy alone. */
  private async _ask(
    selected: ISelected,
    destination: string,
    kind: CarryKind,
    staying: string | null
  ): Promise<CarryKind | null> {
    const trans = this._trans;
    const { translator, roots } = this._options;
    const target = describePath(roots, destination);
    const count = formatCount(selected.count, translator);
    const copy = Dialog.okButton({ label: trans.__('Copy') });
    const move = Dialog.okButton({ label: trans.__('Move') });
    const choices = staying === null ? [copy, move] : [copy];
    const question =
      staying === null
        ? trans._n(
            'Copy or move %2 item to “%3”?',
            'Copy or move %2 items to “%3”?',
            selected.count,
            count,
            target
          )
        : trans._n(
            'Copy %2 item to “%3”?',
            'Copy %2 items to “%3”?',
            selected.count,
            count,
            target
          );
    const { button } = await showDialog({
      title: trans.__('To Another Root'),
      body:
        staying === null
          ? question
          : `${question} ${trans.__('It cannot be moved: %1', staying)}`,
      buttons: [Dialog.cancelButton({ label: trans.__('Cancel') }), ...choices],
      defaultButton: staying === null && kind === 'move' ? 2 : 1
    });
    if (!button.accept) {
      return null;
    }
    return button.label === move.label ? 'move' : 'copy';
  }

  private readonly _trans: TranslationBundle;
}

export namespace Crossing {
  export interface IOptions {
    roots: IRoots | null;
    bulk: IBulkActions;
    translator: ITranslator;
  }
}
