import { CommandRegistry } from '@lumino/commands';

import { FakeRoots } from '../../../core/__tests__/fakeroots';
import { nameRecents } from '../recents';

describe('nameRecents', () => {
  const commands = new CommandRegistry();
  for (const id of ['recentmenu:open-recent', 'another']) {
    commands.addCommand(id, {
      label: args => {
        const recent = args.recent as { path?: string } | undefined;
        return `/srv/home/${recent?.path ?? 'none'}`;
      },
      describedBy: { args: {} },
      execute: () => undefined
    });
  }
  const roots = new FakeRoots();
  nameRecents(commands, roots);
  const labelOf = (path: string, id = 'recentmenu:open-recent'): string =>
    commands.label(id, { recent: { path } });

  it('says the root, where JupyterLab would say a path that is not there', () => {
    expect(labelOf('@scratch/a/b.txt')).toBe('Scratch: a/b.txt');
    expect(labelOf('@scratch')).toBe('Scratch');
  });

  it('leaves the default root, and all else, alone', () => {
    expect(labelOf('a/b.txt')).toBe('/srv/home/a/b.txt');
    expect(labelOf('@unknown/b.txt')).toBe('/srv/home/@unknown/b.txt');
    expect(labelOf('@scratch/b.txt', 'another')).toBe(
      '/srv/home/@scratch/b.txt'
    );
    expect(commands.label('recentmenu:open-recent')).toBe('/srv/home/none');
  });
});
