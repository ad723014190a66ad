import type { TranslationBundle } from '@jupyterlab/translation';

import { inLanguage } from '../language';
import type { IDeath, IExplained } from '../types';

/** A death in the language of the interface, else in English. */
export function explain(death: IDeath, language: string): IExplained {
  return inLanguage(death.texts, language) ?? death;
}

/** The gateway is silent: its kernel may be there, with all that it holds. */
export function mayLive({ cause, confidence }: IDeath): boolean {
  return cause === 'gateway_lost' && confidence === 'unknown';
}

/** How sure the cause is, in words. */
export function certaintyOf(
  { confidence }: IDeath,
  trans: TranslationBundle
): string {
  switch (confidence) {
    case 'certain':
      return trans.__('The cause is certain.');
    case 'likely':
      return trans.__('This is the likely cause.');
    case 'unknown':
    default:
      return trans.__('The cause could not be determined.');
  }
}
