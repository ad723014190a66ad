import { Signal } from '@lumino/signaling';

import type { IReturn } from '../../../core/health';
import type { IBeat, Outcome } from '../heart';
import type { IHeartbeat } from '../heartbeat';
import { Connection } from '../model';

class FakeHeartbeat implements IHeartbeat {
  readonly beat = new Signal<this, IBeat>(this);
  isDisposed = false;
  orders: string[] = [];
  /** What the next looks will see. */
  start(): void {
    this.orders.push('start');
  }
  stop(): void {
    this.orders.push('stop');
  }
  look(): void {
    this.orders.push('look');
  }
  dispose(): void {
    this.isDisposed = true;
  }

  /** Look so often, with this outcome. */
  see(outcome: Outcome, times = 1): void {
    for (let index = 0; index < times; index++) {
      this._now += 1_000;
      this.beat.emit({ outcome, sent: this._now });
    }
  }

  private _now = Date.now();
}

let isHidden = false;
let isOnline = true;
let isOther: boolean | null = false;
let asked = 0;
let heartbeat: FakeHeartbeat;
let connection: Connection;
let reaches: string[];
let returns: IReturn[];

function setHidden(hidden: boolean): void {
  isHidden = hidden;
  document.dispatchEvent(new Event('visibilitychange'));
}

/** Let what was asked of the server be answered. */
async function settle(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    await Promise.resolve();
  }
}

beforeEach(() => {
  Object.defineProperty(document, 'hidden', {
    configurable: true,
    get: () => isHidden
  });
  isHidden = false;
  isOnline = true;
  isOther = false;
  asked = 0;
  heartbeat = new FakeHeartbeat();
  connection = new Connection({
    heartbeat,
    identity: {
      isOther: () => {
        asked++;
        return Promise.resolve(isOther);
      },
      remember: () => {}
    },
    isOnline: () => isOnline
  });
  reaches = [];
  returns = [];
  connection.changed.connect(({ reach }) => {
    reaches.push(reach);
  });
  connection.returned.connect((_, back) => {
    returns.push(back);
  });
});

afterEach(() => connection.dispose());

test('one or two misses are no outage', async () => {
  heartbeat.see('answer');
  heartbeat.see('silent', 2);
  heartbeat.see('answer');
  heartbeat.see('refused', 2);
  heartbeat.see('answer');
  await settle();
  expect(reaches).toEqual([]);
  expect(returns).toEqual([]);
});

test('three misses are, since the last answer, until the next', async () => {
  heartbeat.see('answer');
  const last = Date.now();
  heartbeat.see('silent', 3);
  expect(connection.reach).toBe('stalled');
  expect(connection.since).toBeGreaterThanOrEqual(last);
  const { since } = connection;
  heartbeat.see('silent', 5);
  expect(connection.since).toBe(since);
  heartbeat.see('answer');
  await settle();
  expect(connection.since).toBeNull();
  expect(reaches).toEqual(['stalled', 'reachable']);
  expect(returns).toHaveLength(1);
  expect(returns[0]?.restarted).toBe(false);
});

test.each([
  ['refused', true, 'unreachable'],
  ['stranger', true, 'unreachable'],
  ['silent', true, 'stalled'],
  ['refused', false, 'offline']
] as const)('%s with a network: %s is %s', (outcome, online, reach) => {
  isOnline = online;
  heartbeat.see(outcome, 3);
  expect(connection.reach).toBe(reach);
});

test('what says nothing about the server changes nothing', () => {
  heartbeat.see('unsure', 20);
  expect(connection.reach).toBe('reachable');
});

test('tells that another server came back, also one that was away too shortly to be missed', async () => {
  heartbeat.see('answer');
  await settle();
  isOther = true;
  heartbeat.see('refused');
  heartbeat.see('answer');
  await settle();
  expect(returns).toEqual([{ restarted: true, outage: 0 }]);
  expect(reaches).toEqual([]);
});

test('asks seldom who the server is, and again at once where it could not say', async () => {
  isOther = null;
  heartbeat.see('answer');
  await settle();
  heartbeat.see('answer');
  await settle();
  expect(asked).toBe(2);
  isOther = false;
  heartbeat.see('answer');
  await settle();
  expect(asked).toBe(3);
  for (let beat = 0; beat < 20; beat++) {
    heartbeat.see('answer');
    await settle();
  }
  expect(asked).toBe(5);
});

test('does not look while the page is hidden, and looks at once when it is seen again', () => {
  expect(heartbeat.orders).toEqual(['start']);
  heartbeat.see('refused', 2);
  setHidden(true);
  setHidden(false);
  expect(heartbeat.orders).toEqual(['start', 'stop', 'start']);
  // The misses of before are long ago.
  heartbeat.see('refused', 2);
  expect(connection.reach).toBe('reachable');
});

test('a check is over when it is known how the server is', async () => {
  heartbeat.see('answer');
  const ended: string[] = [];
  void connection.check().then(() => ended.push(connection.reach));
  expect(heartbeat.orders).toContain('look');
  heartbeat.see('refused', 2);
  await settle();
  expect(ended).toEqual([]);
  heartbeat.see('refused');
  await settle();
  expect(ended).toEqual(['unreachable']);
});

test('a check that nobody will answer is over when the page is hidden or closed', async () => {
  const hidden = connection.check();
  setHidden(true);
  await hidden;
  const closed = connection.check();
  connection.dispose();
  await closed;
  expect(heartbeat.isDisposed).toBe(true);
});
