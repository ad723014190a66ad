import type { IBeat, Order } from '../heart';
import { heart } from '../heart';
import { workerSource } from '../heartbeat';

const URL = 'http://localhost/cloudru/healthz/live';

interface IAnswer {
  status?: number;
  text?: string;
  type?: string;
  kind?: string;
}

function answer({
  status = 200,
  text = '{"status": "pass"}',
  type = 'basic',
  kind = 'application/json'
}: IAnswer = {}): Response {
  return {
    status,
    type,
    headers: new Headers({ 'Content-Type': kind }),
    text: () => Promise.resolve(text)
  } as unknown as Response;
}

/** A server that takes the request and says nothing. */
function hang(_: unknown, init?: RequestInit): Promise<Response> {
  return new Promise((_resolve, reject) => {
    init?.signal?.addEventListener('abort', () => reject(new Error('abort')));
  });
}

/** A handshake that is answered, or never is. */
class FakeSocket {
  static isAnswered = false;
  static made = 0;

  constructor() {
    FakeSocket.made++;
    if (FakeSocket.isAnswered) {
      setTimeout(() => this.onerror?.(), 5);
    }
  }

  onerror: (() => void) | null = null;
  close(): void {}
}

const ask = jest.fn<Promise<Response>, [unknown, RequestInit?]>();
let beats: IBeat[];
let take: (order: Order) => void;

/** All that was seen, oldest first. */
function outcomes(): string[] {
  return beats.map(({ outcome }) => outcome);
}

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000 });
  ask.mockReset().mockImplementation(() => Promise.resolve(answer()));
  FakeSocket.isAnswered = false;
  FakeSocket.made = 0;
  Object.assign(globalThis, { fetch: ask, WebSocket: FakeSocket });
  beats = [];
  take = heart(beat => beats.push(beat));
});

afterEach(() => {
  take({ kind: 'stop' });
  jest.useRealTimers();
});

test('beats every three seconds, at once when started, and no more when stopped', async () => {
  take({ kind: 'start', url: URL });
  await jest.advanceTimersByTimeAsync(6_500);
  expect(outcomes()).toEqual(['answer', 'answer', 'answer']);
  expect(ask.mock.calls[0]?.[0]).toBe(URL);
  take({ kind: 'stop' });
  await jest.advanceTimersByTimeAsync(60_000);
  expect(ask).toHaveBeenCalledTimes(3);
});

test('misses a stopped server three times within twelve seconds, and sees its answer at once', async () => {
  take({ kind: 'start', url: URL });
  await jest.advanceTimersByTimeAsync(100);
  ask.mockImplementation(hang);
  await jest.advanceTimersByTimeAsync(12_000);
  expect(outcomes()).toEqual(['answer', 'silent', 'silent', 'silent']);
  // The next request is under way already: a server that goes on answers that one.
  const pending = ask.mock.calls.length;
  expect(pending).toBe(5);
  ask.mockImplementation(() => Promise.resolve(answer()));
  await jest.advanceTimersByTimeAsync(3_000);
  expect(outcomes().slice(-1)).toEqual(['answer']);
});

test('asks a refused connection every second, and slower after long', async () => {
  ask.mockImplementation(() => Promise.reject(new TypeError('refused')));
  take({ kind: 'start', url: URL });
  await jest.advanceTimersByTimeAsync(2_500);
  expect(outcomes()).toEqual(['refused', 'refused', 'refused']);
  await jest.advanceTimersByTimeAsync(100_000);
  const before = beats.length;
  await jest.advanceTimersByTimeAsync(30_000);
  expect(beats.length - before).toBe(10);
});

test.each([
  ['a server that fails', { status: 503, text: '{"status":"fail"}' }, 'answer'],
  [
    'an older server',
    { status: 404, text: '<html>', kind: 'text/html' },
    'answer'
  ],
  ['a server that refuses', { status: 403, text: '' }, 'answer'],
  ['a proxy without its server', { status: 502, text: '<html>' }, 'stranger'],
  ['a proxy that waited', { status: 504, text: '' }, 'stranger'],
  ['a hub', { status: 424, text: '{"message": "no"}' }, 'stranger'],
  [
    'the page of a hub',
    { status: 200, text: '<html>', kind: 'text/html; charset=UTF-8' },
    'stranger'
  ],
  [
    'a way to log in',
    { status: 0, text: '', type: 'opaqueredirect' },
    'stranger'
  ]
])('knows the answer of %s', async (_, given, outcome) => {
  ask.mockImplementation(() => Promise.resolve(answer(given)));
  take({ kind: 'look', url: URL });
  await jest.advanceTimersByTimeAsync(100);
  expect(outcomes()).toEqual([outcome]);
});

test('takes nothing for a failure that happened while the computer slept or woke', async () => {
  take({ kind: 'start', url: URL });
  await jest.advanceTimersByTimeAsync(100);
  ask.mockImplementation(() => Promise.reject(new TypeError('no network yet')));
  jest.setSystemTime(Date.now() + 3_600_000);
  await jest.advanceTimersByTimeAsync(9_000);
  expect(new Set(outcomes().slice(1))).toEqual(new Set(['unsure']));
  // Still no network long after that is a failure.
  await jest.advanceTimersByTimeAsync(10_000);
  expect(outcomes().slice(-1)).toEqual(['refused']);
});

test('takes nothing for a failure when the computer slept during the request', async () => {
  ask.mockImplementation(hang);
  take({ kind: 'start', url: URL });
  jest.setSystemTime(Date.now() + 3_600_000);
  await jest.advanceTimersByTimeAsync(3_000);
  expect(outcomes()).toEqual(['unsure']);
});

test('does not take a browser whose connections are all in use for a server that hangs', async () => {
  FakeSocket.isAnswered = true;
  ask.mockImplementation(hang);
  take({ kind: 'start', url: URL });
  await jest.advanceTimersByTimeAsync(10_000);
  expect(outcomes()).toEqual(['silent', 'silent', 'answer']);
  expect(FakeSocket.made).toBe(1);
});

test('looks at once when told to, and not twice at a time', async () => {
  take({ kind: 'look', url: URL });
  take({ kind: 'look', url: URL });
  await jest.advanceTimersByTimeAsync(60_000);
  expect(outcomes()).toEqual(['answer']);
});

test('goes on when it is stopped and started during a request', async () => {
  ask.mockImplementation(hang);
  take({ kind: 'start', url: URL });
  take({ kind: 'stop' });
  ask.mockImplementation(() => Promise.resolve(answer()));
  take({ kind: 'start', url: URL });
  await jest.advanceTimersByTimeAsync(100);
  expect(outcomes()).toEqual(['answer']);
});

test('runs from its source text alone, as in a worker', async () => {
  const posted: IBeat[] = [];
  const self: {
    onmessage?: (event: { data: Order }) => void;
    postMessage: (beat: IBeat) => void;
  } = { postMessage: beat => posted.push(beat) };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const run = new Function('self', workerSource()) as (worker: object) => void;
  run(self);
  self.onmessage?.({ data: { kind: 'look', url: URL } });
  await jest.advanceTimersByTimeAsync(100);
  expect(posted.map(({ outcome }) => outcome)).toEqual(['answer']);
});
