import type {
  JSONObject,
  JSONValue,
  PartialJSONObject
} from '@lumino/coreutils';
import type * as Y from 'yjs';

/*
 * The little that is used of JupyterLab's shared models (`@jupyter/ydoc`): a JupyterLab that provides others loads this
 * package, too.
 */

/** A cell in its notebook's file. */
export interface ICellContent extends PartialJSONObject {
  id?: string;
  cell_type: string;
  source: string;
  metadata: JSONObject;
}

/** A notebook's file. */
export interface INotebookContent extends PartialJSONObject {
  cells: ICellContent[];
  metadata: JSONObject;
  nbformat: number;
  nbformat_minor: number;
}

export type Content = string | INotebookContent;

export interface ISharedCell {
  readonly cell_type: string;
  execution_count?: number | null;
  getId(): string;
  getSource(): string;
  setSource(source: string): void;
  getMetadata(): JSONObject;
  setMetadata(metadata: JSONObject): void;
  deleteMetadata(key: string): void;
  getAttachments?(): JSONObject | undefined;
  setAttachments?(attachments: JSONObject | undefined): void;
  setOutputs?(outputs: JSONValue[]): void;
  toJSON(): ICellContent;
}

export interface ISharedText {
  readonly ydoc: Y.Doc;
  getSource(): string;
  updateSource(start: number, end: number, value?: string): void;
}

export interface ISharedNotebook {
  readonly ydoc: Y.Doc;
  readonly cells: readonly ISharedCell[];
  nbformat: number;
  nbformat_minor: number;
  metadata: JSONObject;
  insertCells(index: number, cells: ICellContent[]): unknown;
  deleteCellRange(from: number, to: number): void;
  transact(change: () => void, undoable?: boolean): void;
  toJSON(): INotebookContent;
}

export type SharedDocument = ISharedText | ISharedNotebook;

/** The model as one whose updates can be kept; null for one of another kind. */
export function sharedDocument(model: unknown): SharedDocument | null {
  const shared = model as Partial<ISharedNotebook & ISharedText> | null;
  if (typeof shared?.ydoc?.on !== 'function') {
    return null;
  }
  if (Array.isArray(shared.cells) && typeof shared.insertCells === 'function') {
    return shared as ISharedNotebook;
  }
  return typeof shared.updateSource === 'function'
    ? (shared as ISharedText)
    : null;
}

export function isNotebook(shared: SharedDocument): shared is ISharedNotebook {
  return 'cells' in shared;
}

/** What the document would be saved as. */
export function contentOf(shared: SharedDocument): Content {
  return isNotebook(shared) ? shared.toJSON() : shared.getSource();
}
