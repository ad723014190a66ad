import type { JSONObject, JSONValue } from '@lumino/coreutils';
import { JSONExt } from '@lumino/coreutils';

import type {
  Content,
  ICellContent,
  INotebookContent,
  ISharedCell,
  ISharedNotebook,
  ISharedText,
  SharedDocument
} from './shared';
import { isNotebook } from './shared';

/** Make the open document say what a draft says, with as few changes as do it; all through its public interface. */
export function apply(shared: SharedDocument, content: Content): void {
  if (isNotebook(shared) && typeof content !== 'string') {
    applyNotebook(shared, content);
  } else if (!isNotebook(shared) && typeof content === 'string') {
    applyText(shared, content);
  }
}

function applyText(shared: ISharedText, text: string): void {
  const open = shared.getSource();
  let start = 0;
  while (
    start < open.length &&
    start < text.length &&
    open[start] === text[start]
  ) {
    start++;
  }
  let end = 0;
  while (
    end < open.length - start &&
    end < text.length - start &&
    open[open.length - 1 - end] === text[text.length - 1 - end]
  ) {
    end++;
  }
  if (open !== text) {
    shared.updateSource(
      start,
      open.length - end,
      text.slice(start, text.length - end)
    );
  }
}

function applyNotebook(shared: ISharedNotebook, draft: INotebookContent): void {
  shared.transact(() => {
    if (shared.nbformat !== draft.nbformat) {
      shared.nbformat = draft.nbformat;
    }
    if (shared.nbformat_minor !== draft.nbformat_minor) {
      shared.nbformat_minor = draft.nbformat_minor;
    }
    if (!JSONExt.deepEqual(shared.metadata, draft.metadata)) {
      shared.metadata = draft.metadata;
    }
    const open = shared.cells.map(cell => ({
      cell,
      id: cell.getId(),
      type: cell.cell_type
    }));
    // The model's list of cells is that of before until the transaction ends.
    let index = 0;
    const wanted = new Set(draft.cells.map(({ id }) => id));
    for (const cell of draft.cells) {
      while (
        open[index] &&
        open[index]?.id !== cell.id &&
        !wanted.has(open[index]?.id)
      ) {
        shared.deleteCellRange(index, index + 1);
        open.splice(index, 1);
      }
      const here = open[index];
      if (here?.id === cell.id && here?.type === cell.cell_type) {
        applyCell(here.cell, cell);
      } else {
        const elsewhere = open.findIndex(
          ({ id }, at) => at >= index && id === cell.id
        );
        if (elsewhere >= 0) {
          shared.deleteCellRange(elsewhere, elsewhere + 1);
          open.splice(elsewhere, 1);
        }
        shared.insertCells(index, [JSONExt.deepCopy(cell)]);
        open.splice(index, 0, {
          // Never read again.
          cell: undefined as unknown as ISharedCell,
          id: cell.id ?? '',
          type: cell.cell_type
        });
      }
      index++;
    }
    if (index < open.length) {
      shared.deleteCellRange(index, open.length);
    }
  });
}

function applyCell(cell: ISharedCell, draft: ICellContent): void {
  const open = cell.toJSON();
  if (open.source !== draft.source) {
    cell.setSource(draft.source);
  }
  if (!JSONExt.deepEqual(open.metadata, draft.metadata)) {
    for (const key of Object.keys(open.metadata)) {
      if (!(key in draft.metadata)) {
        cell.deleteMetadata(key);
      }
    }
    cell.setMetadata(draft.metadata);
  }
  if (
    cell.setOutputs &&
    Array.isArray(draft.outputs) &&
    !JSONExt.deepEqual(open.outputs ?? [], draft.outputs)
  ) {
    cell.setOutputs(draft.outputs as JSONValue[]);
  }
  if (
    'execution_count' in draft &&
    (open.execution_count ?? null) !== (draft.execution_count ?? null)
  ) {
    cell.execution_count = draft.execution_count as number | null;
  }
  if (
    cell.setAttachments &&
    !JSONExt.deepEqual(open.attachments ?? null, draft.attachments ?? null)
  ) {
    cell.setAttachments(draft.attachments as JSONObject | undefined);
  }
}
