import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

import { expect } from '@playwright/test';

/** A slow, busy machine takes this long to start the proxy, in ms. */
const START_TIMEOUT = 60_000;

const PROXY = join(
  dirname(require.resolve('configurable-http-proxy/package.json')),
  'bin',
  'configurable-http-proxy'
);

/** JupyterHub's proxy in front of a server. */
export interface IProxy {
  readonly url: string;
  /** When something last went through, ms of the epoch. */
  lastActivity(): Promise<number>;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Run the proxy in front of `target` while `use` runs. */
export async function withProxy(
  target: string,
  use: (proxy: IProxy) => Promise<void>
): Promise<void> {
  const port = await freePort();
  const apiPort = await freePort();
  const headers = { Authorization: 'token of-the-test' };
  const routes = `http://127.0.0.1:${apiPort}/api/routes`;
  const started = spawn(
    process.execPath,
    [
      PROXY,
      ...['--ip', '127.0.0.1', '--port', `${port}`],
      ...['--api-ip', '127.0.0.1', '--api-port', `${apiPort}`],
      ...['--log-level', 'error']
    ],
    {
      env: { ...process.env, CONFIGPROXY_AUTH_TOKEN: 'of-the-test' },
      stdio: 'ignore'
    }
  );
  try {
    await expect
      .poll(
        () =>
          fetch(`${routes}/`, {
            method: 'POST',
            headers,
            body: JSON.stringify({ target })
          }).then(
            ({ ok }) => ok,
            () => false
          ),
        { timeout: START_TIMEOUT }
      )
      .toBe(true);
    await use({
      url: `http://127.0.0.1:${port}`,
      lastActivity: async () => {
        const answer = await fetch(routes, { headers });
        const table = (await answer.json()) as Record<
          string,
          { last_activity: string }
        >;
        return Date.parse(table['/']?.last_activity ?? '');
      }
    });
  } finally {
    started.kill();
  }
}
