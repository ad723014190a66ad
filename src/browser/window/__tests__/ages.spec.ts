import { relativeFormat } from '../ages';

describe('the age of a file', () => {
  it.each([
    ['en', '4s ago'],
    ['ru', '4 сек. назад'],
    ['fr', 'il y a 4 s'],
    ['zh', '4秒前']
  ])('is short, and no negative number, in %s', (language, expected) => {
    const format = relativeFormat(language, 'narrow');
    expect(format.format(-4, 'seconds').replace(/\s/g, ' ')).toBe(expected);
  });

  it('is as long as it is wanted', () => {
    const format = relativeFormat('ru', 'long');
    expect(format.format(-4, 'seconds')).toBe('4 секунды назад');
  });
});
