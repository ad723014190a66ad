import { DocumentManager } from '@jupyterlab/docmanager';
import { DocumentRegistry, TextModelFactory } from '@jupyterlab/docregistry';
import { DocumentWidgetOpenerMock } from '@jupyterlab/docregistry/lib/testutils';
import type { FileBrowser } from '@jupyterlab/filebrowser';
import { FileDialog } from '@jupyterlab/filebrowser';
import type { Contents, ServiceManager } from '@jupyterlab/services';
import { ServiceManagerMock } from '@jupyterlab/services/lib/testutils';
import {
  acceptDialog,
  dismissDialog,
  waitForDialog
} from '@jupyterlab/testing';
import { nullTranslator } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';

import type { IListing, IRow } from '../../../core/tokens';
import { FakeView, makeRow } from '../../__tests__/fakeview';
import type { ICompletedInternals } from '../../internals';
import { missingMembers, NAVIGATOR_MEMBERS } from '../../internals';
import { DialogContents } from '../contents';
import { installDialogs } from '../install';

// JSDOM takes seconds to draw hundreds of rows.
jest.setTimeout(60_000);

const stock = { ...FileDialog };

describe('installDialogs', () => {
  let services: ServiceManager.IManager;
  let manager: DocumentManager;
  let installed: IDisposable;
  let views: FakeView[];
  let tree: Record<string, IRow[]>;
  let directory: string;
  const prepare = jest.fn<void, [FileBrowser]>();

  const rows = () =>
    [...document.querySelectorAll('.jp-Dialog .jp-DirListing-itemText')].map(
      node => node.textContent
    );
  const status = () =>
    document.querySelector('.cj-Dialog-status')?.textContent ?? '';
  const bar = () => document.querySelector('.cj-Dialog-search');
  const until = async (condition: () => boolean) => {
    while (!condition()) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  };
  const search = (text: string) => {
    const input = bar()!.querySelector('input')!;
    input.value = text;
    input.dispatchEvent(new Event('input'));
    return input;
  };

  beforeAll(async () => {
    services = new ServiceManagerMock();
    manager = new DocumentManager({
      registry: new DocumentRegistry({
        textModelFactory: new TextModelFactory()
      }),
      opener: new DocumentWidgetOpenerMock(),
      manager: services
    });
    directory = (await services.contents.newUntitled({ type: 'directory' }))
      .path;
  });

  beforeEach(() => {
    views = [];
    tree = {
      '': [
        makeRow(directory, 'directory'),
        ...Array.from({ length: 2000 }, (_, i) => makeRow(`row ${i}`))
      ],
      [directory]: [makeRow(`${directory}/inside`)]
    };
    const createView: IListing['createView'] = options => {
      const view = new FakeView(tree, options?.params);
      views.push(view);
      return view;
    };
    installed = installDialogs({
      listing: { createView } as IListing,
      translator: nullTranslator,
      prepare
    });
  });

  afterEach(() => {
    installed.dispose();
  });

  it('shows the beginning of a directory, and says so', async () => {
    const dialog = FileDialog.getOpenFiles({ manager });
    await waitForDialog();
    await until(() => rows().length > 0);
    expect(rows()).toHaveLength(500);
    expect(status()).toBe('First 500 of 2,001 items: type to search');
    await dismissDialog();
    await dialog;
    expect(views[0]!.isDisposed).toBe(true);
  });

  it('searches the rest', async () => {
    const dialog = FileDialog.getOpenFiles({ manager });
    await waitForDialog();
    await until(() => rows().length > 0);
    search('1999');
    await until(() => rows().length === 1);
    expect(rows()).toEqual(['row 1999']);
    expect(status()).toBe('1 match');
    await dismissDialog();
    await dialog;
  });

  it('does not take Enter in the search for consent', async () => {
    const dialog = FileDialog.getOpenFiles({ manager });
    await waitForDialog();
    await until(() => rows().length > 0);
    const input = search('1');
    input.focus();
    const enter = new KeyboardEvent('keydown', {
      key: 'Enter',
      bubbles: true,
      cancelable: true
    });
    input.dispatchEvent(enter);
    expect(enter.defaultPrevented).toBe(true);
    expect(document.querySelector('.jp-Dialog')).not.toBeNull();
    await dismissDialog();
    expect((await dialog).button.accept).toBe(false);
  });

  it('asks for directories alone where only they are wanted', async () => {
    const dialog = FileDialog.getExistingDirectory({ manager });
    await waitForDialog();
    await until(() => rows().length > 0);
    expect(rows()).toEqual([directory]);
    expect(views[0]!.params.dirsOnly).toBe(true);
    expect(bar()!.classList).toContain('lm-mod-hidden');
    await acceptDialog();
    expect((await dialog).value![0]!.path).toBe('');
  });

  it('looks further for what the caller wants', async () => {
    const dialog = FileDialog.getOpenFiles({
      manager,
      filter: (item: Contents.IModel) => (item.name.endsWith('99') ? {} : null)
    });
    await waitForDialog();
    await until(() => rows().length > 0);
    expect(rows()).toHaveLength(20);
    expect(bar()!.classList).toContain('lm-mod-hidden');
    await dismissDialog();
    await dialog;
  });

  it('opens in the directory that the caller names', async () => {
    const dialog = FileDialog.getOpenFiles({ manager, defaultPath: directory });
    await waitForDialog();
    await until(() => rows().length > 0);
    expect(rows()).toEqual(['inside']);
    await acceptDialog();
    expect((await dialog).value![0]!.path).toBe(directory);
  });

  it('follows changes, and counts while the server still reads', async () => {
    const dialog = FileDialog.getOpenFiles({ manager });
    await waitForDialog();
    await until(() => rows().length > 0);
    views[0]!.complete = false;
    views[0]!.change('head');
    expect(status()).toBe('Reading: 2,001 items so far');
    views[0]!.complete = true;
    tree[''] = tree['']!.slice(0, 3);
    views[0]!.change('moved');
    await until(() => rows().length === 3);
    expect(bar()!.classList).toContain('lm-mod-hidden');
    await dismissDialog();
    await dialog;
  });

  it('asks to be asked again when the order changes while it gathers', async () => {
    const view = new FakeView(tree);
    const contents = new DialogContents({ manager, view, accepts: null });
    const outdated = jest.fn();
    contents.outdated.connect(outdated);
    const get = () =>
      contents.manager.services.contents.get('', { content: true });
    await get();
    expect(outdated).not.toHaveBeenCalled();
    jest.spyOn(view, 'load').mockImplementationOnce(() => {
      view.change('moved');
      return Promise.resolve();
    });
    await get();
    expect(outdated).toHaveBeenCalledTimes(1);
    contents.dispose();
  });

  it('falls back on the contents manager', async () => {
    tree = {};
    jest.spyOn(console, 'warn').mockImplementation();
    const dialog = FileDialog.getOpenFiles({ manager });
    await waitForDialog();
    await until(() => rows().length > 0);
    expect(rows()).toEqual([directory]);
    expect(bar()!.classList).toContain('lm-mod-hidden');
    await dismissDialog();
    await dialog;
  });

  it('hands out its browser, which has what the path completion needs', async () => {
    const dialog = FileDialog.getExistingDirectory({ manager });
    await waitForDialog();
    await until(() => rows().length > 0);
    const browser = prepare.mock.lastCall![0] as unknown as ICompletedInternals;
    expect(
      missingMembers(browser.crumbs!._pathNavigator!, NAVIGATOR_MEMBERS)
    ).toEqual([]);
    await dismissDialog();
    await dialog;
  });

  it('gives the stock dialogs back', () => {
    installed.dispose();
    expect(FileDialog.getOpenFiles).toBe(stock.getOpenFiles);
    expect(FileDialog.getExistingDirectory).toBe(stock.getExistingDirectory);
  });
});
