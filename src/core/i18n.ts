import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { nullTranslator } from '@jupyterlab/translation';

import { TRANSLATION_DOMAIN } from './ids';

/** The bundle with the strings of this package. */
export function bundle(translator?: ITranslator | null): TranslationBundle {
  return (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
}

/** The BCP 47 tag that JupyterLab's own file browser would sort with. */
export function languageOf(translator?: ITranslator | null): string {
  // Chromium on some systems reports tags such as `en-US@posix`.
  const fallback = navigator.language.split('@')[0] ?? 'en';
  return (translator?.languageCode ?? fallback).replace('_', '-');
}

/** A number as the user's language writes it: 1,000,000. */
export function formatCount(
  count: number,
  translator?: ITranslator | null
): string {
  try {
    return count.toLocaleString(languageOf(translator));
  } catch {
    return count.toLocaleString();
  }
}

const UNITS = [
  'byte',
  'kilobyte',
  'megabyte',
  'gigabyte',
  'terabyte',
  'petabyte'
] as const;

/** A number of bytes in the unit that suits it, as the user's language writes it: 1.2 GB. */
export function formatBytes(
  bytes: number,
  translator?: ITranslator | null
): string {
  let rank = 0;
  let amount = bytes;
  while (amount >= 1000 && rank < UNITS.length - 1) {
    amount /= 1024;
    rank++;
  }
  const options: Intl.NumberFormatOptions = {
    style: 'unit',
    unit: UNITS[rank],
    unitDisplay: rank === 0 ? 'long' : 'short',
    maximumFractionDigits: amount < 10 && rank > 0 ? 1 : 0
  };
  try {
    return new Intl.NumberFormat(languageOf(translator), options).format(
      amount
    );
  } catch {
    // A language tag that the browser does not know.
    return new Intl.NumberFormat(undefined, options).format(amount);
  }
}
