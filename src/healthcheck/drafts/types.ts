// What the server's half says (`cloudru_jlab/healthcheck/drafts/models.py`).

/** How the records are to be read: updates of the shared model, or the sources of a notebook's cells. */
export type Kind = 'yjs' | 'sources';

/** The file that a draft was made from; null is unknown. */
export interface IBase {
  readonly last_modified: string | null;
  readonly size: number | null;
}

export interface INewHead {
  readonly page: string;
  readonly path: string;
  readonly kind: Kind;
  readonly type: string;
  readonly format: string | null;
  readonly base: IBase;
}

export interface IDraftRecord {
  readonly seq: number;
  readonly kind: 'state' | 'update';
  /** Base64 of an update of the shared model, or JSON of sources. */
  readonly data: string;
}

export interface IDraftHead extends INewHead {
  readonly id: string;
  /** RFC 3339. */
  readonly created: string;
  readonly updated: string;
  readonly seen: string;
  readonly last: number;
  readonly size: number;
  /** How the document's file is, against the one that the draft was made from. */
  readonly file: 'same' | 'changed' | 'missing' | 'unknown';
}

export interface IDrafts {
  /** The server's clock. */
  readonly now: string;
  readonly drafts: readonly IDraftHead[];
}

export interface IDraft {
  readonly head: IDraftHead;
  readonly records: readonly IDraftRecord[];
}

export interface IAppend {
  readonly after: number;
  readonly records: readonly IDraftRecord[];
  readonly head?: INewHead | undefined;
}

export interface IAppended {
  readonly last: number;
  readonly size: number;
}
