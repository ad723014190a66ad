import type { ILabShell } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import { framePromise } from '@jupyterlab/testing';
import { Launcher, LauncherModel } from '@jupyterlab/launcher';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import type { FakeRoots } from '../../core/__tests__/fakeroots';
import { makeRoot } from '../../core/__tests__/fakeroots';
import { LauncherGuards } from '../launcher';
import { WriteGuard } from '../readonly';
import { fakeRoots, HOME, settle } from './fakeroots';

const REASON = '“Data” is read-only.';

describe('LauncherGuards', () => {
  let commands: CommandRegistry;
  let guard: WriteGuard;
  let guards: LauncherGuards;
  let launcher: Launcher;
  let main: MainAreaWidget<Launcher>;
  let roots: FakeRoots;
  const ran: string[] = [];

  beforeEach(async () => {
    ran.length = 0;
    roots = fakeRoots();
    commands = new CommandRegistry();
    const model = new LauncherModel();
    for (const [command, label, category] of [
      ['notebook:create-new', 'Python 3', 'Notebook'],
      ['console:create', 'Python 3', 'Console'],
      ['terminal:create-new', 'Terminal', 'Other'],
      ['fileeditor:create-new', 'Text File', undefined]
    ] as const) {
      commands.addCommand(command, {
        label,
        caption: `Make: ${label}`,
        describedBy: { args: {} },
        execute: () => {
          ran.push(command);
        }
      });
      model.add({ command, category });
    }
    guard = new WriteGuard({
      commands,
      roots,
      trans: nullTranslator.load('cloudru_jlab'),
      current: () => null,
      browsers: () => [],
      documents: null
    });
    launcher = new Launcher({
      model,
      cwd: '@data/a',
      callback: () => undefined,
      commands
    });
    launcher.model = model;
    main = new MainAreaWidget({ content: launcher });
    const owner = {};
    const shell = {
      layoutModified: new Signal<object, void>(owner),
      widgets: () => [main][Symbol.iterator]()
    } as unknown as ILabShell;
    Widget.attach(main, document.body);
    guards = new LauncherGuards({
      shell,
      commands,
      guard,
      roots
    });
    await drawn();
  });

  afterEach(() => {
    guards.dispose();
    guard.dispose();
    main.dispose();
  });

  async function drawn(): Promise<void> {
    await framePromise();
    await launcher.renderPromise;
    await settle();
  }

  const cardOf = (category: string, label: string): HTMLElement =>
    [
      ...launcher.node.querySelectorAll<HTMLElement>(
        `.jp-LauncherCard[data-category="${category}"]`
      )
    ].find(card => card.textContent?.includes(label))!;
  const isOff = (card: HTMLElement): boolean =>
    card.getAttribute('aria-disabled') === 'true';

  it('switches off what would write, and says why', () => {
    for (const card of [
      cardOf('Notebook', 'Python 3'),
      cardOf('Other', 'Text File')
    ]) {
      expect(isOff(card)).toBe(true);
      expect(card.title).toBe(REASON);
      card.click();
      card.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', bubbles: true })
      );
    }
    expect(ran).toEqual([]);
  });

  it('leaves consoles and terminals alone', async () => {
    for (const card of [
      cardOf('Console', 'Python 3'),
      cardOf('Other', 'Terminal')
    ]) {
      expect(isOff(card)).toBe(false);
      expect(card.title).not.toBe(REASON);
    }
    cardOf('Console', 'Python 3').click();
    await settle();
    cardOf('Other', 'Terminal').click();
    await settle();
    expect(ran).toEqual(['console:create', 'terminal:create-new']);
  });

  it('follows the launcher to another root and back', async () => {
    launcher.cwd = 'b';
    await drawn();
    const card = cardOf('Other', 'Text File');
    expect(isOff(card)).toBe(false);
    expect(card.title).toBe('Make: Text File');
    expect(card.querySelector<HTMLElement>('[title]')?.title).toBe(
      'Make: Text File'
    );
    card.click();
    await settle();
    expect(ran).toEqual(['fileeditor:create-new']);
    launcher.cwd = '@data';
    await drawn();
    expect(isOff(cardOf('Other', 'Text File'))).toBe(true);
  });

  it('calls the folder as users know it', async () => {
    const heading = launcher.node.querySelector('h3')!;
    expect(heading.textContent).toBe('Data: a');
    launcher.cwd = 'b';
    await drawn();
    expect(heading.textContent).toBe('b');
    launcher.cwd = '@data';
    await drawn();
    expect(heading.textContent).toBe('Data');
  });

  it('follows what becomes of the root', async () => {
    roots.set([HOME, makeRoot('data')]);
    await drawn();
    expect(isOff(cardOf('Notebook', 'Python 3'))).toBe(false);
    expect(cardOf('Notebook', 'Python 3').title).toBe('Python 3');
    expect(cardOf('Other', 'Text File').title).toBe('Make: Text File');
  });

  it('gives the cards back', () => {
    guards.dispose();
    expect(isOff(cardOf('Notebook', 'Python 3'))).toBe(false);
    expect(cardOf('Notebook', 'Python 3').title).toBe('Python 3');
  });
});
