import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';

import { bundle, formatBytes, formatCount } from '../core/i18n';
import type { IRoot } from '../core/tokens';

/** Below this share of the space, or of the files that a file system can hold, it is time to warn. */
const LOW_SPACE = 0.05;
const LOW_INODES = 0.01;

/** What is said of a root, wherever it is shown. */
export class RootWords {
  constructor(private readonly _translator: ITranslator) {
    this.trans = bundle(_translator);
  }

  readonly trans: TranslationBundle;

  /** How much room there is, such as “12 GB free”; empty where that is not known. */
  free(root: IRoot): string {
    if (root.state !== 'available') {
      return '';
    }
    if (root.writable && isLow(root.freeInodes, root.totalInodes, LOW_INODES)) {
      const left = root.freeInodes ?? 0;
      return this.trans._n(
        'room for %2 file',
        'room for %2 files',
        left,
        formatCount(left, this._translator)
      );
    }
    return root.freeBytes === null
      ? ''
      : this.trans.__('%1 free', formatBytes(root.freeBytes, this._translator));
  }

  isLow(root: IRoot): boolean {
    return (
      root.state === 'available' &&
      root.writable &&
      (isLow(root.freeBytes, root.totalBytes, LOW_SPACE) ||
        isLow(root.freeInodes, root.totalInodes, LOW_INODES))
    );
  }

  /** Why the root is not available; null where it is. */
  reason(root: IRoot): string | null {
    switch (root.state) {
      case 'available':
        return null;
      case 'missing':
        return this.trans.__('The folder does not exist on the server.');
      case 'not_mounted':
        return this.trans.__('The file system is not mounted.');
      case 'permission_denied':
        return this.trans.__('You have no permission to read the folder.');
      case 'not_answering':
        return this.trans.__('The file system does not answer.');
      default:
        return root.message ?? this.trans.__('Not available.');
    }
  }

  /** All about a root in one line, the title first. */
  summary(root: IRoot): string {
    const parts = [
      root.title,
      root.writable ? '' : this.trans.__('read-only'),
      this.reason(root) ?? this.free(root)
    ];
    return parts.filter(part => part !== '').join(', ');
  }
}

/** Some file systems have no fixed number of inodes, and say that they have none. */
function isLow(
  free: number | null,
  total: number | null,
  share: number
): boolean {
  return free !== null && total !== null && total > 0 && free / total < share;
}
