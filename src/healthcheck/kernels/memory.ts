/** What the page knew of a document's kernel when it last saw it. */
export interface ISeen {
  /** The id of the kernel. */
  readonly kernel: string;
  /** The sequence number of the newest death that it knew. */
  readonly seq: number;
  /** The id of the cell that ran. */
  readonly cell: string | null;
}

/** As many documents are remembered. */
const MOST = 200;

/** Kernels as this browser last saw them: a reload forgets everything else. */
export class KernelMemory {
  constructor(
    private readonly _storage: Storage | null,
    private readonly _key: string
  ) {}

  seen(path: string): ISeen | null {
    return this._load()[path] ?? null;
  }

  /** Other tabs write there, too. */
  save(path: string, seen: ISeen): void {
    const entries = Object.entries(this._load())
      .filter(([other]) => other !== path)
      .slice(1 - MOST);
    try {
      this._storage?.setItem(
        this._key,
        JSON.stringify({ ...Object.fromEntries(entries), [path]: seen })
      );
    } catch {
      // Full, or not allowed: a reload forgets.
    }
  }

  private _load(): Record<string, ISeen> {
    try {
      const kept: unknown = JSON.parse(
        this._storage?.getItem(this._key) ?? '{}'
      );
      return kept && typeof kept === 'object'
        ? (kept as Record<string, ISeen>)
        : {};
    } catch {
      return {};
    }
  }
}
