import {
  FileBrowser,
  FilterFileBrowserModel,
  Uploader
} from '@jupyterlab/filebrowser';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';

import { FakeRoots, makeRoot } from '../../core/__tests__/fakeroots';
// The tests of one feature may use another's fake of the server.
// eslint-disable-next-line @typescript-eslint/no-restricted-imports
import { createManager } from '../../browser/__tests__/fakemanager';
import { UploadGuard, WriteGuard } from '../readonly';
import { DATA, fakeRoots, HOME, settle } from './fakeroots';

const REASON = '“Data” is read-only.';

function browserAt(path: string): FileBrowser {
  return {
    model: { path },
    node: document.createElement('div'),
    allowFileUploads: true,
    toolbar: { children: () => [][Symbol.iterator]() }
  } as unknown as FileBrowser;
}

describe('WriteGuard', () => {
  let commands: CommandRegistry;
  let browsers: FileBrowser[];
  let current: FileBrowser | null;
  let guard: WriteGuard;
  const ran: string[] = [];

  beforeEach(() => {
    ran.length = 0;
    commands = new CommandRegistry();
    for (const id of [
      'filebrowser:rename',
      'filebrowser:copy',
      'filebrowser:create-new-directory',
      'notebook:create-new'
    ]) {
      commands.addCommand(id, {
        caption: 'stock',
        describedBy: { args: {} },
        execute: () => {
          ran.push(id);
        }
      });
    }
    browsers = [];
    current = browserAt('@data/a');
    guard = new WriteGuard({
      commands,
      roots: fakeRoots(),
      trans: nullTranslator.load('cloudru_jlab'),
      current: () => current,
      browsers: () => browsers,
      documents: null
    });
  });

  it('switches off what would write, and says why', async () => {
    expect(commands.isEnabled('filebrowser:rename')).toBe(false);
    expect(commands.caption('filebrowser:rename')).toBe(REASON);
    await expect(commands.execute('filebrowser:rename')).rejects.toThrow(
      REASON
    );
    expect(commands.isEnabled('filebrowser:copy')).toBe(true);
    expect(commands.caption('filebrowser:copy')).toBe('stock');
    await commands.execute('filebrowser:copy');
    expect(ran).toEqual(['filebrowser:copy']);
  });

  it('leaves a writable root alone', async () => {
    current = browserAt('a');
    expect(commands.isEnabled('filebrowser:rename')).toBe(true);
    expect(commands.caption('filebrowser:rename')).toBe('stock');
    await commands.execute('filebrowser:rename');
    expect(ran).toEqual(['filebrowser:rename']);
  });

  it('goes by the folder that a command names', () => {
    const isEnabled = (cwd: string): boolean =>
      commands.isEnabled('notebook:create-new', { cwd });
    expect(isEnabled('a')).toBe(true);
    expect(isEnabled('@data/b')).toBe(false);
    expect(isEnabled('')).toBe(false);
    current = browserAt('a');
    expect(isEnabled('')).toBe(true);
    expect(isEnabled('@data/b')).toBe(false);
    expect(isEnabled('Drive:@data/b')).toBe(true);
  });

  it('goes by the browser in whose toolbar a button is', () => {
    const told: (string | undefined)[] = [];
    const first = browserAt('@data');
    const second = browserAt('b');
    first.id = 'filebrowser';
    second.id = 'second';
    browsers = [first, second];
    const isOn = (cjBrowser?: string): boolean =>
      commands.isEnabled('filebrowser:create-new-directory', {
        toolbar: true,
        ...(cjBrowser ? { cjBrowser } : {})
      });
    for (current of browsers) {
      expect(isOn()).toBe(false);
      expect(isOn('second')).toBe(true);
    }
    guard.update();
    commands.commandChanged.connect((_, { id }) => told.push(id));
    Object.assign(second.model, { path: '@data' });
    guard.update();
    expect(told).toContain('filebrowser:create-new-directory');
    expect(isOn('second')).toBe(false);
  });

  it('goes by the browser under the pointer', () => {
    const told: (string | undefined)[] = [];
    commands.commandChanged.connect((_, { id }) => told.push(id));
    guard.update();
    expect(told).toContain('filebrowser:rename');
    guard.pointed = browserAt('x');
    expect(commands.isEnabled('filebrowser:rename')).toBe(true);
    guard.pointed = null;
    expect(commands.isEnabled('filebrowser:rename')).toBe(false);
    expect(told.filter(id => id === 'filebrowser:rename')).toHaveLength(3);
    guard.update();
    expect(told.filter(id => id === 'filebrowser:rename')).toHaveLength(3);
  });

  it('gives everything back', () => {
    guard.dispose();
    expect(commands.isEnabled('filebrowser:rename')).toBe(true);
    expect(commands.caption('filebrowser:rename')).toBe('stock');
  });
});

describe('UploadGuard', () => {
  it('takes uploads from a read-only root, and gives back what it took', () => {
    const browser = browserAt('a');
    const roots = new FakeRoots([HOME, DATA]);
    const guard = new UploadGuard(browser, roots);
    guard.update();
    expect(browser.allowFileUploads).toBe(true);
    expect(browser.node.dataset.cjReadOnly).toBe('false');
    Object.assign(browser.model, { path: '@data' });
    guard.update();
    expect(browser.allowFileUploads).toBe(false);
    expect(browser.node.dataset.cjReadOnly).toBe('true');
    Object.assign(browser.model, { path: 'b' });
    guard.update();
    expect(browser.allowFileUploads).toBe(true);
  });

  it('gives nothing that the user has switched off', () => {
    const browser = browserAt('@data');
    browser.allowFileUploads = false;
    const guard = new UploadGuard(browser, fakeRoots());
    guard.update();
    Object.assign(browser.model, { path: 'b' });
    guard.update();
    expect(browser.allowFileUploads).toBe(false);
  });

  it('stands settings that are applied while it is on', () => {
    const browser = browserAt('@data');
    new UploadGuard(browser, fakeRoots()).update();
    browser.allowFileUploads = true;
    expect(browser.allowFileUploads).toBe(false);
    Object.assign(browser.model, { path: 'b' });
    expect(browser.allowFileUploads).toBe(true);
    browser.allowFileUploads = false;
    expect(browser.allowFileUploads).toBe(false);
  });

  it('is heeded by the real listing', async () => {
    const model = new FilterFileBrowserModel({
      manager: createManager(),
      auto: false
    });
    const browser = new FileBrowser({ id: 'browser', model });
    const readOnly = makeRoot('all', { default: true, writable: false });
    const roots = new FakeRoots([readOnly]);
    const guard = new UploadGuard(browser, roots);
    browser.allowFileUploads = true;
    expect(model.allowFileUploads).toBe(false);
    roots.set([HOME]);
    guard.update();
    expect(model.allowFileUploads).toBe(true);
    browser.dispose();
    model.dispose();
    // The end of its poll is told while the test still runs.
    await settle();
  });

  it('greys the button', () => {
    const browser = browserAt('@data');
    const uploader = Object.create(Uploader.prototype) as Uploader;
    let isEnabled = true;
    Object.defineProperty(uploader, 'enabled', {
      set: (value: boolean) => (isEnabled = value)
    });
    browser.toolbar.children = () => [uploader][Symbol.iterator]();
    new UploadGuard(browser, fakeRoots()).update();
    expect(isEnabled).toBe(false);
  });
});
