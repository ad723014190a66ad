import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync
} from 'node:fs';
import { join } from 'node:path';

/** How many names one file gets: every file system allows more. */
const LINKS = 30_000;

/** Twice what the server copies at a time. */
const HELD_BYTES = 8 << 20;

/** How a family of files is named: `before`, a number from 1 on, `after`. */
export interface IFamily {
  before: string;
  after: string;
  count: number;
}

/** The families of the big directory, in the order in which an English JupyterLab shows them. */
export const FAMILIES: readonly IFamily[] = [
  { before: 'event_', after: '.json', count: 25_000 },
  { before: 'IMG ', after: '.jpg', count: 25_000 },
  { before: 'sample-', after: '.txt', count: 25_000 },
  { before: 'Файл ', after: '.csv', count: 25_000 }
];

/** The directories in it: they stand before the files. */
export const DIRECTORIES = ['alpha', 'beta', 'Архив'] as const;

/** All that the big directory holds. */
export const TOTAL =
  DIRECTORIES.length + FAMILIES.reduce((total, { count }) => total + count, 0);

/** The name in a row of the big directory, from 0 on, sorted by name. */
export function nameAt(index: number): string {
  const directory = DIRECTORIES[index];
  if (directory !== undefined) {
    return directory;
  }
  let rest = index - DIRECTORIES.length;
  for (const { before, after, count } of FAMILIES) {
    if (rest < count) {
      return `${before}${rest + 1}${after}`;
    }
    rest -= count;
  }
  throw new RangeError(`The big directory has no row ${index}.`);
}

export function makeEmptyFile(path: string): void {
  closeSync(openSync(path, 'w'));
}

/**
 * Make empty files called `before`, 1 and up, `after`. They are one file with many names, which is made ten times as fast
 * and lists as many files do.
 */
export function makeFamily(
  folder: string,
  { before, after, count }: IFamily
): void {
  let seed = '';
  for (let number = 1; number <= count; number++) {
    const path = join(folder, `${before}${number}${after}`);
    if ((number - 1) % LINKS === 0) {
      seed = path;
      makeEmptyFile(seed);
    } else {
      linkSync(seed, path);
    }
  }
}

/** Make the big directory, a few seconds' work. */
export function makeBigDirectory(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of DIRECTORIES) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  for (const family of FAMILIES) {
    makeFamily(folder, family);
  }
}

export function writeText(path: string, text: string): void {
  writeFileSync(path, text);
}

export function namesIn(folder: string): string[] {
  return readdirSync(folder);
}

export function removeTree(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/**
 * Make a file whose copy the server of the tests holds half way until it is cancelled (`jupyter_server_test_config.py`);
 * gives its name.
 */
export function makeHeldFile(folder: string): string {
  const name = 'held.bin';
  writeFileSync(join(folder, name), Buffer.alloc(HELD_BYTES, 1));
  return name;
}
