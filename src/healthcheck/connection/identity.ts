import { ApiError } from '../../core/request';
import type { ConnectionApi } from './api';

/** The server may take this long to say who it is, in ms. */
const TIMEOUT = 5_000;

/** Which start of the server the page talks to. */
export interface IIdentity {
  /** Whether it is another than when this was asked last; null where the server did not say. */
  isOther(): Promise<boolean | null>;
  /** The server may be gone: note what it leaves. */
  remember(): void;
}

interface IKnown {
  instance: string;
  hadKernels: boolean;
}

/**
 * Remembers which start of the server it was, for the tab: a page that was loaded anew after the server was started again has lost the
 * kernels too.
 */
export class Identity implements IIdentity {
  constructor(private readonly _options: Identity.IOptions) {
    this._known = read(_options.storage, _options.key);
  }

  /** Whether kernels were running under the server that is no more. */
  get hadKernels(): boolean {
    return this._hadKernels;
  }

  async isOther(): Promise<boolean | null> {
    const life = new AbortController();
    const timer = setTimeout(() => life.abort(), TIMEOUT);
    try {
      const { instance } = await this._options.api.deaths(
        Number.MAX_SAFE_INTEGER,
        life.signal
      );
      return this._is(instance);
    } catch (error) {
      // An answer that is no help will be none in three seconds either.
      return error instanceof ApiError && error.status < 500 ? false : null;
    } finally {
      clearTimeout(timer);
    }
  }

  remember(): void {
    if (this._known && this._options.hasKernels()) {
      this._write({ ...this._known, hadKernels: true });
    }
  }

  private _is(instance: string): boolean {
    const before = this._known;
    const isOther = before !== null && before.instance !== instance;
    if (isOther) {
      this._hadKernels = before.hadKernels;
    }
    this._write({
      instance,
      // JupyterLab may not know yet that the kernels of the old one are gone.
      hadKernels: !isOther && this._options.hasKernels()
    });
    return isOther;
  }

  private _write(known: IKnown): void {
    this._known = known;
    try {
      this._options.storage?.setItem(this._options.key, JSON.stringify(known));
    } catch {
      // Full, or forbidden: then a reload forgets it.
    }
  }

  private _hadKernels = false;
  private _known: IKnown | null;
}

export namespace Identity {
  export interface IOptions {
    api: ConnectionApi;
    /** Whether the page knows of kernels that run. */
    hasKernels: () => boolean;
    /** Of this tab; null where the browser gives none. */
    storage: Storage | null;
    key: string;
  }
}

function read(storage: Storage | null, key: string): IKnown | null {
  try {
    const known: unknown = JSON.parse(storage?.getItem(key) ?? 'null');
    if (known && typeof known === 'object' && 'instance' in known) {
      const { instance } = known;
      return typeof instance === 'string'
        ? {
            instance,
            hadKernels: 'hadKernels' in known && known.hadKernels === true
          }
        : null;
    }
  } catch {
    // Written by somebody else.
  }
  return null;
}
