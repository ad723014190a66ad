import { PathExt, Time } from '@jupyterlab/coreutils';
import { DirListing, formatFileSize } from '@jupyterlab/filebrowser';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';
import type { ITranslator } from '@jupyterlab/translation';
import { nullTranslator } from '@jupyterlab/translation';
import { StringExt } from '@lumino/algorithm';
import { h, VirtualDOM } from '@lumino/virtualdom';

import { relativeFormat } from './ages';

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['years', 365 * 24 * 3600_000],
  ['months', 30 * 24 * 3600_000],
  ['days', 24 * 3600_000],
  ['hours', 3600_000],
  ['minutes', 60_000],
  ['seconds', 1000]
];

/** What a row's node shows besides what the stock renderer keeps track of. */
interface IDrawn {
  model: Contents.IModel;
  highlight: string;
  /** The hover text has its dates. */
  isTitled: boolean;
}

/**
 * The stock look at a fraction of the cost per row: formatting dates for hover texts that are rarely read took most of the time, so
 * they are written when the pointer comes.
 */
export class WindowRenderer extends DirListing.Renderer {
  override updateItemNode(
    node: HTMLElement,
    model: Contents.IModel,
    fileType?: DocumentRegistry.IFileType,
    translator?: ITranslator,
    hiddenColumns?: Set<DirListing.ToggleableColumn>,
    selected?: boolean,
    modifiedStyle?: Time.HumanStyle,
    columnsSizes?: Record<DirListing.IColumn['id'], number | null>,
    createdStyle?: Time.HumanStyle
  ): void {
    const highlight = String(model.indices ?? '');
    const drawn = this._drawn.get(node);
    const isNew =
      drawn?.model.path !== model.path ||
      drawn.model.last_modified !== model.last_modified ||
      drawn.model.created !== model.created ||
      drawn.model.size !== model.size ||
      drawn.model.writable !== model.writable;
    // Without the dates the stock renderer formats none.
    const undated = { ...model, created: '', last_modified: '' };
    super.updateItemNode(
      node,
      undated,
      fileType,
      translator,
      hiddenColumns,
      selected,
      modifiedStyle,
      columnsSizes,
      createdStyle
    );
    if (drawn && !isNew && drawn.highlight !== highlight) {
      // The stock renderer does not compare the highlighted letters.
      const text = this.getNameNode(node);
      if (text) {
        const name = StringExt.highlight(
          model.name,
          model.indices ?? [],
          h.mark
        );
        VirtualDOM.render(h.span(name), text);
      }
    }
    const isTitled = !isNew && (drawn?.isTitled ?? false);
    this._drawn.set(node, { model, highlight, isTitled });
    this.updateItemSize(node, model, modifiedStyle, undefined, createdStyle);
  }

  override updateItemModified(
    element: HTMLElement,
    date: string,
    style: Time.HumanStyle
  ): void {
    this._writeDate(element, date, style);
  }

  override updateItemCreated(
    element: HTMLElement,
    date: string,
    style: Time.HumanStyle
  ): void {
    this._writeDate(element, date, style);
  }

  /** Complete the hover texts of a row. */
  fillTitles(node: HTMLElement, translator?: ITranslator): void {
    const drawn = this._drawn.get(node);
    if (!drawn || drawn.isTitled) {
      return;
    }
    drawn.isTitled = true;
    const { created, last_modified, name, path, size, writable } = drawn.model;
    const trans = (translator ?? nullTranslator).load('jupyterlab');
    const directory = PathExt.dirname(path);
    const end = trans.__('\nWritable: %1', writable);
    // What the listing has added, about the kernel, stays.
    const [, added = ''] = node.title.split(end);
    node.title = [
      trans.__('Name: %1', name),
      typeof size === 'number'
        ? trans.__('\nSize: %1', formatFileSize(size, 1, 1024))
        : '',
      directory ? trans.__('\nPath: %1', directory.slice(0, 50)) : '',
      directory.length > 50 ? '...' : '',
      created ? trans.__('\nCreated: %1', Time.format(created)) : '',
      last_modified
        ? trans.__('\nModified: %1', Time.format(last_modified))
        : '',
      end,
      added
    ].join('');
    for (const element of node.querySelectorAll<HTMLElement>(
      '[data-cj-date]'
    )) {
      element.title = Time.format(element.dataset.cjDate ?? '');
    }
  }

  private _writeDate(
    element: HTMLElement,
    date: string,
    style: Time.HumanStyle
  ): void {
    const written = `${date} ${style}`;
    if (element.dataset.cjWritten === written) {
      return;
    }
    element.textContent = this._humanTime(date, style);
    element.title = '';
    element.dataset.cjDate = date;
    element.dataset.cjWritten = written;
  }

  /** As `Time.formatHuman`, with one formatter for all rows instead of one for each. */
  private _humanTime(date: string, style: Time.HumanStyle): string {
    const language = document.documentElement.lang || 'en';
    const key = `${language} ${style}`;
    let formatter = this._formatters.get(key);
    if (!formatter) {
      formatter = relativeFormat(language, style);
      this._formatters.set(key, formatter);
    }
    const distance = new Date(date).getTime() - Date.now();
    for (const [unit, milliseconds] of UNITS) {
      const amount = Math.ceil(distance / milliseconds);
      if (amount !== 0) {
        return formatter.format(amount, unit);
      }
    }
    return formatter.format(0, 'seconds');
  }

  private readonly _drawn = new WeakMap<HTMLElement, IDrawn>();
  private readonly _formatters = new Map<string, Intl.RelativeTimeFormat>();
}
