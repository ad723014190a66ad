/** Control characters, spaces, what changes the reading order unseen, and the slash that browsers turn round. */
const FORBIDDEN = /[\p{Cc}\p{Bidi_Control}\s\\]/u;

/**
 * The address of a link that may be followed: https, or a path of this server. Null for all others.
 *
 * The server refuses the others, too; but what it stored is not taken on trust.
 */
export function safeUrl(
  url: string,
  origin: string = window.location.origin
): string | null {
  if (FORBIDDEN.test(url)) {
    return null;
  }
  const isPath = url.startsWith('/') && !url.startsWith('//');
  if (!isPath && !/^https:\/\//i.test(url)) {
    return null;
  }
  try {
    const { href, origin: target, username, password } = new URL(url, origin);
    const isSafe = isPath
      ? target === origin
      : // `https://bank.example@evil.example` shows one host and opens another.
        username === '' && password === '';
    return isSafe ? href : null;
  } catch {
    return null;
  }
}
