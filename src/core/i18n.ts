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
