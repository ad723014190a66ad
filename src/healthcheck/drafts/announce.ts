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
    const { offers, isOpen, told } = this._options;
    const { found, again } = await offers.all();
    const fresh = found.filter(
      ({ id, head }) => !this._told.has(id) && !isOpen(head.path)
    );
    fresh.forEach(({ id }) => this._told.add(id));
    this._tell(fresh.filter(({ file }) => file !== 'missing'));
    this._tellMissing(
      fresh.filter(
        // Sources alone do not make a notebook.
        ({ file, head, id }) =>
          file === 'missing' && head.kind === 'yjs' && !told.has(id)
      )
    );
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
    announce({
      message: trans.__('Unsaved edits were kept: %1', list(paths)),
      label: trans.__('Open'),
      act: () => paths.forEach(open)
    });
  }

  /**
   * Files that were deleted or never written: only a click makes them again. Mostly they were deleted on purpose: this
   * is told once, not at each start.
   */
  private _tellMissing(found: readonly IFound[]): void {
    const { announce, recreate, told, trans } = this._options;
    if (found.length === 0) {
      return;
    }
    found.forEach(({ id }) => told.add(id));
    announce({
      message: trans._n(
        'Unsaved edits of a file that is gone were kept: %2',
        'Unsaved edits of files that are gone were kept: %2',
        found.length,
        list(found.map(({ head }) => head.path))
      ),
      label: trans._n(
        'Create the File Again',
        'Create the Files Again',
        found.length
      ),
      act: () => found.forEach(draft => recreate(draft))
    });
  }

  private readonly _told = new Set<string>();
  private _looks = 0;
}

function list(paths: readonly string[]): string {
  const names = paths.slice(0, MOST_NAMES).map(path => `"${path}"`);
  return names.join(', ') + (paths.length > MOST_NAMES ? ', …' : '');
}

export namespace Announcer {
  export interface IOptions {
    announce: (announcement: IAnnouncement) => void;
    isOpen: (path: string) => boolean;
    offers: Pick<Offers, 'all'>;
    open: (path: string) => void;
    recreate: (draft: IFound) => void;
    /** The ids of what this browser was told of files that are gone. */
    told: { has(id: string): boolean; add(id: string): unknown };
    trans: TranslationBundle;
  }
}
