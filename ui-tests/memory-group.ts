import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync
} from 'node:fs';
import { join } from 'node:path';

const V1 = '/sys/fs/cgroup/memory';

/** A memory control group (v1) of the test's own. */
export class MemoryGroup {
  private constructor(private readonly _folder: string) {}

  /** A group limited to so many bytes; null where none can be made. */
  static create(limit: number): MemoryGroup | null {
    const folder = join(V1, `cloudru-ui-${process.pid}`);
    if (!existsSync(join(V1, 'memory.limit_in_bytes'))) {
      return null;
    }
    try {
      mkdirSync(folder);
      writeFileSync(join(folder, 'memory.limit_in_bytes'), `${limit}`);
    } catch {
      return null;
    }
    try {
      writeFileSync(join(folder, 'memory.memsw.limit_in_bytes'), `${limit}`);
    } catch {
      // A system without accounts of its swap.
    }
    return new MemoryGroup(folder);
  }

  /** What comes before a command that is to run in the group. */
  get enter(): string[] {
    const procs = join(this._folder, 'cgroup.procs');
    return ['/bin/sh', '-c', 'echo $$ > "$0" && exec "$@"', procs];
  }

  /** How many processes of the group were killed because its memory was full. */
  get kills(): number {
    const control = readFileSync(
      join(this._folder, 'memory.oom_control'),
      'utf-8'
    );
    return Number(/^oom_kill (\d+)$/m.exec(control)?.[1] ?? 0);
  }

  /** End what is left in it, and remove it. */
  remove(): void {
    const procs = join(this._folder, 'cgroup.procs');
    for (const pid of readFileSync(procs, 'utf-8').split('\n')) {
      if (pid) {
        try {
          process.kill(Number(pid), 'SIGKILL');
        } catch {
          // It has ended meanwhile.
        }
      }
    }
    try {
      rmdirSync(this._folder);
    } catch {
      // A process is still about to end: an empty group does no harm.
    }
  }
}
