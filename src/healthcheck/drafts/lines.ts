import type { Content } from './shared';

export interface ILine {
  readonly kind: 'same' | 'removed' | 'added' | 'gap';
  readonly text: string;
}

/** Lines around a change that are shown. */
const AROUND = 3;

/** More differences than this are not looked for: the rest is shown as replaced. */
const MOST_STEPS = 2_000;

/** A document as lines that a person reads: sources with the kinds of the cells, not outputs. */
export function linesOf(content: Content): string[] {
  return typeof content === 'string'
    ? content.split('\n')
    : content.cells.flatMap(({ cell_type, source }) => [
        `── ${cell_type} ──`,
        ...source.split('\n')
      ]);
}

/** The lines of two texts by what became of them (Myers, "An O(ND) Difference Algorithm", 1986), unchanged stretches cut short. */
export function difference(
  before: readonly string[],
  after: readonly string[]
): ILine[] {
  let start = 0;
  while (
    start < before.length &&
    start < after.length &&
    before[start] === after[start]
  ) {
    start++;
  }
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) {
    end++;
  }
  const lines: ILine[] = [
    ...before.slice(0, start).map(same),
    ...middle(
      before.slice(start, before.length - end),
      after.slice(start, after.length - end)
    ),
    ...before.slice(before.length - end).map(same)
  ];
  return shortened(lines);
}

function same(text: string): ILine {
  return { kind: 'same', text };
}

function middle(before: readonly string[], after: readonly string[]): ILine[] {
  const trace: Map<number, number>[] = [];
  let reached = new Map([[1, 0]]);
  const most = Math.min(before.length + after.length, MOST_STEPS);
  for (let steps = 0; steps <= most; steps++) {
    trace.push(new Map(reached));
    for (let k = -steps; k <= steps; k += 2) {
      const down =
        k === -steps ||
        (k !== steps && at(reached, k - 1) < at(reached, k + 1));
      let x = down ? at(reached, k + 1) : at(reached, k - 1) + 1;
      let y = x - k;
      while (x < before.length && y < after.length && before[x] === after[y]) {
        x++;
        y++;
      }
      reached.set(k, x);
      if (x >= before.length && y >= after.length) {
        return walked(before, after, trace);
      }
    }
    reached = new Map(reached);
  }
  return [
    ...before.map(text => ({ kind: 'removed', text }) as const),
    ...after.map(text => ({ kind: 'added', text }) as const)
  ];
}

function at(reached: ReadonlyMap<number, number>, k: number): number {
  return reached.get(k) ?? -1;
}

/** The way back from the end through what was reached with each number of steps. */
function walked(
  before: readonly string[],
  after: readonly string[],
  trace: readonly ReadonlyMap<number, number>[]
): ILine[] {
  const lines: ILine[] = [];
  let x = before.length;
  let y = after.length;
  for (let steps = trace.length - 1; steps >= 0; steps--) {
    const reached = trace[steps] ?? new Map<number, number>();
    const k = x - y;
    const down =
      k === -steps || (k !== steps && at(reached, k - 1) < at(reached, k + 1));
    const fromK = down ? k + 1 : k - 1;
    const fromX = steps === 0 ? 0 : at(reached, fromK);
    const fromY = steps === 0 ? 0 : fromX - fromK;
    while (x > fromX && y > fromY) {
      lines.push(same(before[--x] ?? ''));
      y--;
    }
    if (steps > 0) {
      if (down) {
        lines.push({ kind: 'added', text: after[--y] ?? '' });
      } else {
        lines.push({ kind: 'removed', text: before[--x] ?? '' });
      }
    }
  }
  return lines.reverse();
}

function shortened(lines: readonly ILine[]): ILine[] {
  const near = lines.map(() => false);
  lines.forEach(({ kind }, index) => {
    if (kind !== 'same') {
      const last = Math.min(index + AROUND, lines.length - 1);
      for (let i = Math.max(index - AROUND, 0); i <= last; i++) {
        near[i] = true;
      }
    }
  });
  const shown: ILine[] = [];
  lines.forEach((line, index) => {
    if (near[index]) {
      shown.push(line);
    } else if (shown.length > 0 && shown.at(-1)?.kind !== 'gap') {
      shown.push({ kind: 'gap', text: '' });
    }
  });
  return shown;
}
