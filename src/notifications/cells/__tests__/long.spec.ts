import type { Session } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { LongCells } from '../long';
import { Watches } from '../watches';
import { FakeApi, settle } from './fakewatches';

describe('LongCells', () => {
  let server: FakeApi;
  let watches: Watches;
  let long: LongCells;
  let running: Session.IModel[];
  let runningChanged: Signal<Session.IManager, Session.IModel[]>;

  const session = (type: string, kernel: string): Session.IModel => ({
    id: kernel,
    type,
    path: `${kernel}.ipynb`,
    name: kernel,
    kernel: { id: kernel, name: 'python3' }
  });
  const change = async (...models: Session.IModel[]): Promise<void> => {
    running = models;
    runningChanged.emit(running);
    await settle();
  };

  beforeEach(() => {
    server = new FakeApi();
    watches = new Watches(server.api);
    running = [session('notebook', 'a')];
    runningChanged = new Signal({} as Session.IManager);
    long = new LongCells({
      watches,
      sessions: { running: () => running.values(), runningChanged }
    });
  });

  afterEach(() => {
    long.dispose();
    watches.dispose();
  });

  it('watches nothing while it is off', async () => {
    await change(session('notebook', 'a'), session('console', 'b'));
    expect(server.asked).toEqual([]);
  });

  it('watches every notebook and console, those that are opened later too', async () => {
    long.minutes = 2;
    await settle();
    await change(
      session('notebook', 'a'),
      session('console', 'b'),
      session('terminal', 'c')
    );
    expect(
      server.watches.map(({ kernel_id, msg_id, min_seconds, path }) => ({
        kernel_id,
        msg_id,
        min_seconds,
        path
      }))
    ).toEqual([
      { kernel_id: 'a', msg_id: null, min_seconds: 120, path: 'a.ipynb' },
      { kernel_id: 'b', msg_id: null, min_seconds: 120, path: '' }
    ]);
  });

  it('asks the server no more when it watches all', async () => {
    long.minutes = 2;
    await settle();
    const asked = server.asked.length;
    await change(...running);
    await change(...running);
    expect(server.asked).toHaveLength(asked);
  });

  it('has the server watch again when it has forgotten', async () => {
    long.minutes = 2;
    await settle();
    server.watches = [];
    await watches.refresh();
    await change(...running);
    expect(server.watches).toHaveLength(1);
  });

  it('changes the time, and removes its own when it is switched off', async () => {
    server.watches = [
      {
        id: 'other',
        kernel_id: 'a2',
        msg_id: null,
        min_seconds: 7,
        path: '',
        label: ''
      }
    ];
    long.minutes = 2;
    await settle();
    long.minutes = 5;
    await settle();
    expect(server.watches.map(({ min_seconds }) => min_seconds)).toEqual([
      7, 300
    ]);
    long.minutes = 0;
    await settle();
    expect(server.watches.map(({ id }) => id)).toEqual(['other']);
  });

  it('tries again with the next change when the server refused', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    server.refusal = new Error('No.');
    long.minutes = 2;
    await settle();
    expect(warn).toHaveBeenCalled();
    server.refusal = null;
    await change(...running);
    expect(server.watches).toHaveLength(1);
    warn.mockRestore();
  });
});
