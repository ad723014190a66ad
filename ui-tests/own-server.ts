import { expect, test as base } from '@playwright/test';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import type { MemoryGroup } from './memory-group';

/** A slow, busy machine takes this long to start a server, in ms. */
const START_TIMEOUT = 120_000;

/** Every place that Jupyter writes to, and its folder in ours. */
const PLACES = {
  HOME: 'home',
  IPYTHONDIR: 'ipython',
  JUPYTER_CONFIG_DIR: 'config',
  JUPYTER_DATA_DIR: 'data',
  JUPYTER_RUNTIME_DIR: 'runtime',
  JUPYTERLAB_SETTINGS_DIR: 'settings',
  JUPYTERLAB_WORKSPACES_DIR: 'workspaces',
  TMPDIR: 'tmp',
  XDG_CACHE_HOME: 'cache',
  XDG_CONFIG_HOME: 'xdg-config',
  XDG_DATA_HOME: 'xdg-data',
  CLOUDRU_UI_ROOT: 'root',
  CLOUDRU_UI_APP_SETTINGS_DIR: 'app-settings'
} as const;

/** The cookie by which `jupyter_server_users_config.py` knows who somebody is. */
export const TOKEN_COOKIE = 'cloudru-test-token';

/** A JupyterLab that a test may kill and start again: the port and all that it keeps stay the same. */
export class OwnServer {
  constructor(
    readonly port: number,
    private readonly _folder: string,
    private readonly _users: Readonly<Record<string, string>> | null,
    /** Limits the memory of the server and its kernels. */
    private readonly _group: MemoryGroup | null = null,
    /** Further words of its command line. */
    private readonly _words: readonly string[] = []
  ) {
    this.url = `http://127.0.0.1:${port}`;
    this.log = join(_folder, 'server.log');
    for (const place of Object.values(PLACES)) {
      mkdirSync(join(_folder, place), { recursive: true });
    }
    const settings = {
      // It asks in a toast of its own whether news are wanted.
      '@jupyterlab/apputils-extension:notification': {
        checkForUpdates: false,
        fetchNews: 'false'
      }
    };
    writeFileSync(
      join(_folder, PLACES.CLOUDRU_UI_APP_SETTINGS_DIR, 'overrides.json'),
      JSON.stringify(settings)
    );
  }

  readonly log: string;
  readonly url: string;

  /** The folder that it serves. */
  get root(): string {
    return join(this._folder, PLACES.CLOUDRU_UI_ROOT);
  }

  /** Configure it as an operator does, from its next start on; what the tests' own configuration says counts more. */
  configure(config: object): void {
    writeFileSync(
      join(this._folder, PLACES.JUPYTER_CONFIG_DIR, 'jupyter_config.json'),
      JSON.stringify(config)
    );
  }

  /** Resolves when the server answers. */
  async start(): Promise<void> {
    const python = process.env.CLOUDRU_UI_PYTHON ?? '';
    const config =
      this._users === null
        ? 'jupyter_server_test_config.py'
        : 'jupyter_server_users_config.py';
    const variables: NodeJS.ProcessEnv = {
      CLOUDRU_UI_BASE_URL: '/',
      CLOUDRU_UI_PORT: `${this.port}`,
      CLOUDRU_UI_USERS: JSON.stringify(this._users ?? {})
    };
    for (const [name, value] of Object.entries(process.env)) {
      if (!/^(JUPYTER|JPY_|CLOUDRU_UI_)/.test(name)) {
        variables[name] = value;
      }
    }
    for (const [name, place] of Object.entries(PLACES)) {
      variables[name] = join(this._folder, place);
    }
    variables.PATH = `${dirname(python)}${delimiter}${process.env.PATH}`;
    const output = openSync(this.log, 'a');
    const [program, ...words] = [
      ...(this._group?.enter ?? []),
      python,
      ...['-m', 'jupyterlab', '--allow-root', '--no-browser'],
      ...this._words,
      `--config=${join(__dirname, config)}`
    ];
    const started = spawn(program, words, {
      cwd: join(this._folder, PLACES.CLOUDRU_UI_ROOT),
      env: variables,
      stdio: ['ignore', output, output]
    });
    closeSync(output);
    this._process = started;
    this._ended = new Promise<void>(resolve => {
      started.once('exit', () => resolve());
      started.once('error', () => resolve());
    });
    await expect
      .poll(() => this._answers(started), { timeout: START_TIMEOUT })
      .toBe(true);
  }

  /** End the server as a crash does, without a chance to say good-bye. */
  async kill(): Promise<void> {
    this._process?.kill('SIGKILL');
    await this._ended;
    this._process = null;
  }

  /** Let it hang: it keeps its connections, takes new ones, and does not say a word. */
  pause(): void {
    this._process?.kill('SIGSTOP');
  }

  resume(): void {
    this._process?.kill('SIGCONT');
  }

  private async _answers(started: ChildProcess): Promise<boolean> {
    if (started.pid === undefined || started.exitCode !== null) {
      const log = readFileSync(this.log, 'utf-8').slice(-4_000);
      throw new Error(`The server did not come up:\n${log}`);
    }
    try {
      return (await fetch(`${this.url}/api`)).ok;
    } catch {
      return false;
    }
  }

  private _ended: Promise<void> = Promise.resolve();
  private _process: ChildProcess | null = null;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

interface IServerFixtures {
  /** The user of each token; null for a server that cannot tell one from another. */
  users: Readonly<Record<string, string>> | null;
  /** Limits the memory of server and kernels, where a test demands it. */
  group: MemoryGroup | null;
  /** Further words of the server's command line. */
  words: readonly string[];
  server: OwnServer;
}

/** Playwright's test, with a server that is the test's own. */
export const test = base.extend<IServerFixtures>({
  users: [null, { option: true }],
  group: [null, { option: true }],
  words: [[], { option: true }],
  server: async ({ users, group, words }, use, testInfo) => {
    const folder = mkdtempSync(join(tmpdir(), 'cloudru-own-'));
    const port = await freePort();
    const server = new OwnServer(port, folder, users, group, words);
    try {
      await server.start();
      await use(server);
    } finally {
      await server.kill();
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('server.log', { path: server.log });
      }
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  }
});
