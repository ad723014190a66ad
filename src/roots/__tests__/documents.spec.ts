import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';

import { DOCUMENT_COMMANDS, DocumentTargets } from '../documents';
import { WriteGuard } from '../readonly';
import { MenuReasons } from '../reasons';
import { fakeRoots } from './fakeroots';

const REASON = '“Data” is read-only.';

/** The document of a widget is the one at the path that its id says. */
describe('DocumentTargets', () => {
  let current: Widget | null;
  let opened: HTMLElement | null;
  let commands: CommandRegistry;
  let guard: WriteGuard;
  const paths = ['@data/a.txt', 'b.txt'];

  const contextOf = ({ id }: Widget) =>
    paths.includes(id) ? { path: id } : undefined;

  function widgetAt(path: string): Widget {
    const widget = new Widget();
    widget.id = path;
    return Object.assign(widget, { context: { path } });
  }

  /** A tab whose context menu is open. */
  function tabOf(path: string): HTMLElement {
    const tab = document.createElement('li');
    tab.title = `Name: x\nPath: ${path}\nData: a.txt`;
    return tab;
  }

  beforeEach(() => {
    current = null;
    opened = null;
    commands = new CommandRegistry();
    for (const id of [...DOCUMENT_COMMANDS, 'docmanager:save-as']) {
      commands.addCommand(id, {
        describedBy: { args: {} },
        execute: () => undefined
      });
    }
    const app = {
      shell: {
        get currentWidget() {
          return current;
        }
      },
      contextMenuHitTest: (test: (node: HTMLElement) => boolean) =>
        opened && test(opened) ? opened : undefined
    } as unknown as JupyterFrontEnd;
    const manager = {
      contextForWidget: contextOf,
      findWidget: (path: string) =>
        paths.includes(path) ? widgetAt(path) : undefined
    } as unknown as IDocumentManager;
    guard = new WriteGuard({
      commands,
      roots: fakeRoots(),
      trans: nullTranslator.load('cloudru_jlab'),
      current: () => null,
      browsers: () => [],
      documents: new DocumentTargets(app, manager)
    });
  });

  afterEach(() => {
    guard.dispose();
  });

  const off = (): string[] =>
    DOCUMENT_COMMANDS.filter(id => !commands.isEnabled(id));

  it('switches off what writes a document of a read-only root', async () => {
    current = widgetAt('@data/a.txt');
    expect(off()).toEqual([
      'docmanager:delete',
      'docmanager:duplicate',
      'docmanager:rename',
      'docmanager:restore-checkpoint',
      'docmanager:save'
    ]);
    expect(commands.caption('docmanager:rename')).toBe(REASON);
    await expect(commands.execute('docmanager:delete')).rejects.toThrow(REASON);
    expect(commands.isEnabled('docmanager:save-as')).toBe(true);
  });

  it('leaves those of others, and what is no document, alone', () => {
    expect(off()).toEqual([]);
    current = widgetAt('b.txt');
    expect(off()).toEqual([]);
    current = new Widget();
    expect(off()).toEqual([]);
  });

  it('goes by the tab whose menu is open, where JupyterLab does', () => {
    current = widgetAt('b.txt');
    opened = tabOf('@data/a.txt');
    expect(off()).toEqual([
      'docmanager:delete',
      'docmanager:duplicate',
      'docmanager:rename'
    ]);
    current = widgetAt('@data/a.txt');
    opened = tabOf('b.txt');
    expect(off()).toEqual(['docmanager:restore-checkpoint', 'docmanager:save']);
  });

  it('goes by the path that a command names', () => {
    const isEnabled = (path: string): boolean =>
      commands.isEnabled('docmanager:delete-file', { path });
    expect(isEnabled('@data/a.txt')).toBe(false);
    expect(isEnabled('b.txt')).toBe(true);
    expect(isEnabled('Drive:@data/a.txt')).toBe(true);
  });

  it('leaves the shortcut to save to JupyterLab, which answers it', () => {
    current = widgetAt('@data/a.txt');
    expect(
      commands.isEnabled('docmanager:save', {
        _luminoEvent: { type: 'keybinding', keys: ['Ctrl S'] }
      })
    ).toBe(true);
  });

  it('is told in menus', () => {
    current = widgetAt('@data/a.txt');
    const reasons = new MenuReasons(id => guard.reasonOf(id));
    const item = document.createElement('li');
    item.className = 'lm-Menu-item';
    item.dataset.command = 'docmanager:rename';
    item.setAttribute('aria-disabled', 'true');
    document.body.append(item);
    const point = (): boolean =>
      item.dispatchEvent(new Event('pointerover', { bubbles: true }));
    point();
    expect(item.title).toBe(REASON);
    item.title = '';
    reasons.dispose();
    point();
    expect(item.title).toBe('');
    item.remove();
  });
});
