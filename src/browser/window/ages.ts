import type { Time } from '@jupyterlab/coreutils';

/** In some languages the narrow style writes "4 seconds ago" as "-4 s": those get the short one. */
export function relativeFormat(
  language: string,
  style: Time.HumanStyle
): Intl.RelativeTimeFormat {
  const format = new Intl.RelativeTimeFormat(language, {
    numeric: 'auto',
    style
  });
  return style === 'narrow' && /^[-\u2212]/.test(format.format(-4, 'seconds'))
    ? new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' })
    : format;
}
