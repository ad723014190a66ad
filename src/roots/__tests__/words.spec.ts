import { nullTranslator } from '@jupyterlab/translation';

import { makeRoot } from '../../core/__tests__/fakeroots';
import { RootWords } from '../words';
import { DATA, GONE, HOME } from './fakeroots';

const GB = 1024 ** 3;

describe('RootWords', () => {
  const words = new RootWords(nullTranslator);

  it.each([
    [0, '0 bytes free'],
    [1023, '1 kB free'],
    [1.5 * GB, '1.5 GB free'],
    [12.4 * GB, '12 GB free'],
    [2.25 * 1024 * GB, '2.3 TB free']
  ])('says how much is free: %d', (freeBytes, said) => {
    expect(words.free(makeRoot('a', { freeBytes }))).toBe(said);
  });

  it('says nothing of what is not known', () => {
    expect(words.free(makeRoot('a', { freeBytes: null }))).toBe('');
    expect(words.free(GONE)).toBe('');
  });

  it('warns when space or inodes run out', () => {
    expect(words.isLow(HOME)).toBe(false);
    expect(words.isLow(makeRoot('a', { freeBytes: 4 * GB }))).toBe(true);
    const full = makeRoot('a', { freeInodes: 12 });
    expect(words.isLow(full)).toBe(true);
    expect(words.free(full)).toBe('room for 12 files');
    expect(words.free(makeRoot('a', { freeInodes: 12, writable: false }))).toBe(
      '12 GB free'
    );
    // Such as btrfs, which has no fixed number.
    const endless = makeRoot('a', { freeInodes: 0, totalInodes: 0 });
    expect(words.isLow(endless)).toBe(false);
    expect(words.isLow(makeRoot('a', { freeBytes: 1, writable: false }))).toBe(
      false
    );
  });

  it('says all in one line', () => {
    expect(words.summary(HOME)).toBe('Home, 12 GB free');
    expect(words.summary(DATA)).toBe('Data, read-only, 12 GB free');
    expect(words.summary(GONE)).toBe(
      'Gone, The folder does not exist on the server.'
    );
  });
});
