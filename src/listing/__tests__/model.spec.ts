import type { IViewChange } from '../../core/tokens';
import { ListingApi } from '../api';
import { DirectoryView } from '../model';
import { FakeServer, numbered, row, settle } from './fakeserver';

describe('DirectoryView', () => {
  let server: FakeServer;
  let view: DirectoryView;
  let changes: IViewChange[];

  beforeEach(() => {
    server = new FakeServer();
    view = new DirectoryView(new ListingApi(server.settings), {
      standby: 'never'
    });
    changes = [];
    view.changed.connect((_, change) => changes.push(change));
  });

  afterEach(() => {
    view.dispose();
  });

  const kinds = () => changes.map(change => change.kind);

  it('shows the first rows of a directory', async () => {
    server.setDirectory('d', numbered(1000));
    await view.open('d');
    expect(view.path).toBe('d');
    expect(view.head?.total).toBe(1000);
    expect(view.row(0)?.path).toBe('d/f0000000');
    expect(view.row(199)?.name).toBe('f0000199');
    expect(view.row(200)).toBeUndefined();
    expect(kinds()).toContain('reset');
  });

  it('sends the parameters under the names of the wire', async () => {
    server.setDirectory('d', ['a']);
    await view.configure({ notebooksFirst: true, filterDirectories: false });
    await view.open('d');
    const [page] = server.requests;
    expect(page?.pathname).toBe('/base/cloudru/listing');
    expect(page?.searchParams.get('notebooks_first')).toBe('1');
    expect(page?.searchParams.get('filter_directories')).toBe('0');
    expect(page?.searchParams.has('generation')).toBe(false);
  });

  it('fetches what a window misses, of the generation that is shown', async () => {
    server.setDirectory('d', numbered(10_000));
    await view.open('d');
    view.want(5000, 5040);
    await settle();
    expect(view.row(5039)?.name).toBe('f0005039');
    const last = server.requests[server.requests.length - 1];
    expect(last?.searchParams.get('generation')).toBe('1');
    const count = server.requests.length;
    view.want(5001, 5041);
    await settle();
    expect(server.requests).toHaveLength(count);
  });

  it('lets the last of several windows count', async () => {
    server.setDirectory('d', numbered(10_000));
    await view.open('d');
    server.isSlow = true;
    view.want(3000, 3040);
    view.want(6000, 6040);
    view.want(9000, 9040);
    await settle();
    expect(server.aborted).toHaveLength(2);
    server.isSlow = false;
    await server.deliver('newest');
    expect(view.row(9000)).toBeDefined();
    expect(view.row(3000)).toBeUndefined();
  });

  it('does not let a window cancel the loading of certain rows', async () => {
    server.setDirectory('d', numbered(10_000));
    await view.open('d');
    server.isSlow = true;
    const loaded = view.load(7000, 7001);
    view.want(3000, 3040);
    await settle();
    await server.deliver();
    await server.deliver();
    await loaded;
    expect(view.row(7000)?.name).toBe('f0007000');
  });

  it('lets a newer directory win over an older one that answers later', async () => {
    server.setDirectory('old', numbered(10, 'o'));
    server.setDirectory('new', numbered(10, 'n'));
    server.isSlow = true;
    const first = view.open('old');
    const second = view.open('new');
    await settle();
    await server.deliver('newest');
    await server.deliver();
    await Promise.all([first, second]);
    expect(view.path).toBe('new');
    expect(view.row(0)?.name).toBe('n0000000');
    expect(kinds().filter(kind => kind === 'reset')).toHaveLength(1);
  });

  it('makes one request of several settings', async () => {
    server.setDirectory('d', numbered(10));
    await view.open('d');
    const before = server.requests.length;
    await Promise.all([
      view.configure({ hidden: true }),
      view.configure({ natural: false })
    ]);
    expect(server.requests).toHaveLength(before + 1);
  });

  it('filters on the server and forgets the answer for an older text', async () => {
    server.setDirectory('d', [...numbered(300, 'a'), ...numbered(300, 'b')]);
    await view.open('d');
    server.isSlow = true;
    const older = view.configure({ filter: 'a' });
    await settle();
    const newer = view.configure({ filter: 'b' });
    await settle();
    expect(server.aborted).toHaveLength(1);
    await server.deliver('newest');
    await Promise.all([older, newer]);
    expect(view.head).toMatchObject({ total: 300, unfiltered: 600 });
    expect(view.row(0)?.name).toBe('b0000000');
  });

  it('takes over changed rows in place', async () => {
    server.setDirectory('d', numbered(10));
    await view.open('d');
    view.want(0, 10);
    server.changed = [{ index: 3, row: { ...row('f0000003', 'd'), size: 5 } }];
    await view.sync();
    expect(view.row(3)?.size).toBe(5);
    expect(kinds()).toContain('rows');
    expect(kinds()).not.toContain('moved');
  });

  it('goes over to a new generation, and says where the anchor is now', async () => {
    server.setDirectory('d', numbered(10_000));
    await view.open('d');
    await view.load(5000, 5040);
    view.want(5000, 5040);
    view.anchor = () => ({
      path: 'd/f0005010',
      name: 'f0005010',
      index: 5010
    });
    server.setDirectory('d', [...numbered(3000, 'a'), ...numbered(10_000)]);
    await view.sync();
    const moved = changes.find(change => change.kind === 'moved');
    expect(moved?.anchor).toEqual({
      path: 'd/f0005010',
      from: 5010,
      to: 8010
    });
    expect(view.row(8010)?.name).toBe('f0005010');
    expect(view.head?.total).toBe(13_000);
  });

  it('says so when the anchor is gone', async () => {
    server.setDirectory('d', numbered(10));
    await view.open('d');
    view.anchor = () => ({ path: 'd/f0000005', name: 'f0000005', index: 5 });
    server.setDirectory('d', numbered(5));
    await view.sync();
    expect(changes.find(({ kind }) => kind === 'moved')?.anchor?.to).toBeNull();
  });

  it('asks anew when the generation it was showing is gone', async () => {
    server.setDirectory('d', numbered(10_000));
    await view.open('d');
    server.setDirectory('d', numbered(9000));
    view.want(4000, 4040);
    await settle();
    expect(view.head).toMatchObject({ generation: '2', total: 9000 });
    expect(view.row(4000)?.name).toBe('f0004000');
  });

  it('keeps the rows while they are held, and goes on when they are released', async () => {
    server.setDirectory('d', numbered(10));
    await view.open('d');
    view.held = () => 'hard';
    server.setDirectory('d', numbered(20));
    await view.sync();
    expect(view.head?.total).toBe(10);
    view.held = null;
    view.release();
    await settle();
    await view.sync();
    expect(view.head?.total).toBe(20);
  });

  it('lets a forced refresh overrule a soft hold, and wait for a hard one', async () => {
    server.setDirectory('d', numbered(10));
    await view.open('d');
    view.held = () => 'soft';
    server.setDirectory('d', numbered(20));
    await view.sync(true);
    expect(view.head?.total).toBe(20);

    let hold: 'hard' | null = 'hard';
    view.held = () => hold;
    server.setDirectory('d', numbered(30));
    const forced = view.sync(true);
    await settle();
    expect(view.head?.total).toBe(20);
    hold = null;
    view.release();
    await forced;
    expect(view.head?.total).toBe(30);
  });

  it('holds back nothing but a new order under a moving pointer', async () => {
    server.setDirectory('d', numbered(10), { mode: 'preview' });
    await view.open('d');
    view.held = () => 'order';
    server.setDirectory('d', numbered(12), { mode: 'preview' });
    await view.sync();
    expect(view.head?.total).toBe(12);
    server.setDirectory('d', numbered(12), { mode: 'sorted' });
    await view.sync();
    expect(view.head?.mode).toBe('preview');
    view.held = null;
    view.release();
    await settle();
    await view.sync();
    expect(view.head?.mode).toBe('sorted');
  });

  it('asks once more for a caller that knows of a later change', async () => {
    server.setDirectory('d', numbered(10));
    await view.open('d');
    server.isSlow = true;
    const early = view.sync();
    await settle();
    const late = view.sync();
    const later = view.sync();
    expect(later).toBe(late);
    await server.deliver();
    await early;
    await settle();
    server.setDirectory('d', numbered(11));
    server.isSlow = false;
    await server.deliver();
    await late;
    expect(view.head?.total).toBe(11);
    expect(server.asked('/changes')).toHaveLength(2);
  });

  it('shows an error, and recovers by a retry', async () => {
    server.failure = {
      status: 403,
      body: { message: 'You may not read d.', reason: 'permission_denied' }
    };
    await expect(view.open('d')).rejects.toMatchObject({
      status: 403,
      reason: 'permission_denied',
      message: 'You may not read d.'
    });
    expect(view.error?.message).toBe('You may not read d.');
    expect(view.head).toBeNull();
    server.failure = null;
    server.setDirectory('d', numbered(3));
    await view.sync(true);
    expect(view.error).toBeNull();
    expect(view.head?.total).toBe(3);
  });

  it('keeps the rows when a poll fails', async () => {
    server.setDirectory('d', numbered(3));
    await view.open('d');
    server.failure = { status: 504, body: { message: 'It hangs.' } };
    await expect(view.sync()).rejects.toThrow('It hangs.');
    expect(view.row(2)?.name).toBe('f0000002');
    expect(view.error?.message).toBe('It hangs.');
  });

  it('lets nothing stop a change of directory, not even a new generation', async () => {
    server.setDirectory('d', numbered(10));
    server.setDirectory('e', numbered(3, 'e'));
    await view.open('d');
    server.isSlow = true;
    const synced = view.sync();
    await settle();
    server.setDirectory('d', numbered(11));
    const opened = view.open('e');
    await settle();
    // First the answer that the old directory has changed, then the rows of the new one.
    await server.deliver();
    await server.deliver();
    await Promise.all([synced, opened]);
    expect(view.path).toBe('e');
    expect(view.head?.total).toBe(3);
  });

  it('does not take rows of one order for those of another', async () => {
    server.setDirectory('d', [...numbered(500, 'a'), ...numbered(500, 'b')]);
    await view.open('d');
    server.isSlow = true;
    const loaded = view.load(600, 601);
    const synced = view.sync();
    await settle();
    const filtered = view.configure({ filter: 'b' });
    await settle();
    await server.deliver('newest');
    await filtered;
    await server.deliver();
    await server.deliver();
    await Promise.all([loaded, synced]);
    expect(view.head?.total).toBe(500);
    expect(view.row(600)).toBeUndefined();
    expect(view.row(0)?.name).toBe('b0000000');
  });

  it('does not ask again and again for rows that cannot be had', async () => {
    server.setDirectory('d', numbered(1000));
    await view.open('d');
    server.failure = { status: 500, body: {} };
    view.want(600, 640);
    await settle();
    const count = server.requests.length;
    for (let frame = 0; frame < 5; frame++) {
      view.want(600, 640);
      await settle();
    }
    expect(server.requests).toHaveLength(count);
    server.failure = null;
    await view.sync();
    await settle();
    expect(view.row(620)).toBeDefined();
    expect(view.error).toBeNull();
  });

  it('aborts what is under way when it is disposed, and says nothing more', async () => {
    server.setDirectory('d', numbered(1000));
    await view.open('d');
    changes.length = 0;
    server.isSlow = true;
    view.want(600, 640);
    const synced = view.sync();
    await settle();
    view.dispose();
    await settle();
    await expect(synced).resolves.toBeUndefined();
    expect(server.aborted).toHaveLength(2);
    expect(changes).toEqual([]);
  });
});
