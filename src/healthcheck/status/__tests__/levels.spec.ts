import { nullTranslator } from '@jupyterlab/translation';

import { inLanguage } from '../../language';
import { pathOf, SPAN } from '../chart';
import { beside, diskShare, levelOf, shareOf, worst } from '../levels';
import { HealthWords } from '../words';
import { checkOf, GB } from './samples';

describe('levelOf', () => {
  const limits = { warning: 0.8, problem: 0.9 };

  it.each([
    [null, 'pass'],
    [0.79, 'pass'],
    [0.8, 'warn'],
    [0.9, 'fail'],
    [1, 'fail']
  ])('takes %p for %p', (share, level) => {
    expect(levelOf(share, limits)).toBe(level);
  });

  it('never speaks of a threshold of 1', () => {
    expect(levelOf(1, { warning: 1, problem: 1 })).toBe('pass');
    expect(levelOf(1, { warning: 0.95, problem: 1 })).toBe('warn');
  });

  it('speaks of a problem though the warning is above it', () => {
    expect(levelOf(0.6, { warning: 0.9, problem: 0.5 })).toBe('fail');
  });
});

describe('shares', () => {
  it('are unknown where a part is', () => {
    expect(shareOf(null, 5)).toBeNull();
    expect(shareOf(5, null)).toBeNull();
    expect(shareOf(5, 0)).toBeNull();
    expect(shareOf(6, 5)).toBe(1);
  });

  it('of a disk are of the space or of the inodes, whichever is nearer its end', () => {
    const disk = { root: '', title: '', free: 50, total: 100 };
    expect(
      diskShare({ ...disk, free_inodes: 1, total_inodes: 100 })
    ).toBeCloseTo(0.99);
    expect(
      diskShare({ ...disk, free_inodes: null, total_inodes: null })
    ).toBeCloseTo(0.5);
    expect(
      diskShare({
        ...disk,
        free: null,
        total: null,
        free_inodes: null,
        total_inodes: null
      })
    ).toBeNull();
  });
});

describe('states', () => {
  it('are as the worst', () => {
    expect(worst()).toBe('pass');
    expect(worst('warn', 'fail', 'pass')).toBe('fail');
  });

  it('beside the figures are those that no figure shows', () => {
    const gpu = checkOf();
    expect(
      beside([
        gpu,
        checkOf({ component: 'memory' }),
        checkOf({ component: 'disk', status: 'pass' })
      ])
    ).toEqual([gpu]);
  });
});

describe('HealthWords', () => {
  const words = new HealthWords(nullTranslator);

  it('writes two sizes in one unit', () => {
    expect(words.ratio(5.1 * GB, 8 * GB)).toBe('5.1 / 8 GB');
    expect(words.ratio(0.25 * GB, 64 * GB)).toBe('0.3 / 64 GB');
    expect(words.of(120 * GB, 512 * GB)).toBe('120 of 512 GB');
  });

  it('speaks the language of the interface where the server does', () => {
    const { texts } = checkOf();
    expect(inLanguage(texts, 'ru-RU')?.message).toBe('GPU потерян.');
    expect(inLanguage(texts, 'en')).toBeNull();
    expect(words.check(checkOf()).message).toBe('The GPU is lost.');
  });
});

describe('pathOf', () => {
  it('goes from left to right, and up with the value', () => {
    expect(
      pathOf(
        [
          [SPAN, 0],
          [SPAN + 10_000, 10]
        ],
        SPAN + 10_000,
        10,
        48
      )
    ).toBe('M290.0 47.0L300.0 1.0');
  });

  it('leaves holes where nothing is known, and forgets what is too old', () => {
    const path = pathOf(
      [
        [0, 5],
        [2 * SPAN - 60_000, 5],
        [2 * SPAN - 58_000, null],
        [2 * SPAN - 56_000, 5],
        [2 * SPAN, 5]
      ],
      2 * SPAN,
      10,
      48
    );
    expect(path.match(/M/g)).toHaveLength(3);
    expect(path).not.toContain('L');
  });

  it('keeps to its frame', () => {
    expect(pathOf([[0, 50]], 0, 10, 48)).toBe('M300.0 1.0');
    expect(pathOf([[0, 50]], 0, 0, 48)).toBe('M300.0 47.0');
  });
});
