import type { TranslationBundle } from '@jupyterlab/translation';

import type { IText } from './types';

/** JupyterLab cuts the text of a toast after this many characters. */
const MAX_LENGTH = 140;
const MAX_LINES = 5;
/** Less of a body than this tells nothing. */
const MIN_BODY = 12;

export interface IMessage {
  readonly text: string;
  /** There is more of it in the history. */
  readonly isCut: boolean;
}

/** The text of a toast: the title with the progress, and below it as much of the body as there is room for. */
export function messageOf(
  { title, body }: IText,
  progress: number | null,
  trans: TranslationBundle
): IMessage {
  const head = cut(withProgress(oneLine(title), progress, trans), MAX_LENGTH);
  const lines = body.trim().split('\n');
  const rest = lines.slice(0, MAX_LINES - 1).join('\n');
  const room = MAX_LENGTH - head.length - 1;
  if (rest === '') {
    return { text: head, isCut: false };
  }
  if (room < Math.min(MIN_BODY, rest.length)) {
    return { text: head, isCut: true };
  }
  const below = cut(rest, room);
  const isCut = below !== rest || lines.length >= MAX_LINES;
  return { text: `${head}\n${below}`, isCut };
}

/** A title and how far it is, in words: JupyterLab draws no progress. */
export function withProgress(
  title: string,
  progress: number | null,
  trans: TranslationBundle
): string {
  // Rounded down: what is at 100 % is done.
  return progress === null
    ? title
    : trans.__('%1: %2%', title, Math.floor(progress * 100));
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** At most `length` UTF-16 units, with an ellipsis where something is missing, and no half of a character. */
export function cut(text: string, length: number): string {
  if (text.length <= length) {
    return text;
  }
  const end = length - 1;
  const isHalf = /[\ud800-\udbff]/.test(text.charAt(end - 1));
  return `${text.slice(0, isHalf ? end - 1 : end).trimEnd()}…`;
}
