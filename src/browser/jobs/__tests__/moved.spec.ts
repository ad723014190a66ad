import { Context, TextModelFactory } from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';
import { ContentsManager, Drive, ServerConnection } from '@jupyterlab/services';
import { ServiceManagerMock } from '@jupyterlab/services/lib/testutils';

import { ApiError } from '../../../core/request';
import { BulkJobs } from '../model';
import { MovedDocuments } from '../moved';
import { FakeJobs, makeJob } from './fakejobs';

/** The files of a server, without their content. */
class FakeDrive extends Drive {
  readonly files = new Set<string>();

  override get(path: string): Promise<Contents.IModel> {
    if (!this.files.has(path)) {
      const response = new Response('', { status: 404 });
      return Promise.reject(new ServerConnection.ResponseError(response));
    }
    return Promise.resolve({
      name: path.slice(path.lastIndexOf('/') + 1),
      path,
      type: 'file',
      created: '2026-01-01T00:00:00Z',
      last_modified: '2026-02-02T00:00:00Z',
      writable: true,
      content: null,
      format: null,
      mimetype: null as unknown as string,
      hash: null as unknown as string
    });
  }
}

const NOT_FOUND = new ApiError(
  new Response('', { status: 404 }),
  undefined,
  'not_found',
  {}
);

describe('MovedDocuments', () => {
  let service: FakeJobs;
  let drive: FakeDrive;
  let contents: ContentsManager;
  let moved: MovedDocuments;
  let open: string[];
  let told: [string | undefined, string | undefined][];

  const move = makeJob({
    kind: 'move',
    path: 'data',
    destination: '@scratch/new',
    state: 'done'
  });

  beforeEach(() => {
    service = new FakeJobs();
    drive = new FakeDrive();
    contents = new ContentsManager({ defaultDrive: drive });
    open = [];
    told = [];
    contents.fileChanged.connect((_, { type, oldValue, newValue }) => {
      expect(type).toBe('rename');
      told.push([oldValue?.path, newValue?.path]);
    });
    moved = new MovedDocuments({ service, contents, paths: () => open });
  });

  afterEach(() => {
    moved.dispose();
    contents.dispose();
  });

  it('tells of files that were moved, and of those below moved folders', async () => {
    open = [
      'data/a.txt',
      'data/run (1)/deep/b.txt',
      'data/stayed.txt',
      'data2/a.txt',
      'data/a.txt'
    ];
    service.whatMoved = [
      { from: 'data/a.txt', to: '@scratch/new/a.txt' },
      { from: 'data/run (1)', to: '@scratch/new/run (1)' }
    ];
    drive.files.add('@scratch/new/a.txt');
    drive.files.add('@scratch/new/run (1)/deep/b.txt');
    await moved.follow(move);
    expect(told).toEqual([
      ['data/a.txt', '@scratch/new/a.txt'],
      ['data/run (1)/deep/b.txt', '@scratch/new/run (1)/deep/b.txt']
    ]);
  });

  it('asks nothing where no document can be concerned', async () => {
    open = ['elsewhere/a.txt'];
    await moved.follow(move);
    await moved.follow({ ...move, kind: 'copy' });
    open = ['data/a.txt'];
    await moved.follow({ ...move, kind: 'delete', destination: null });
    expect(service.calls).toEqual([]);
  });

  it.each([
    ['too many entries were moved', null],
    ['another page has closed the job', NOT_FOUND]
  ])('looks for the files where %s', async (_, answer) => {
    open = ['data/gone.txt', 'data/kept.txt', 'data/lost.txt'];
    service.whatMoved = answer;
    drive.files.add('data/kept.txt');
    drive.files.add('@scratch/new/kept.txt');
    drive.files.add('@scratch/new/gone.txt');
    await moved.follow(move);
    expect(told).toEqual([['data/gone.txt', '@scratch/new/gone.txt']]);
  });

  it('takes what lies at the top of a root', async () => {
    open = ['a.txt'];
    service.whatMoved = null;
    drive.files.add('sub/a.txt');
    await moved.follow({ ...move, path: '', destination: 'sub' });
    expect(told).toEqual([['a.txt', 'sub/a.txt']]);
  });

  it('lets a document go on with its unsaved text at the new place', async () => {
    const manager = new ServiceManagerMock();
    Object.assign(manager, { contents });
    const context = new Context({
      manager,
      factory: new TextModelFactory(),
      path: 'data/a.txt'
    });
    context.model.sharedModel.setSource('not saved yet');
    context.model.dirty = true;
    open = ['data/a.txt'];
    service.whatMoved = [{ from: 'data/a.txt', to: '@scratch/new/a.txt' }];
    drive.files.add('@scratch/new/a.txt');
    const paths: string[] = [];
    context.pathChanged.connect((_, path) => paths.push(path));
    await moved.follow(move);
    expect(paths).toEqual(['@scratch/new/a.txt']);
    expect(context.path).toBe('@scratch/new/a.txt');
    expect(context.model.dirty).toBe(true);
    expect(context.model.toString()).toBe('not saved yet');
    context.dispose();
  });

  it('is asked once when a job ends, before the server forgets it', async () => {
    open = ['data/a.txt'];
    service.whatMoved = [];
    const jobs = new BulkJobs({
      service,
      standby: 'never',
      ended: job => moved.follow(job)
    });
    service.put({ ...move, finished: 'now' });
    await jobs.resume();
    await jobs.forget('a');
    expect(service.calls).toEqual(['list', 'moved a', 'cancel a']);
    jobs.dispose();
  });

  it('is silent once it is disposed', async () => {
    open = ['data/a.txt'];
    service.whatMoved = [{ from: 'data/a.txt', to: 'b/a.txt' }];
    drive.files.add('b/a.txt');
    moved.dispose();
    await moved.follow(move);
    expect(told).toEqual([]);
  });
});
