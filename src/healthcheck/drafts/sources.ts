import type { JSONObject, JSONValue } from '@lumino/coreutils';

import type {
  ICellContent,
  INotebookContent,
  SharedDocument,
  ISharedNotebook
} from './shared';
import { isNotebook } from './shared';
import type { IDraftRecord } from './types';

/** A notebook whose file is longer than this has its sources kept and not its outputs, in characters. */
export const SOURCES_FROM = 4 * 1024 * 1024;

/** A notebook without outputs; cells always have ids here. */
interface ISources {
  readonly cells: readonly ICellContent[];
  readonly metadata: JSONObject;
  readonly nbformat: number;
  readonly nbformat_minor: number;
}

/** What has changed since the record before. */
interface IChange extends Omit<ISources, 'cells'> {
  /** The ids of all cells, as they stand. */
  readonly order: readonly string[];
  readonly changed: readonly ICellContent[];
}

/** Follows the sources of a notebook. */
export class SourcesRecorder {
  constructor(private readonly _shared: ISharedNotebook) {}

  /** All sources. */
  state(): string {
    const sources = this._take();
    return JSON.stringify(sources);
  }

  /** What has changed since the last state or change; null if nothing has. */
  change(): string | null {
    const before = this._texts;
    const beforeOrder = this._order;
    const beforeRest = this._rest;
    const { cells, ...rest } = this._take();
    const changed = cells.filter(
      ({ id }) => before.get(id ?? '') !== this._texts.get(id ?? '')
    );
    if (
      changed.length === 0 &&
      beforeRest === this._rest &&
      beforeOrder === this._order
    ) {
      return null;
    }
    const order = cells.map(({ id }) => id ?? '');
    return JSON.stringify({ ...rest, order, changed } satisfies IChange);
  }

  private _take(): ISources {
    const { nbformat, nbformat_minor, metadata } = this._shared;
    const cells = this._shared.cells.map(cell => {
      const attachments = cell.getAttachments?.();
      return {
        id: cell.getId(),
        cell_type: cell.cell_type,
        source: cell.getSource(),
        metadata: withoutTrust(cell.getMetadata()),
        ...(attachments ? { attachments } : {})
      };
    });
    const rest = { metadata, nbformat, nbformat_minor };
    this._texts = new Map(cells.map(cell => [cell.id, JSON.stringify(cell)]));
    this._order = cells.map(({ id }) => id).join(' ');
    this._rest = JSON.stringify(rest);
    return { cells, ...rest };
  }

  private _texts = new Map<string, string>();
  private _order = '';
  private _rest = '';
}

/**
 * The notebook that records of sources make, with the outputs of the cells that `open` has.
 *
 * @throws Error if they are none.
 */
export function contentOfSources(
  records: readonly IDraftRecord[],
  open: INotebookContent
): INotebookContent {
  let cells = new Map<string, ICellContent>();
  let rest: Omit<ISources, 'cells'> | null = null;
  for (const { kind, data } of records) {
    if (kind === 'state') {
      const { cells: all, ...others } = JSON.parse(data) as ISources;
      cells = new Map(all.map(cell => [cell.id ?? '', cell]));
      rest = others;
    } else {
      const { order, changed, ...others } = JSON.parse(data) as IChange;
      const known = new Map([
        ...cells,
        ...changed.map(cell => [cell.id ?? '', cell] as const)
      ]);
      cells = new Map();
      for (const id of order) {
        const cell = known.get(id);
        if (!cell) {
          throw new Error('The draft lacks a cell.');
        }
        cells.set(id, cell);
      }
      rest = others;
    }
  }
  if (!rest) {
    throw new Error('The draft has no beginning.');
  }
  const { metadata, nbformat, nbformat_minor } = rest;
  const hasIds = !(nbformat === 4 && nbformat_minor <= 4);
  const outputs = outputsOf(open);
  return {
    metadata,
    nbformat_minor,
    nbformat,
    cells: [...cells.values()].map(cell => {
      const { id, ...others } = cell;
      const found = outputs(cell);
      const trusted = found?.metadata.trusted;
      return {
        ...(hasIds && id !== undefined ? { id } : {}),
        ...others,
        metadata: {
          ...cell.metadata,
          ...(trusted === undefined ? {} : { trusted })
        },
        ...(cell.cell_type === 'code'
          ? {
              outputs: found?.outputs ?? ([] as JSONValue[]),
              execution_count: found?.execution_count ?? null
            }
          : {})
      };
    })
  };
}

/** Finds a cell of the file: by its id, or in old files without ids the next one that says the same. */
function outputsOf({
  cells
}: INotebookContent): (cell: ICellContent) => ICellContent | undefined {
  const byId = new Map(cells.map(cell => [cell.id, cell]));
  const bySource = new Map<string, ICellContent[]>();
  for (const cell of cells) {
    if (cell.id === undefined) {
      const same = bySource.get(cell.source) ?? [];
      bySource.set(cell.source, [...same, cell]);
    }
  }
  return ({ id, source, cell_type }) => {
    const found = byId.get(id) ?? bySource.get(source)?.shift();
    return found?.cell_type === cell_type ? found : undefined;
  };
}

/** Whether outputs are trusted is a property of the file that they are in. */
function withoutTrust({ trusted, ...metadata }: JSONObject): JSONObject {
  return metadata;
}

/** Whether the notebook is too long for its outputs to be kept. */
export function isLong(shared: SharedDocument): boolean {
  if (!isNotebook(shared)) {
    return false;
  }
  let left = SOURCES_FROM;
  return shared.cells.some(cell => {
    left -= lengthOf(cell.toJSON(), left);
    return left < 0;
  });
}

/** The characters in a value, counted up to a limit. */
function lengthOf(value: unknown, limit: number): number {
  if (typeof value === 'string') {
    return value.length;
  }
  if (value === null || typeof value !== 'object') {
    return 8;
  }
  let length = 0;
  for (const [key, entry] of Object.entries(value)) {
    length += key.length + lengthOf(entry, limit - length);
    if (length > limit) {
      break;
    }
  }
  return length;
}
