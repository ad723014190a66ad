import { difference } from '../lines';

function apply(lines: ReturnType<typeof difference>, side: string): string[] {
  return lines
    .filter(({ kind }) => kind === 'same' || kind === side)
    .map(({ text }) => text);
}

it('makes one text of the other, with few lines', () => {
  let state = 7;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let round = 0; round < 300; round++) {
    const text = (): string[] =>
      Array.from({ length: random(5) }, () => 'abc'[random(3)]!);
    const before = text();
    const after = text();
    const lines = difference(before, after);
    // Of texts this short nothing is left out, unless they are the same.
    if (before.join() !== after.join()) {
      const gaps = lines.filter(({ kind }) => kind === 'gap');
      if (gaps.length === 0 && lines[0]!.kind !== 'same') {
        expect(apply(lines, 'added').slice(0, 3)).toEqual(after.slice(0, 3));
      }
    } else {
      expect(lines).toEqual([]);
    }
  }
});

it('shows what is around a change', () => {
  const before = Array.from({ length: 30 }, (_, i) => `${i}`);
  const after = before.map(line => (line === '10' ? 'ten' : line));
  expect(
    difference(before, after).map(({ kind, text }) => [kind, text])
  ).toEqual([
    ...['7', '8', '9'].map(text => ['same', text]),
    ['removed', '10'],
    ['added', 'ten'],
    ...['11', '12', '13'].map(text => ['same', text]),
    ['gap', '']
  ]);
});

it('ends early with texts that have nothing in common', () => {
  const before = Array.from({ length: 5_000 }, (_, i) => `a${i}`);
  const after = Array.from({ length: 5_000 }, (_, i) => `b${i}`);
  expect(difference(before, after)).toHaveLength(10_000);
});
