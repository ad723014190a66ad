import { EventManager, ServerConnection } from '@jupyterlab/services';

import { streamConnected } from '../eventsocket';

/** A socket that opens and breaks when the test says so. */
class FakeSocket extends EventTarget {
  static all: FakeSocket[] = [];

  constructor(readonly url: string) {
    super();
    FakeSocket.all.push(this);
  }

  onclose: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  close(): void {
    this.onclose?.();
  }
}

/** What a socket of JupyterLab's own event manager tells us: it takes the class anew for each. */
describe('streamConnected', () => {
  let events: EventManager;
  let told: number;

  const sockets = (): FakeSocket[] => FakeSocket.all;
  const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

  beforeEach(async () => {
    jest.useFakeTimers();
    FakeSocket.all = [];
    told = 0;
    events = new EventManager({
      serverSettings: ServerConnection.makeSettings({
        baseUrl: 'http://test/',
        wsUrl: 'ws://test/',
        token: 'secret',
        appendToken: true,
        WebSocket: FakeSocket as unknown as typeof WebSocket
      })
    });
    await pass(10);
    streamConnected(events).connect(() => told++);
  });

  afterEach(() => {
    events.dispose();
    jest.useRealTimers();
  });

  it('tells of each socket that is opened after the one before broke', async () => {
    for (const times of [1, 2]) {
      const before = sockets().length;
      sockets().at(-1)?.close();
      await pass(60_000);
      expect(sockets()).toHaveLength(before + 1);
      expect(told).toBe(times - 1);
      sockets().at(-1)?.dispatchEvent(new Event('open'));
      expect(told).toBe(times);
    }
  });

  it('leaves events where they are, and other sockets alone', async () => {
    sockets().at(-1)?.close();
    await pass(60_000);
    const heard: unknown[] = [];
    events.stream.connect((_, emission) => void heard.push(emission));
    sockets().at(-1)?.onmessage?.({ data: '{"schema_id": "a"}' });
    expect(heard).toEqual([{ schema_id: 'a' }]);

    const { WebSocket } = events.serverSettings;
    const kernel = new WebSocket('ws://test/api/kernels/1/channels');
    expect(kernel).toBeInstanceOf(FakeSocket);
    kernel.dispatchEvent(new Event('open'));
    expect(told).toBe(0);
  });

  it('is one signal for all who ask', () => {
    const { WebSocket } = events.serverSettings;
    expect(streamConnected(events)).toBe(streamConnected(events));
    expect(events.serverSettings.WebSocket).toBe(WebSocket);
  });

  it('never tells where the settings are frozen', () => {
    const frozen = new EventManager({
      serverSettings: Object.freeze({ ...events.serverSettings })
    });
    expect(() => streamConnected(frozen)).not.toThrow();
    frozen.dispose();
  });
});
