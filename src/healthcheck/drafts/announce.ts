import type { TranslationBundle } from '@jupyterlab/translation';

import type { IFound, Offers } from './offers';

/** Drafts of pages that seem to live are looked at again this often. */
const MOST_LOOKS = 4;

/** More names than this do not fit. */
const MOST_NAMES = 5;

/** What is said, with one thing to do. */
export interface IAnnouncement {
  readonly message: string;
  readonly label: string;
  readonly act: () => void;
}

/** Tells once of drafts whose documents are not open. */
export class Announcer {
  constructor(private readonly _options: Announcer.IOptions) {}

  async look(): Promise<void> {
    const { offers, isOpen } = this._options;
    const { found, again } = await offers.all();
    const fresh = found.filter(
      ({ id, head }) => !this._told.has(id) && !isOpen(head.path)
    );
    fresh.forEach(({ id }) => this._told.add(id));
    this._tell(fresh.filter(({ file }) => file !== 'missing'));
    this._tellMissing(fresh.filter(({ file }) => file === 'missing'));
    if (again !== null && ++this._looks < MOST_LOOKS) {
      window.setTimeout(() => {
        void this.look();
      }, again + 1_000);
    }
  }

  private _tell(found: readonly IFound[]): void {
    const { announce, open, trans } = this._options;
    const paths = [...new Set(found.map(({ head }) => head.path))];
    if (paths.length === 0) {
      return;
    }
    const names = paths.slice(0, MOST_NAMES).map(path => `"${path}"`);
    const more = paths.length > MOST_NAMES ? ', …' : '';
    announce({
      message: trans.__('Unsaved edits were kept: %1', names.join(', ') + more),
      label: trans.__('Open'),
      act: () => paths.forEach(open)
    });
  }

  /** A file that was deleted or never written: only a click makes it again. */
  private _tellMissing(found: readonly IFound[]): void {
    const { announce, recreate, trans } = this._options;
    for (const draft of found) {
      // Sources alone do not make a notebook.
      if (draft.head.kind === 'yjs') {
        announce({
          message: trans.__(
            'Unsaved edits of "%1" were kept, but the file is gone.',
            draft.head.path
          ),
          label: trans.__('Create the File Again'),
          act: () => recreate(draft)
        });
      }
    }
  }

  private readonly _told = new Set<string>();
  private _looks = 0;
}

export namespace Announcer {
  export interface IOptions {
    announce: (announcement: IAnnouncement) => void;
    isOpen: (path: string) => boolean;
    offers: Pick<Offers, 'all'>;
    open: (path: string) => void;
    recreate: (draft: IFound) => void;
    trans: TranslationBundle;
  }
}
