import { Dialog } from '@jupyterlab/apputils';
import type { FileBrowser } from '@jupyterlab/filebrowser';
import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import {
  acceptDialog,
  dismissDialog,
  waitForDialog
} from '@jupyterlab/testing';

import type { FakeRoots } from '../../core/__tests__/fakeroots';
import { FolderMemory } from '../favourites';
import { Navigator } from '../navigate';
import { RootWords } from '../words';
import { DATA, fakeRoots, GONE, HOME } from './fakeroots';

describe('Navigator', () => {
  let roots: FakeRoots;
  let memory: FolderMemory;
  let navigator: Navigator;
  let browser: FileBrowser;
  let answers: Record<string, string | number>;
  const went: string[] = [];

  beforeEach(async () => {
    went.length = 0;
    answers = {};
    roots = fakeRoots();
    memory = new FolderMemory(null);
    await memory.ready;
    navigator = new Navigator(roots, memory, new RootWords(nullTranslator));
    const contents = {
      get: (path: string) => {
        const answer = answers[path] ?? 'directory';
        return typeof answer === 'string'
          ? Promise.resolve({ type: answer })
          : Promise.reject(
              new ServerConnection.ResponseError(
                new Response('', { status: answer })
              )
            );
      }
    };
    browser = {
      id: 'filebrowser',
      isDisposed: false,
      model: {
        path: '',
        manager: { services: { contents } },
        cd: (path: string) => {
          went.push(path);
          return Promise.resolve();
        }
      }
    } as unknown as FileBrowser;
  });

  afterEach(() => {
    for (const dialog of Dialog.tracker.filter(() => true)) {
      dialog.dispose();
    }
  });

  it('goes to the top of a root that was not visited', async () => {
    await navigator.go(browser, DATA);
    expect(went).toEqual(['/@data']);
  });

  it('returns to the folder where the browser was', async () => {
    memory.visit('filebrowser', 'data', 'a/b');
    await navigator.go(browser, DATA);
    expect(went).toEqual(['/@data/a/b']);
  });

  it('goes to the top from inside the root', async () => {
    memory.visit('filebrowser', 'data', 'a/b');
    Object.assign(browser.model, { path: '@data/a/b' });
    await navigator.go(browser, DATA);
    expect(went).toEqual(['/@data']);
  });

  it.each([[404], ['file']])('forgets a folder that is %s', async answer => {
    memory.visit('filebrowser', 'data', 'a/b');
    answers['@data/a/b'] = answer;
    await navigator.go(browser, DATA);
    expect(went).toEqual(['/@data']);
    expect(memory.last('filebrowser', 'data')).toBe('');
    expect(memory.recent('data')).toEqual([]);
  });

  it('leaves other failures to the browser', async () => {
    memory.visit('filebrowser', 'data', 'a/b');
    answers['@data/a/b'] = 503;
    await navigator.go(browser, DATA);
    expect(went).toEqual(['/@data/a/b']);
    expect(memory.last('filebrowser', 'data')).toBe('a/b');
  });

  it('says why a root is not available, and goes there once it is', async () => {
    const done = navigator.go(browser, GONE);
    await waitForDialog();
    expect(document.querySelector('.jp-Dialog')?.textContent).toContain(
      'does not exist'
    );
    await acceptDialog();
    await waitForDialog();
    expect(roots.refreshes).toBe(1);
    expect(went).toEqual([]);
    roots.next = [HOME, { ...GONE, state: 'available' }];
    await acceptDialog();
    await done;
    expect(went).toEqual(['/@gone']);
  });

  it('stays where it is when the user gives up', async () => {
    const done = navigator.go(browser, GONE);
    await waitForDialog();
    await dismissDialog();
    await done;
    expect(went).toEqual([]);
    expect(roots.refreshes).toBe(0);
  });

  it('says when a folder is gone', async () => {
    memory.visit('filebrowser', 'data', 'x');
    answers['@data/x'] = 404;
    const done = navigator.open(browser, DATA, 'x');
    await waitForDialog();
    expect(memory.recent('data')).toEqual([]);
    await dismissDialog();
    await done;
    expect(went).toEqual([]);
  });
});
