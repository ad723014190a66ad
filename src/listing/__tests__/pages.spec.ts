import { PAGE_SIZE, PageCache } from '../pages';
import { row } from './fakeserver';

function rows(first: number, last: number) {
  return Array.from({ length: last - first }, (_, i) =>
    row(`f${first + i}`, 'd')
  );
}

describe('PageCache', () => {
  it('gives back rows by number and numbers by path', () => {
    const cache = new PageCache();
    cache.put(400, rows(400, 450), 1);
    expect(cache.row(449)?.name).toBe('f449');
    expect(cache.row(450)).toBeUndefined();
    expect(cache.row(399)).toBeUndefined();
    expect(cache.indexOf('d/f400')).toBe(400);
    expect(cache.indexOf('d/f1')).toBe(-1);
  });

  it('names the whole pages that miss something', () => {
    const cache = new PageCache();
    cache.put(0, rows(0, 250), 1);
    expect(cache.missing(0, 250)).toBeNull();
    expect(cache.missing(240, 260)).toEqual([PAGE_SIZE, 2 * PAGE_SIZE]);
    expect(cache.missing(240, 401)).toEqual([PAGE_SIZE, 3 * PAGE_SIZE]);
    expect(cache.missing(10, 10)).toBeNull();
  });

  it('forgets the pages used longest ago, and only those', () => {
    const cache = new PageCache(2);
    cache.put(0, rows(0, 200), 1);
    cache.put(200, rows(200, 400), 1);
    cache.touch(0, 1);
    cache.put(400, rows(400, 600), 1);
    expect(cache.row(0)?.name).toBe('f0');
    expect(cache.row(200)).toBeUndefined();
    expect(cache.indexOf('d/f200')).toBe(-1);
    expect(cache.row(400)?.name).toBe('f400');
  });

  it('patches a row that is there and no other', () => {
    const cache = new PageCache();
    cache.put(0, rows(0, 3), 1);
    cache.patch(1, { ...row('f1', 'd'), size: 7 });
    cache.patch(9, row('f9', 'd'));
    expect(cache.row(1)?.size).toBe(7);
    expect(cache.row(9)).toBeUndefined();
  });

  it('knows the oldest state among some rows', () => {
    const cache = new PageCache();
    cache.put(0, rows(0, 10), 5);
    cache.put(10, rows(10, 20), 8);
    expect(cache.seq(0, 20)).toBe(5);
    cache.current(0, 10, 9);
    expect(cache.seq(0, 20)).toBe(8);
    expect(cache.seq(0, 10)).toBe(9);
  });

  it('follows a path that a later page shows at another number', () => {
    const cache = new PageCache();
    cache.put(0, rows(0, 3), 1);
    cache.put(1, [row('f0', 'd')], 2);
    expect(cache.indexOf('d/f0')).toBe(1);
    cache.put(0, [row('new', 'd')], 2);
    expect(cache.indexOf('d/f0')).toBe(1);
    expect(cache.indexOf('d/new')).toBe(0);
  });
});
