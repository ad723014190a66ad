import type { IRow, ISelectionSpec } from '../../../core/tokens';
import { Intervals } from '../intervals';
import { Selection } from '../selection';

const TOTAL = 40;
const NUMBERS = Array.from({ length: TOTAL }, (_, i) => i);

function rowAt(index: number): IRow {
  const name = `f${index}`;
  return { name, path: `d/${name}` } as IRow;
}

function* randoms(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state / 2_147_483_648;
  }
}

/** What the server makes of a selection. */
function resolve(spec: ISelectionSpec): Set<number> {
  const chosen = new Set<number>();
  for (let index = 0; index < TOTAL; index++) {
    const inRange = spec.ranges.some(
      ([start, stop]) => start <= index && index < stop
    );
    const isNamed = spec.names.includes(`f${index}`);
    const isExcept = spec.except.includes(`f${index}`);
    if ((spec.all || inRange || isNamed) && !isExcept) {
      chosen.add(index);
    }
  }
  return chosen;
}

describe('Intervals', () => {
  it('equals a set of numbers after any additions and removals', () => {
    const random = randoms(3);
    for (let round = 0; round < 60; round++) {
      const intervals = new Intervals();
      const oracle = new Set<number>();
      for (let step = 0; step < 12; step++) {
        const start = Math.floor(random.next().value * TOTAL);
        const stop = Math.floor(random.next().value * (TOTAL + 1));
        const isAddition = random.next().value < 0.6;
        for (let i = start; i < stop; i++) {
          if (isAddition) {
            oracle.add(i);
          } else {
            oracle.delete(i);
          }
        }
        if (isAddition) {
          intervals.add(start, stop);
        } else {
          intervals.remove(start, stop);
        }
        const list = intervals.toArray(TOTAL);
        expect(NUMBERS.filter(i => intervals.has(i))).toEqual(
          NUMBERS.filter(i => oracle.has(i))
        );
        expect(intervals.count(0, TOTAL)).toBe(oracle.size);
        list.forEach(([from, to], i) => {
          expect(from).toBeLessThan(to);
          expect(from).toBeGreaterThan(list[i - 1]?.[1] ?? -1);
        });
      }
    }
  });

  it('may be endless', () => {
    const intervals = new Intervals();
    intervals.add(5, Infinity);
    intervals.remove(10, 20);
    expect(intervals.count(0, 100)).toBe(5 + 80);
    expect(intervals.toArray(30)).toEqual([
      [5, 10],
      [20, 30]
    ]);
  });
});

describe('Selection', () => {
  it('equals a set of rows after any actions, and says the same to the server', () => {
    const random = randoms(11);
    const pick = (below: number): number =>
      Math.floor(random.next().value * below);
    for (let round = 0; round < 60; round++) {
      const selection = new Selection();
      let oracle = new Set<number>();
      for (let step = 0; step < 15; step++) {
        const index = pick(TOTAL);
        const stop = Math.min(TOTAL, index + pick(20));
        switch (pick(6)) {
          case 0:
          case 1:
            selection.select(rowAt(index), index);
            oracle.add(index);
            break;
          case 2:
            selection.deselect(rowAt(index), index);
            oracle.delete(index);
            break;
          case 3:
            selection.selectSpan(index, stop);
            for (let i = index; i < stop; i++) {
              oracle.add(i);
            }
            break;
          case 4:
            selection.deselectSpan(index, stop);
            for (let i = index; i < stop; i++) {
              oracle.delete(i);
            }
            break;
          case 5:
            if (pick(4) === 0) {
              selection.selectSpan(0, Infinity);
              oracle = new Set(Array.from({ length: TOTAL }, (_, i) => i));
            }
            break;
        }
        expect(selection.count(TOTAL)).toBe(oracle.size);
        expect(resolve(selection.toSpec(TOTAL))).toEqual(oracle);
        const wanted = NUMBERS.filter(i => oracle.has(i));
        expect(NUMBERS.filter(i => selection.has(`d/f${i}`, i))).toEqual(
          wanted
        );
        expect(NUMBERS.filter(i => selection.hasIndex(i))).toEqual(wanted);
      }
    }
  });

  it('holds six million rows without a list of them', () => {
    const selection = new Selection();
    selection.selectSpan(0, Infinity);
    selection.deselect(rowAt(7), 7);
    expect(selection.count(6_000_000)).toBe(5_999_999);
    expect(selection.toSpec(6_000_000)).toEqual({
      all: true,
      names: [],
      except: ['f7'],
      ranges: []
    });
    expect(selection.isPlain).toBe(false);
  });

  it('names rows that are not UTF-8 by their number', () => {
    const selection = new Selection();
    selection.select({ ...rowAt(3), undecodable: true }, 3);
    expect(selection.toSpec(TOTAL)).toMatchObject({
      names: [],
      ranges: [[3, 4]]
    });
  });

  it('follows rows to their new numbers, and forgets those that are gone', () => {
    const selection = new Selection();
    selection.select(rowAt(3), 3);
    selection.select(rowAt(5), 5);
    selection.follow('d/f3', 30);
    selection.follow('d/f5', null);
    expect(selection.hasIndex(30)).toBe(true);
    expect(selection.hasIndex(3)).toBe(false);
    expect(selection.pickedPaths()).toEqual(['d/f3']);
  });
});
