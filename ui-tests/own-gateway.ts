import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { expect } from '@playwright/test';

import { freePort } from './own-server';

/** A slow, busy machine takes this long to start a gateway, in ms. */
const START_TIMEOUT = 120_000;

/** A kernel gateway that a test may kill and start again at the same port. */
export class OwnGateway {
  private constructor(
    private readonly _port: number,
    private readonly _folder: string
  ) {
    this.url = `http://127.0.0.1:${_port}`;
    this.log = join(_folder, 'gateway.log');
  }

  readonly log: string;
  readonly url: string;

  static async create(): Promise<OwnGateway> {
    const folder = mkdtempSync(join(tmpdir(), 'cloudru-gateway-'));
    return new OwnGateway(await freePort(), folder);
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const python = process.env.CLOUDRU_UI_PYTHON ?? '';
    const variables: NodeJS.ProcessEnv = {};
    for (const [name, value] of Object.entries(process.env)) {
      if (!/^(JUPYTER|JPY_|CLOUDRU_UI_|XDG_)/.test(name)) {
        variables[name] = value;
      }
    }
    variables.HOME = this._folder;
    variables.PATH = `${dirname(python)}${delimiter}${process.env.PATH}`;
    const output = openSync(this.log, 'a');
    const started = spawn(
      python,
      [
        ...['-m', 'kernel_gateway', '--KernelGatewayApp.ip=127.0.0.1'],
        `--KernelGatewayApp.port=${this._port}`,
        '--KernelGatewayApp.port_retries=0',
        '--JupyterWebsocketPersonality.list_kernels=True'
      ],
      {
        cwd: this._folder,
        env: variables,
        stdio: ['ignore', output, output]
      }
    );
    closeSync(output);
    this._process = started;
    await expect
      .poll(() => this._answers(started), { timeout: START_TIMEOUT })
      .toBe(true);
  }

  /** End it as a crash does; its kernels end when they see that it is gone. */
  async kill(): Promise<void> {
    const running = this._process;
    this._process = null;
    if (running && running.exitCode === null && running.signalCode === null) {
      running.kill('SIGKILL');
      await once(running, 'exit');
    }
  }

  /** Let it hang: it keeps its connections, takes new ones, and does not say a word. */
  pause(): void {
    this._process?.kill('SIGSTOP');
  }

  resume(): void {
    this._process?.kill('SIGCONT');
  }

  /** End it, and remove all that it made. */
  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this._folder, { recursive: true, force: true, maxRetries: 3 });
  }

  private async _answers(started: ChildProcess): Promise<boolean> {
    if (started.pid === undefined || started.exitCode !== null) {
      const log = readFileSync(this.log, 'utf-8').slice(-4_000);
      throw new Error(`The gateway did not come up:\n${log}`);
    }
    try {
      return (await fetch(`${this.url}/api`)).ok;
    } catch {
      return false;
    }
  }

  private _process: ChildProcess | null = null;
}
