import { ApiError } from '../../core/request';
import type { Notifications } from '../model';
import {
  FakeEvents,
  FakeServer,
  makeModel,
  pass,
  row,
  setHidden
} from './fakenotifications';

describe('Notifications', () => {
  let server: FakeServer;
  let events: FakeEvents;
  let model: Notifications;
  let granted: string[][];

  const titles = (): string[] => model.all.map(({ title }) => title);
  const asked = (): number =>
    server.requests.filter(({ method }) => method === 'GET').length;

  beforeEach(() => {
    jest.useFakeTimers();
    setHidden(false);
    sessionStorage.clear();
    server = new FakeServer();
    events = new FakeEvents();
  });

  afterEach(() => {
    model.dispose();
    jest.useRealTimers();
  });

  const start = async (
    options: Parameters<typeof makeModel>[2] = {}
  ): Promise<void> => {
    ({ model, granted } = makeModel(server, events, options));
    await pass(50);
  };

  it('has the newest first, and counts the unread', async () => {
    server.put(row(1), row(2, { read: true }), row(3));
    await start();
    expect(titles()).toEqual(['Title 3', 'Title 2', 'Title 1']);
    expect(model.unread).toBe(2);
    expect(model.problem).toBeNull();
  });

  it('fetches page after page until it has all', async () => {
    server.pageSize = 2;
    server.put(...[1, 2, 3, 4, 5].map(number => row(number)));
    await start();
    expect(titles()).toHaveLength(5);
    expect(asked()).toBe(3);
  });

  it('asks after the bell, and after no other', async () => {
    await start();
    expect(asked()).toBe(1);
    server.put(row(1));
    events.ring('https://schema.cloud.ru/cloudru_jlab/listing/v1');
    await pass(1000);
    expect(titles()).toEqual([]);
    events.ring();
    await pass(1000);
    expect(titles()).toEqual(['Title 1']);
    expect(server.requests.at(-1)?.query['after']).toBe('0');
    events.ring();
    await pass(1000);
    expect(server.requests.at(-1)?.query['after']).toBe('1');
  });

  it('asks when the event stream is connected again', async () => {
    await start();
    server.put(row(1));
    events.reconnect();
    await pass(1000);
    expect(titles()).toEqual(['Title 1']);
    model.dispose();
    const before = asked();
    events.reconnect();
    await pass(1000);
    expect(asked()).toBe(before);
  });

  it('does not ask more often than makes sense when the bell does not stop', async () => {
    await start();
    for (let time = 0; time < 2000; time += 10) {
      events.ring();
      await pass(10);
    }
    expect(asked()).toBeLessThan(25);
  });

  it('tells of changes once a frame', async () => {
    await start();
    let told = 0;
    model.changed.connect(() => told++);
    server.put(...Array.from({ length: 100 }, (_, i) => row(i + 1)));
    await Promise.all([model.refresh(), model.markAllRead()]);
    await pass(17);
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThanOrEqual(2);
  });

  it('asks every minute while it is seen, and not while it is hidden', async () => {
    await start();
    await pass(50_000);
    const before = asked();
    await pass(120_000);
    expect(asked() - before).toBe(2);
    setHidden(true);
    events.ring();
    await pass(300_000);
    expect(asked() - before).toBe(2);
    setHidden(false);
    await pass(100);
    expect(asked() - before).toBe(3);
  });

  it('never puts an older state in the place of a newer one', async () => {
    server.put(row(1, { seq: 5, title: 'New' }));
    await start();
    server.rows.set(row(1).id, row(1, { seq: 5, title: 'New' }));
    const stale = row(1, { seq: 4, title: 'Old' });
    server.put(stale, row(6));
    // As an answer that was long under way.
    (model as unknown as { _last: number })._last = 3;
    await model.refresh();
    expect(titles()).toEqual(['Title 6', 'New']);
  });

  it('drops what the server has removed', async () => {
    server.put(row(1), row(2));
    await start();
    server.rows.delete(row(1).id);
    server.removed = [{ id: row(1).id, seq: 3 }];
    await model.refresh();
    expect(titles()).toEqual(['Title 2']);
  });

  it('begins anew when the store is another one, without a gap', async () => {
    server.put(row(1), row(2));
    await start();
    server.store = 'two';
    server.rows.clear();
    server.put(row(3, { seq: 1 }));
    let sawNothing = false;
    model.changed.connect(() => {
      sawNothing ||= model.all.length === 0;
    });
    await model.refresh();
    await pass(50);
    expect(titles()).toEqual(['Title 3']);
    expect(sawNothing).toBe(false);
  });

  it('drops what has expired, in time', async () => {
    const expires = new Date(Date.now() + 90_000).toISOString();
    server.put(row(1), row(2, { expires }));
    await start();
    expect(titles()).toHaveLength(2);
    await pass(89_000);
    expect(titles()).toHaveLength(2);
    await pass(2_000);
    expect(titles()).toEqual(['Title 1']);
  });

  it('believes the server rather than a clock that is far ahead', async () => {
    const hour = 3_600_000;
    const updated = new Date(Date.now() - 2 * hour).toISOString();
    const expires = new Date(Date.now() - hour).toISOString();
    server.put(row(1, { updated, expires }));
    await start();
    expect(titles()).toEqual(['Title 1']);
    await pass(hour + 1000);
    expect(titles()).toEqual([]);
  });

  it('keeps what it has while the server is away, tells so, and comes back soon', async () => {
    server.put(row(1));
    await start();
    server.isDown = true;
    await model.refresh();
    expect(titles()).toEqual(['Title 1']);
    expect(model.problem).toMatch(/cannot be reached/);
    await pass(300_000);
    const tries = asked();
    expect(tries).toBeLessThan(20);
    server.isDown = false;
    server.put(row(2));
    await pass(31_000);
    expect(titles()).toEqual(['Title 2', 'Title 1']);
    expect(model.problem).toBeNull();
    // The bell may come back later than the server does.
    server.put(row(3));
    events.reconnect();
    await pass(1_000);
    expect(titles()).toHaveLength(3);
  });

  it('tells when the store does not last', async () => {
    server.lasting = false;
    server.problem = 'No space left on device';
    await start();
    expect(model.problem).toMatch(/in memory only.*No space left/);
  });

  it('does not pester a server that has no notifications', async () => {
    server.status = 404;
    await start();
    expect(model.problem).toMatch(/no notifications/);
    await pass(300_000);
    expect(asked()).toBe(1);
  });

  it('speaks the language of the interface', async () => {
    const ru = { title: 'Готово', body: 'Всё' };
    const translated = row(1, { texts: { 'pt-BR': ru, RU: ru } });
    await start({ language: 'ru-RU' });
    expect(model.textOf(translated)).toEqual(ru);
    model.dispose();
    await start({ language: 'de' });
    expect(model.textOf(translated)).toEqual({ title: 'Title 1', body: '' });
    model.dispose();
    await start({ language: 'pt' });
    expect(model.textOf(translated)).toEqual(ru);
  });

  describe('marks', () => {
    it('are seen at once and sent', async () => {
      server.put(row(1), row(2));
      await start();
      const done = model.markRead([row(1).id]);
      expect(model.unread).toBe(1);
      await done;
      expect(server.rows.get(row(1).id)?.read).toBe(true);
      expect(model.unread).toBe(1);
      await model.markUnread([row(1).id]);
      expect(model.unread).toBe(2);
      expect(server.rows.get(row(1).id)?.read).toBe(false);
    });

    it('are asked for once', async () => {
      server.put(row(1, { read: true, dismissed: true }));
      await start();
      await model.dismiss([row(1).id, 'nothing like it']);
      expect(server.of('PATCH')).toEqual([]);
    });

    it('of everything leave alone what came since', async () => {
      server.put(row(1), row(2));
      await start();
      server.put(row(3));
      await model.markAllRead();
      await model.refresh();
      expect(model.unread).toBe(1);
    });

    it('are kept while the server is away, and sent in their order', async () => {
      server.put(row(1), row(2));
      await start();
      server.isDown = true;
      await model.markRead([row(1).id]);
      await model.dismiss([row(2).id]);
      expect(model.unread).toBe(0);
      server.isDown = false;
      await pass(31_000);
      await model.refresh();
      await pass(100);
      expect(server.rows.get(row(1).id)?.read).toBe(true);
      expect(server.rows.get(row(2).id)).toMatchObject({
        read: true,
        dismissed: true
      });
      expect(model.unread).toBe(0);
    });

    it('that the server refuses are taken back', async () => {
      server.put(row(1));
      await start();
      server.status = 403;
      const told = expect(model.markRead([row(1).id])).rejects.toThrow('No.');
      expect(model.unread).toBe(0);
      await told;
      expect(model.unread).toBe(1);
    });

    it('of what is gone are no error', async () => {
      server.put(row(1));
      await start();
      server.rows.delete(row(1).id);
      await model.markRead([row(1).id]);
      await model.remove(row(1).id);
      expect(titles()).toEqual([]);
    });

    it('remove and clear', async () => {
      server.put(row(1), row(2), row(3));
      await start();
      await model.remove(row(2).id);
      expect(titles()).toEqual(['Title 3', 'Title 1']);
      await model.clear();
      expect(titles()).toEqual([]);
      expect(server.of('DELETE').map(({ path }) => path)).toEqual([
        `notifications/${row(2).id}`,
        'notifications'
      ]);
    });
  });

  describe('claims', () => {
    it('are made by nobody until somebody shows them', async () => {
      server.put(row(1));
      await start();
      expect(granted).toEqual([]);
      model.presence = () => 0;
      await pass(10);
      expect(granted).toEqual([['Title 1']]);
    });

    it('name what nobody has shown, and grant it oldest first', async () => {
      server.put(
        row(1),
        row(2, { shown: true }),
        row(3, { read: true }),
        row(4, { dismissed: true }),
        row(5)
      );
      await start();
      model.presence = () => 0;
      await pass(10);
      expect(granted).toEqual([['Title 1', 'Title 5']]);
      await model.refresh();
      await pass(1000);
      expect(granted).toHaveLength(1);
    });

    it('do not show what another page was granted', async () => {
      await start();
      model.presence = () => 0;
      server.put(row(1), row(2));
      server.claim([row(1).id], 'of another page');
      // This page does not know yet.
      server.rows.set(row(1).id, {
        ...server.rows.get(row(1).id)!,
        shown: false
      });
      const { claim } = server;
      server.claim = (ids, attempt) =>
        claim.call(server, ids, attempt).filter(id => id !== row(1).id);
      await model.refresh();
      await pass(10);
      expect(granted).toEqual([['Title 2']]);
    });

    it('wait in a hidden page, and go ahead when it is seen', async () => {
      await start();
      model.presence = () => (document.hidden ? null : 0);
      setHidden(true);
      server.put(row(1));
      await model.refresh();
      await pass(60_000);
      expect(granted).toEqual([]);
      setHidden(false);
      await pass(10);
      expect(granted).toEqual([['Title 1']]);
    });

    it('of a hidden page leave the others time', async () => {
      setHidden(true);
      await start();
      model.wakeful = true;
      model.presence = () => 2000;
      server.put(row(1));
      events.ring();
      await pass(1000);
      server.put(row(2));
      events.ring();
      await pass(900);
      expect(granted).toEqual([]);
      await pass(300);
      expect(granted).toEqual([['Title 1']]);
      await pass(1000);
      expect(granted).toEqual([['Title 1'], ['Title 2']]);
    });

    it('whose answer was lost are made again, and shown once', async () => {
      server.put(row(1));
      await start();
      server.losesAnswers = true;
      model.presence = () => 0;
      await pass(10);
      expect(granted).toEqual([]);
      expect(server.rows.get(row(1).id)?.shown).toBe(true);
      server.losesAnswers = false;
      await model.refresh();
      await pass(10);
      expect(granted).toEqual([['Title 1']]);
      await model.refresh();
      await pass(10);
      expect(granted).toHaveLength(1);
    });

    it('that a reload has cut off are made again by the next page', async () => {
      const storage = sessionStorage;
      server.put(row(1));
      await start({ storage });
      server.losesAnswers = true;
      model.presence = () => 0;
      await pass(10);
      model.dispose();
      server.losesAnswers = false;
      await start({ storage });
      model.presence = () => 0;
      await pass(10);
      expect(granted).toEqual([['Title 1']]);
      model.dispose();
      await start({ storage });
      model.presence = () => 0;
      await pass(10);
      expect(granted).toEqual([]);
    });

    it('that the server refuses are not repeated for ever', async () => {
      await start();
      model.presence = () => 0;
      const warned = jest.spyOn(console, 'warn').mockReturnValue(undefined);
      server.put(row(1));
      server.claim = () => {
        throw new Error('not reached');
      };
      const claims = (): number =>
        server.requests.filter(({ path }) => path.endsWith('claims')).length;
      const { api } = refusing(model);
      await model.refresh();
      await pass(10_000);
      expect(api.mock.calls).toHaveLength(1);
      expect(claims()).toBe(0);
      expect(warned).toHaveBeenCalled();
      warned.mockRestore();
    });

    it('are made again for what is to be shown again', async () => {
      server.put(row(1));
      await start();
      model.presence = () => 0;
      await pass(10);
      server.change(row(1).id, { shown: false, title: 'Worse' });
      await model.refresh();
      await pass(10);
      expect(granted).toEqual([['Title 1'], ['Worse']]);
    });
  });
});

/** Let the claims of a model be refused by the server. */
function refusing(model: Notifications): { api: jest.SpyInstance } {
  const { _api } = model as unknown as {
    _api: { claim: () => Promise<never> };
  };
  return {
    api: jest
      .spyOn(_api, 'claim')
      .mockRejectedValue(
        new ApiError(new Response(null, { status: 400 }), 'No.', '', {})
      )
  };
}
