import { Clipboard } from '@jupyterlab/apputils';
import type { FileBrowser } from '@jupyterlab/filebrowser';
import { dismissDialog, waitForDialog } from '@jupyterlab/testing';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';

import { FakeRoots } from '../../../core/__tests__/fakeroots';
import { addCommands, CommandIDs } from '../commands';

describe('commands for paths', () => {
  let commands: CommandRegistry;
  let roots: FakeRoots;
  let selected: { path: string }[];
  let copied: jest.SpyInstance;

  const browser = () =>
    ({
      model: { path: '@scratch/work', driveName: '' },
      selectedItems: () => selected[Symbol.iterator]()
    }) as unknown as FileBrowser;

  beforeEach(() => {
    commands = new CommandRegistry();
    roots = new FakeRoots();
    roots.real = {
      '@scratch/work/a.txt': '/mnt/scratch/work/a.txt',
      '@scratch/work': '/mnt/scratch/work'
    };
    selected = [];
    copied = jest
      .spyOn(Clipboard, 'copyToSystem')
      .mockImplementation(() => undefined);
    addCommands({
      commands,
      roots,
      browser,
      palette: null,
      trans: nullTranslator.load('')
    });
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('are described, and in sight with several roots alone', () => {
    for (const id of Object.values(CommandIDs)) {
      expect(commands.label(id)).not.toBe('');
    }
    expect(commands.isVisible(CommandIDs.copyRealPath)).toBe(true);
    roots.set([]);
    expect(commands.isVisible(CommandIDs.copyRealPath)).toBe(false);
    expect(commands.isVisible(CommandIDs.openTerminal)).toBe(false);
  });

  it('copy the path on the server, of what is selected or else shown', async () => {
    await commands.execute(CommandIDs.copyRealPath);
    expect(copied).toHaveBeenLastCalledWith('/mnt/scratch/work');
    selected = [{ path: '@scratch/work/a.txt' }];
    await commands.execute(CommandIDs.copyRealPath);
    expect(copied).toHaveBeenLastCalledWith('/mnt/scratch/work/a.txt');
  });

  it('tell why there is no path on the server', async () => {
    const executed = commands.execute(CommandIDs.copyRealPath, {
      path: '@memory/a'
    });
    await waitForDialog();
    expect(document.querySelector('.jp-Dialog')!.textContent).toContain(
      'has no path on the server'
    );
    await dismissDialog();
    await executed;
    expect(copied).not.toHaveBeenCalled();
  });

  it('open a terminal in the folder that is shown', async () => {
    expect(commands.isVisible(CommandIDs.openTerminal)).toBe(false);
    const created: unknown[] = [];
    commands.addCommand('terminal:create-new', {
      describedBy: { args: { type: 'object' } },
      execute: args => created.push(args)
    });
    expect(commands.isVisible(CommandIDs.openTerminal)).toBe(true);
    await commands.execute(CommandIDs.openTerminal);
    expect(created).toEqual([{ cwd: '@scratch/work' }]);
  });
});
