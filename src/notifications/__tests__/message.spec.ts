import { nullTranslator } from '@jupyterlab/translation';

import { cut, messageOf } from '../message';

const trans = nullTranslator.load('');
const message = (
  title: string,
  body = '',
  progress: number | null = null
): ReturnType<typeof messageOf> => messageOf({ title, body }, progress, trans);

describe('messageOf', () => {
  it('puts the body below the title', () => {
    expect(message('Title', 'Body\nmore')).toEqual({
      text: 'Title\nBody\nmore',
      isCut: false
    });
  });

  it('tells the progress in words, and 100 % only at the end', () => {
    expect(message('Training', '', 0).text).toBe('Training: 0%');
    expect(message('Training', '', 0.999).text).toBe('Training: 99%');
    expect(message('Training', '', 1).text).toBe('Training: 100%');
  });

  it('never gives more than JupyterLab draws', () => {
    const { text, isCut } = message('t'.repeat(50), 'b'.repeat(4000));
    expect(text).toHaveLength(140);
    expect(text.endsWith('…')).toBe(true);
    expect(isCut).toBe(true);
  });

  it('gives a few lines of many', () => {
    const { text, isCut } = message('Title', 'a\n'.repeat(100));
    expect(text).toBe('Title\na\na\na\na');
    expect(isCut).toBe(true);
  });

  it('leaves a body out that has no room, and says so', () => {
    const { text, isCut } = message('t'.repeat(135), 'a longer body');
    expect(text).toBe('t'.repeat(135));
    expect(isCut).toBe(true);
  });

  it('makes one line of a title', () => {
    expect(message('a\n b\t c').text).toBe('a b c');
  });

  it('never leaves half of a character', () => {
    expect(cut('😀'.repeat(10), 6)).toBe('😀😀…');
    expect(cut('😀'.repeat(10), 5)).toBe('😀😀…');
    expect(cut('abc', 3)).toBe('abc');
  });
});
