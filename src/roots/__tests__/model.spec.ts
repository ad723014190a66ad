import { makeRoot } from '../../core/__tests__/fakeroots';
import { RootsApi } from '../api';
import { apiPath, Roots } from '../model';
import { DATA, FakeServer, HOME, onWire, settle } from './fakeroots';

describe('Roots', () => {
  let server: FakeServer;
  let roots: Roots;

  beforeEach(async () => {
    server = new FakeServer();
    roots = new Roots({ api: new RootsApi(server.settings), standby: 'never' });
    await roots.ready;
  });

  afterEach(() => {
    roots.dispose();
  });

  it('knows them once the server has answered', () => {
    expect(server.requests.map(({ url }) => url.pathname)).toEqual([
      '/base/cloudru/roots'
    ]);
    expect(roots.roots).toEqual([HOME, DATA]);
    expect(roots.mayAdd).toBe(false);
  });

  it('finds the root of a path, and the way inside it', () => {
    const found = (path: string): [string?, string?] => {
      const place = roots.rootOf(path);
      return [place?.root.name, place?.inside];
    };
    expect(found('')).toEqual(['home', '']);
    expect(found('a/b.txt')).toEqual(['home', 'a/b.txt']);
    expect(found('@data')).toEqual(['data', '']);
    expect(found('/@data/')).toEqual(['data', '']);
    expect(found('@data/train/a.csv')).toEqual(['data', 'train/a.csv']);
    expect(found('@data/../x')).toEqual(['home', 'x']);
    expect(found('@database/a')).toEqual(['home', '@database/a']);
    expect(found('a/@data')).toEqual(['home', 'a/@data']);
  });

  it('tells of a change, and of nothing else', async () => {
    let told = 0;
    roots.changed.connect(() => told++);
    await roots.refresh();
    expect(server.requests.at(-1)?.url.searchParams.get('refresh')).toBe('1');
    expect(told).toBe(0);
    server.answer = {
      roots: [HOME, { ...DATA, freeBytes: 5 }].map(onWire),
      may_add: true
    };
    await roots.refresh();
    expect(told).toBe(1);
    expect(roots.mayAdd).toBe(true);
    expect(roots.roots[1]?.freeBytes).toBe(5);
  });

  it('does not let an old answer replace a newer one', async () => {
    server.isSlow = true;
    const old = roots.refresh();
    await settle();
    server.answer = { roots: [onWire(HOME)], may_add: true };
    const recent = roots.refresh();
    await settle();
    server.deliver(1);
    await recent;
    server.deliver(0);
    await old;
    expect(roots.roots).toEqual([HOME]);
    expect(roots.mayAdd).toBe(true);
  });

  it('keeps what it knows when the server does not answer', async () => {
    server.status = 500;
    server.answer = { message: 'broken', reason: 'internal' };
    await expect(roots.refresh()).rejects.toThrow('broken');
    expect(roots.roots).toEqual([HOME, DATA]);
  });

  it('adds a root and removes it', async () => {
    server.answer = onWire(makeRoot('scratch', { added: true }));
    const original = roots.refresh.bind(roots);
    server.isSlow = true;
    const added = roots.add({ path: '/mnt/scratch', readOnly: true });
    await settle();
    server.answer = {
      roots: [HOME, makeRoot('scratch', { added: true })].map(onWire),
      may_add: true
    };
    server.isSlow = false;
    server.deliver(0);
    expect((await added).name).toBe('scratch');
    const post = server.requests.find(({ method }) => method === 'POST');
    expect(JSON.parse(post?.body ?? '')).toEqual({
      path: '/mnt/scratch',
      read_only: true
    });
    expect(roots.roots.map(({ name }) => name)).toEqual(['home', 'scratch']);
    server.status = 204;
    server.isSlow = true;
    const removed = roots.remove('scratch');
    await settle();
    server.status = 200;
    server.answer = { roots: [onWire(HOME)], may_add: true };
    server.isSlow = false;
    server.deliver(1);
    await removed;
    const { method, url } = server.requests.at(-2)!;
    expect([method, url.pathname]).toEqual([
      'DELETE',
      '/base/cloudru/roots/scratch'
    ]);
    expect(roots.roots).toEqual([HOME]);
    await original();
  });

  it('asks for real paths', async () => {
    server.answer = { path: '/mnt/data/a b' };
    await expect(roots.realPath('@data/a b')).resolves.toBe('/mnt/data/a b');
    expect(server.requests.at(-1)?.url.searchParams.get('path')).toBe(
      '@data/a b'
    );
  });

  it('puts the prefix before a path of another root', () => {
    expect(apiPath(HOME, 'a/b')).toBe('a/b');
    expect(apiPath(HOME, '')).toBe('');
    expect(apiPath(DATA, 'a/b')).toBe('@data/a/b');
    expect(apiPath(DATA, '')).toBe('@data');
  });
});
