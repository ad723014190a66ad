import type { ICheck, IDisk, IGpu, ISample, Status } from '../types';

/** From which share on a figure warns, and from which it is a problem; 1 is never. */
export interface IThresholds {
  readonly warning: number;
  readonly problem: number;
}

export type Measured = 'memory' | 'cpu' | 'disk' | 'gpuMemory';

const RANKS: Readonly<Record<Status, number>> = { pass: 0, warn: 1, fail: 2 };

export function worst(...levels: readonly Status[]): Status {
  return levels.reduce(
    (a, b) => (RANKS[b] > RANKS[a] ? b : a),
    'pass' as Status
  );
}

/** How a share is, from 0 to 1; what is not known is no reason to worry. */
export function levelOf(share: number | null, limits: IThresholds): Status {
  const reaches = (bound: number): boolean =>
    share !== null && bound < 1 && share >= bound;
  return reaches(limits.problem)
    ? 'fail'
    : reaches(limits.warning)
      ? 'warn'
      : 'pass';
}

/** The part of a whole; null where one of them is not known. */
export function shareOf(
  part: number | null,
  whole: number | null
): number | null {
  return part === null || whole === null || whole <= 0
    ? null
    : Math.min(Math.max(part / whole, 0), 1);
}

export function memoryShare({ memory }: ISample): number | null {
  return shareOf(memory.used, memory.limit);
}

export function cpuShare({ cpu }: ISample): number | null {
  return shareOf(cpu.used, cpu.limit);
}

/** What is used of a root, of its space or its inodes, whichever is more. */
export function diskShare(disk: IDisk): number | null {
  const { free, total, free_inodes, total_inodes } = disk;
  const shares = [shareOf(free, total), shareOf(free_inodes, total_inodes)]
    .filter(share => share !== null)
    .map(share => 1 - share);
  return shares.length > 0 ? Math.max(...shares) : null;
}

export function gpuMemoryShare({ used, total }: IGpu): number | null {
  return shareOf(used, total);
}

/** The root that is nearest to its end. */
export function fullest(disks: readonly IDisk[]): IDisk | null {
  return disks.reduce<IDisk | null>(
    (a, b) =>
      a === null || (diskShare(b) ?? -1) > (diskShare(a) ?? -1) ? b : a,
    null
  );
}

/** The share that the GPUs compute, all together; null where none tells. */
export function gpuUse(gpus: readonly IGpu[]): number | null {
  const uses = gpus
    .map(({ utilisation }) => utilisation)
    .filter(use => use !== null);
  return uses.length > 0
    ? uses.reduce((sum, use) => sum + use, 0) / uses.length
    : null;
}

/** The largest share of a GPU's memory in use. */
export function gpuMemory(gpus: readonly IGpu[]): number | null {
  const shares = gpus.map(gpuMemoryShare).filter(share => share !== null);
  return shares.length > 0 ? Math.max(...shares) : null;
}

/**
 * What is wrong beside the figures of memory and processors, which stand in the status bar themselves, by the user's thresholds.
 */
export function beside(checks: readonly ICheck[]): readonly ICheck[] {
  return checks.filter(
    ({ component, status }) =>
      status !== 'pass' && component !== 'memory' && component !== 'cpu'
  );
}
