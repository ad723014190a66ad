/**
 * What the server says in the language of the interface, or null where it does not.
 *
 * @param language - BCP 47 tag of the interface
 */
export function inLanguage<T>(
  texts: Readonly<Record<string, T>>,
  language: string
): T | null {
  const wanted = language.toLowerCase();
  const [primary] = wanted.split('-');
  const named = Object.entries(texts).map(([tag, text]) => ({
    tag: tag.toLowerCase().replace('_', '-'),
    text
  }));
  const found =
    named.find(({ tag }) => tag === wanted) ??
    named.find(({ tag }) => tag === primary) ??
    named.find(({ tag }) => tag.split('-')[0] === primary);
  return found?.text ?? null;
}
