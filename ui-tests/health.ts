import type { Locator, Page, Request } from '@playwright/test';

import { expect, test as base } from './fixtures';

export { expect } from './fixtures';

const GB = 1024 ** 3;

/** Samples in the ten minutes that a server keeps. */
const KEPT = 300;

type Row = Record<string, unknown>;

/** What a server says, where a test has to know it beforehand: it has GPUs, full disks and lost devices. */
export class StandIn {
  memory = { used: 5.1 * GB, limit: 8 * GB, container: true, oom_kills: 0 };
  cpu = { used: 1.3, limit: 4 };
  gpus: Row[] = [];
  disks: Row[] = [];
  kernels: Row[] = [];
  checks: Row[] = [];
  /** How far along a figure was at a share of the past, from 0 to 1. */
  past = (share: number): number => 0.6 + 0.4 * share;

  async serve(page: Page): Promise<void> {
    await page.route(/\/cloudru\/health\/samples/, async route => {
      const after = Number(
        new URL(route.request().url()).searchParams.get('after')
      );
      const last = after === 0 ? KEPT : after + 1;
      const samples = [];
      for (let seq = after + 1; seq <= last; seq++) {
        samples.push(this._sample(seq));
      }
      await route.fulfill({
        json: {
          instance: 'stand-in',
          started: new Date(this._begin).toISOString(),
          interval_seconds: 2,
          last,
          status: 'pass',
          samples,
          checks: this.checks
        }
      });
    });
  }

  check(component: string, status: string, more: Row = {}): void {
    this.checks.push({
      component,
      id: component,
      status,
      since: new Date(this._begin).toISOString(),
      value: null,
      limit: null,
      unit: '',
      message: `Message of ${component}.`,
      advice: '',
      texts: {},
      code: '',
      ...more
    });
  }

  gpu(index: number, used: number, utilisation: number): void {
    this.gpus.push({
      index,
      name: 'NVIDIA A100-SXM4-80GB',
      used: used * GB,
      total: 80 * GB,
      utilisation,
      temperature: 61,
      power_watts: 318
    });
  }

  disk(root: string, title: string, free: number, total: number): void {
    this.disks.push({
      root,
      title,
      free: free * GB,
      total: total * GB,
      free_inodes: null,
      total_inodes: null
    });
  }

  kernel(
    id: string,
    path: string,
    memory: number | null,
    more: Row = {}
  ): void {
    this.kernels.push({
      id,
      name: 'python3',
      path,
      title: path.split('/').at(-1) ?? '',
      state: 'idle',
      memory: memory === null ? null : memory * GB,
      cpu: memory === null ? null : 0.3,
      gpu_memory: null,
      processes: 1,
      remote: memory === null,
      ...more
    });
  }

  private _sample(seq: number): Row {
    const share = seq >= KEPT ? 1 : seq / KEPT;
    const grown = this.past(share);
    const scale = (row: Row, ...names: string[]): Row => ({
      ...row,
      ...Object.fromEntries(
        names
          .filter(name => typeof row[name] === 'number')
          .map(name => [name, (row[name] as number) * grown])
      )
    });
    return {
      seq,
      time: new Date(this._begin + seq * 2000).toISOString(),
      memory: scale(this.memory, 'used'),
      cpu: scale(this.cpu, 'used'),
      loop_ms: seq >= KEPT ? 3 : 2 + 4 * grown,
      disks: this.disks,
      gpus: this.gpus.map(gpu => scale(gpu, 'used', 'utilisation')),
      kernels: this.kernels.map(kernel => scale(kernel, 'memory', 'cpu')),
      descriptors: 120,
      descriptors_limit: 1_048_576
    };
  }

  private readonly _begin = Date.now() - KEPT * 2000;
}

/** What a page shows of the server's health. */
export class Health {
  constructor(readonly page: Page) {
    this.item = page.locator('.cj-HealthItem-button');
    this.panel = page.locator('#cloudru-health');
    this.charts = this.panel.locator('.cj-Chart');
    this.kernels = this.panel.locator('.cj-Health-kernel');
    this.checks = this.panel.locator('.cj-Health-check');
  }

  readonly item: Locator;
  readonly panel: Locator;
  readonly charts: Locator;
  readonly kernels: Locator;
  readonly checks: Locator;

  figure(what: 'state' | 'memory' | 'cpu' | 'gpu' | 'disk'): Locator {
    return this.item.locator(`[data-cj-what="${what}"]`);
  }

  async open(): Promise<void> {
    await this.item.click();
    await expect(this.panel).toBeVisible();
  }

  kernel(title: string): Locator {
    return this.kernels.filter({ hasText: title });
  }
}

/** The requests of a page for samples. */
export function lookups(page: Page): Request[] {
  const requests: Request[] = [];
  page.on('request', request => {
    if (request.url().includes('/cloudru/health/samples')) {
      requests.push(request);
    }
  });
  return requests;
}

export const test = base.extend<{ health: Health; standIn: StandIn }>({
  health: async ({ page }, use) => {
    await use(new Health(page));
  },
  standIn: async ({ page }, use) => {
    const standIn = new StandIn();
    await standIn.serve(page);
    await use(standIn);
  }
});
