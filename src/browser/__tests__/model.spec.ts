import { Dialog } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import type { Contents, Event } from '@jupyterlab/services';
import { StateDB } from '@jupyterlab/statedb';
import { updateFilterFunction } from '@jupyterlab/ui-components';
import { Signal } from '@lumino/signaling';

// The tests of one feature may use another's fake of the server.
/* eslint-disable @typescript-eslint/no-restricted-imports */
import {
  FakeServer,
  numbered,
  settle
} from '../../listing/__tests__/fakeserver';
import { ListingApi } from '../../listing/api';
import { ListingClient } from '../../listing/client';
/* eslint-enable @typescript-eslint/no-restricted-imports */
import type { IModelInternals } from '../internals';
import { WindowedModel } from '../model';
import type { IContentsLog } from './fakemanager';
import { createManager } from './fakemanager';

describe('WindowedModel', () => {
  let server: FakeServer;
  let client: ListingClient;
  let log: IContentsLog;
  let stream: Signal<Event.IManager, Event.Emission>;
  let model: WindowedModel;
  let state: StateDB;
  const running: { path: string; id: string }[] = [];

  beforeEach(() => {
    server = new FakeServer();
    server.setDirectory('', ['d', 'e']);
    server.setDirectory('d', numbered(500));
    log = { got: [], saved: [] };
    state = new StateDB();
    const events = {} as Event.IManager;
    stream = new Signal<Event.IManager, Event.Emission>(events);
    Object.assign(events, { stream });
    client = new ListingClient(new ListingApi(server.settings), events);
    model = new WindowedModel({
      listing: client,
      manager: createManager(log, running),
      auto: false,
      refreshStandby: 'never',
      state
    });
  });

  afterEach(() => {
    model.dispose();
    client.dispose();
    running.length = 0;
    for (const dialog of Dialog.tracker.filter(() => true)) {
      dialog.dispose();
    }
  });

  it('changes the directory, and tells when its rows are there', async () => {
    const paths: string[] = [];
    model.pathChanged.connect((_, { oldValue, newValue }) => {
      paths.push(`${oldValue}>${newValue}`, [...model.items()][0]?.name ?? '');
    });
    await model.cd('d');
    expect(model.path).toBe('d');
    expect(paths).toEqual(['>d', 'f0000000']);
  });

  it('never asks the contents manager for a listing', async () => {
    await model.cd('d');
    await model.refresh();
    await model.cd('..');
    expect(log.got.length).toBeGreaterThan(0);
    expect(log.got.every(({ content }) => content === false)).toBe(true);
  });

  it('holds the wanted rows alone', async () => {
    await model.cd('d');
    model.view.want(10, 20);
    expect([...model.items()].map(item => item.name)).toEqual(
      numbered(500).slice(10, 20)
    );
  });

  it('ends in the directory that was asked for last', async () => {
    server.isSlow = true;
    const first = model.cd('d');
    const second = model.cd('/');
    await settle();
    await server.deliver('newest');
    await Promise.all([first, second]);
    expect(model.path).toBe('');
  });

  it('goes to the root and tells when a directory is not there', async () => {
    const failures: Error[] = [];
    model.connectionFailure.connect((_, error) => failures.push(error));
    await model.cd('d');
    await model.cd('nowhere');
    expect(model.path).toBe('');
    expect(failures).toHaveLength(1);
    expect(failures[0]?.message).toContain('Directory not found');
  });

  it('goes to a directory that cannot be read, where the panel says why', async () => {
    await model.cd('d');
    server.failure = {
      status: 403,
      body: { message: 'Not for you.', reason: 'permission_denied' }
    };
    await model.cd('secret');
    expect(model.path).toBe('d/secret');
    expect(model.view.error?.message).toBe('Not for you.');
    expect([...model.items()]).toEqual([]);
  });

  it('restores where it was without listing it twice', async () => {
    await state.save('file-browser-x:cwd', { path: 'd' });
    await model.restore('x');
    expect(model.path).toBe('d');
    expect(server.asked('/listing')).toHaveLength(1);
    await model.cd('..');
    expect(await state.fetch('file-browser-x:cwd')).toEqual({ path: '' });
  });

  it('sends the text of the filter box, and none when it is taken away', async () => {
    await model.cd('d');
    let text = '49';
    model.filterText = () => text;
    model.useFuzzyFilter = false;
    const filter = (value: string) => {
      const match = updateFilterFunction(value, false);
      model.setFilter(item => match(item.name.toLowerCase()));
    };
    filter(text);
    await settle();
    expect(model.view.params).toMatchObject({
      filter: '49',
      match: 'substring'
    });
    expect(model.view.head).toMatchObject({ total: 15, unfiltered: 500 });
    const [first] = model.items();
    expect(first && model.highlight(first)).toEqual([6, 7]);
    // The browser takes the filter away before it empties the box.
    model.setFilter(() => ({}));
    await settle();
    expect(model.view.params.filter).toBe('');
    text = '';
    filter('');
    expect(model.view.params.filter).toBe('');
  });

  it('hands the settings on to the server', async () => {
    model.filterDirectories = false;
    model.showHiddenFiles(true);
    model.sortBy(
      { key: 'last_modified', direction: 'descending' },
      true,
      false
    );
    await model.cd('d');
    expect(model.view.params).toMatchObject({
      filterDirectories: false,
      hidden: true,
      sort: 'modified',
      order: 'desc',
      notebooksFirst: true,
      natural: false
    });
  });

  it('marks running files whether or not their rows are at hand', async () => {
    running.push({ path: 'd/f0000499', id: 'x' }, { path: 'e/other', id: 'y' });
    await model.cd('d');
    expect([...model.sessions()].map(session => session.path)).toEqual([
      'd/f0000499'
    ]);
  });

  it('asks before an upload replaces a file whose row is not at hand', async () => {
    PageConfig.setOption('notebookVersion', '[2, 0, 0]');
    await model.cd('d');
    const upload = model.upload(new File(['x'], 'f0000400'));
    const refused = expect(upload).rejects.toBe('File not uploaded');
    while (!Dialog.tracker.currentWidget) {
      await settle();
    }
    Dialog.tracker.currentWidget.reject();
    await refused;
    expect(log.saved).toEqual([]);
  });

  it('uploads a new file without a question, into the directory it was given', async () => {
    PageConfig.setOption('notebookVersion', '[2, 0, 0]');
    server.setDirectory('e', ['other']);
    await model.cd('d');
    const sent: (string | undefined)[] = [];
    const internals = model as unknown as IModelInternals;
    internals._upload = (file, chunked, path) => {
      sent.push(path, file.name);
      return Promise.resolve({} as Contents.IModel);
    };
    // Its namesake stands in the directory that is shown, which does not matter.
    await model.upload(new File(['x'], 'f0000001'), 'e');
    expect(sent).toEqual(['e', 'f0000001']);
  });

  it('is woken by an event about its directory alone', async () => {
    await model.cd('d');
    await model.refresh();
    server.setDirectory('d', numbered(501));
    const emission = {
      schema_id: 'https://events.example.org/cloudru_jlab/listing/v1',
      kind: 'changed',
      generation: '2',
      job: null
    };
    stream.emit({ ...emission, path: 'e' });
    await settle();
    expect(model.view.head?.total).toBe(500);
    stream.emit({ ...emission, path: 'd' });
    await settle();
    expect(model.view.head?.total).toBe(501);
  });
});
