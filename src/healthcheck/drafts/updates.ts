import type { JSONObject } from '@lumino/coreutils';
import * as Y from 'yjs';

import type { Content, ICellContent, INotebookContent } from './shared';
import type { IDraftRecord } from './types';

const CHUNK = 0x8000;

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let start = 0; start < bytes.length; start += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  }
  return btoa(binary);
}

export function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) {
    bytes[i] = binary.charCodeAt(i);
  }
  return bytes;
}

/** The whole document as one update. */
export function stateOf(ydoc: Y.Doc): Uint8Array {
  return Y.encodeStateAsUpdate(ydoc);
}

/** Several updates as one. */
export function merged(updates: readonly Uint8Array[]): Uint8Array {
  const [first] = updates;
  return updates.length === 1 && first ? first : Y.mergeUpdates([...updates]);
}

/**
 * The content that updates of a document's shared model make.
 *
 * @throws Error if they are none.
 */
export function contentOfUpdates(
  records: readonly IDraftRecord[],
  type: string
): Content {
  const ydoc = new Y.Doc();
  try {
    ydoc.transact(() => {
      for (const { data } of records) {
        Y.applyUpdate(ydoc, fromBase64(data));
      }
    });
    return type === 'notebook'
      ? notebookOf(ydoc)
      : ydoc.getText('source').toJSON();
  } finally {
    ydoc.destroy();
  }
}

function notebookOf(ydoc: Y.Doc): INotebookContent {
  const cells = ydoc.getArray('cells').toJSON() as JSONObject[];
  const { metadata, nbformat, nbformat_minor } = ydoc.getMap('meta').toJSON();
  const hasIds = !(nbformat === 4 && (nbformat_minor as number) <= 4);
  return {
    metadata: metadata as JSONObject,
    nbformat_minor: nbformat_minor as number,
    nbformat: nbformat as number,
    cells: cells.map(cell => cellOf(cell, hasIds))
  };
}

/** As a shared cell's own `toJSON` writes it. */
function cellOf(cell: JSONObject, hasIds: boolean): ICellContent {
  const { id, cell_type, source, metadata, attachments } = cell;
  const content: ICellContent = {
    ...(hasIds ? { id: id as string } : {}),
    cell_type: cell_type as string,
    source: source as string,
    metadata: metadata as JSONObject
  };
  if (cell_type === 'code') {
    content.outputs = cell.outputs;
    content.execution_count = (cell.execution_count ?? null) || null;
  } else if (attachments !== undefined) {
    content.attachments = attachments;
  }
  return content;
}
