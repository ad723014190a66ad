import type { ILayoutRestorer } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import { Dialog, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import type { FileBrowser } from '@jupyterlab/filebrowser';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { IRoot, IRoots } from '../core/tokens';
import { askForRoot } from './add';
import type { FolderMemory } from './favourites';
import type { Navigator } from './navigate';
import type { Area, RootPanels } from './panels';
import type { RootSwitcher } from './switcher';
import type { RootWords } from './words';

export const CommandIDs = {
  switch: 'roots:switch',
  openPanel: 'roots:open-in-new-panel',
  closePanel: 'roots:close-panel',
  goUp: 'roots:go-up',
  toggleFavourite: 'roots:toggle-favourite',
  add: 'roots:add',
  remove: 'roots:remove',
  refresh: 'roots:refresh'
} as const;

export interface ICommandOptions {
  commands: CommandRegistry;
  roots: IRoots;
  memory: FolderMemory;
  words: RootWords;
  navigator: Navigator;
  /** Null where the page has no sidebars. */
  panels: RootPanels | null;
  palette: ICommandPalette | null;
  restorer: ILayoutRestorer | null;
  /** The browser that the user works in. */
  current: () => FileBrowser | null;
  switcherOf: (browser: FileBrowser) => RootSwitcher | undefined;
  browsers: () => Iterable<FileBrowser>;
}

const ROOT_ARGUMENT = { root: { type: 'string' } } as const;
const NO_ARGUMENTS = { args: { type: 'object', properties: {} } } as const;

/** Add the commands of the roots. */
export function addCommands(options: ICommandOptions): void {
  const { commands, roots, words, navigator, current, palette } = options;
  const { trans } = words;
  const rootOf = (args: ReadonlyPartialJSONObject): IRoot | undefined =>
    roots.roots.find(({ name }) => name === args.root);
  const titled = (
    args: ReadonlyPartialJSONObject,
    plain: string,
    format: (title: string) => string
  ): string => {
    const root = rootOf(args);
    return root ? format(root.title) : plain;
  };

  commands.addCommand(CommandIDs.switch, {
    label: args =>
      titled(args, trans.__('Switch Root…'), title =>
        trans.__('Switch to “%1”', title)
      ),
    describedBy: { args: { type: 'object', properties: ROOT_ARGUMENT } },
    isEnabled: () => roots.roots.length > 0 && current() !== null,
    execute: async args => {
      const browser = current();
      const root = rootOf(args);
      if (browser && root) {
        await navigator.go(browser, root);
      } else if (browser) {
        options.switcherOf(browser)?.toggle();
      }
    }
  });

  commands.addCommand(CommandIDs.toggleFavourite, {
    label: trans.__('Add or Remove Favorite Folder'),
    describedBy: NO_ARGUMENTS,
    isEnabled: () => {
      const browser = current();
      return !!(browser && roots.rootOf(browser.model.path)?.inside);
    },
    execute: () => {
      const place = roots.rootOf(current()?.model.path ?? '');
      if (place?.inside) {
        options.memory.toggleFavourite(place.root.name, place.inside);
      }
    }
  });

  commands.addCommand(CommandIDs.refresh, {
    label: trans.__('Refresh Roots'),
    describedBy: NO_ARGUMENTS,
    execute: () => refresh(options)
  });

  addEditing(options, rootOf);
  const { panels } = options;
  if (panels) {
    addPanels({ ...options, panels }, rootOf, titled);
  }
  const category = trans.__('File Operations');
  for (const command of [
    CommandIDs.switch,
    CommandIDs.toggleFavourite,
    CommandIDs.refresh,
    CommandIDs.add
  ]) {
    palette?.addItem({ command, category });
  }
}

/** Ask the server again, and tell the user when it does not answer. */
async function refresh({ roots, words }: ICommandOptions): Promise<void> {
  try {
    await roots.refresh();
  } catch (error) {
    await showErrorMessage(
      words.trans.__('Cannot Refresh the Roots'),
      error as Error
    );
  }
}

type FindRoot = (args: ReadonlyPartialJSONObject) => IRoot | undefined;

/** Adding a root and removing it. */
function addEditing(options: ICommandOptions, rootOf: FindRoot): void {
  const { commands, roots, words, navigator, current } = options;
  const { trans } = words;

  commands.addCommand(CommandIDs.add, {
    label: trans.__('Add Root…'),
    describedBy: NO_ARGUMENTS,
    isVisible: () => roots.mayAdd,
    isEnabled: () => roots.mayAdd,
    execute: async () => {
      const wanted = await askForRoot(trans);
      if (!wanted) {
        return;
      }
      try {
        const root = await roots.add(wanted);
        const browser = current();
        if (browser) {
          await navigator.go(browser, root);
        }
      } catch (error) {
        await showErrorMessage(trans.__('Cannot Add the Root'), error as Error);
      }
    }
  });

  commands.addCommand(CommandIDs.remove, {
    label: trans.__('Remove Root'),
    describedBy: { args: { type: 'object', properties: ROOT_ARGUMENT } },
    isEnabled: args => rootOf(args)?.added === true,
    execute: async args => {
      const root = rootOf(args);
      if (!root) {
        return;
      }
      const { button } = await showDialog({
        title: trans.__('Remove “%1”?', root.title),
        body: trans.__(
          'The folder and its files stay where they are. They are only no longer shown.'
        ),
        buttons: [
          Dialog.cancelButton(),
          Dialog.warnButton({ label: trans.__('Remove') })
        ]
      });
      if (!button.accept) {
        return;
      }
      const inside = [...options.browsers()].filter(
        ({ model }) => roots.rootOf(model.path)?.root.name === root.name
      );
      try {
        await roots.remove(root.name);
        await Promise.all(inside.map(({ model }) => model.cd('/')));
      } catch (error) {
        await showErrorMessage(
          trans.__('Cannot Remove the Root'),
          error as Error
        );
      }
    }
  });
}

/** Browsers beside the first. */
function addPanels(
  options: ICommandOptions & { panels: RootPanels },
  rootOf: FindRoot,
  titled: (
    args: ReadonlyPartialJSONObject,
    plain: string,
    format: (title: string) => string
  ) => string
): void {
  const { commands, roots, words, panels, current, memory, restorer } = options;
  const { trans } = words;

  commands.addCommand(CommandIDs.openPanel, {
    label: args =>
      titled(args, trans.__('Open Root in New Panel'), title =>
        trans.__('Open “%1” in New Panel', title)
      ),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          ...ROOT_ARGUMENT,
          area: { type: 'string', enum: ['left', 'right'] },
          id: { type: 'string' }
        }
      }
    },
    execute: async args => {
      const browser = current();
      // The side where the panel is seen together with the browser.
      const beside: Area =
        browser && panels.areaOf(browser.id) === 'right' ? 'left' : 'right';
      const area =
        args.area === 'right' || args.area === 'left' ? args.area : beside;
      if (typeof args.id === 'string') {
        // A panel of the last visit: its browser remembers where it was.
        panels.create(args.id, area);
        return;
      }
      const root =
        rootOf(args) ?? roots.rootOf(browser?.model.path ?? '')?.root;
      if (root && (await options.navigator.whenAvailable(root))) {
        await panels.open(root, area);
      }
    }
  });

  commands.addCommand(CommandIDs.closePanel, {
    label: trans.__('Close This Panel'),
    describedBy: NO_ARGUMENTS,
    isEnabled: () => {
      const browser = current();
      return browser !== null && panels.has(browser);
    },
    execute: () => {
      const browser = current();
      if (browser && panels.has(browser)) {
        memory.forgetBrowser(browser.id);
        panels.close(browser);
      }
    }
  });

  // JupyterLab's own goes up in its own browser, whichever has the focus.
  commands.addCommand(CommandIDs.goUp, {
    label: trans.__('Go Up'),
    describedBy: NO_ARGUMENTS,
    execute: () => current()?.goUp()
  });

  options.palette?.addItem({
    command: CommandIDs.openPanel,
    category: trans.__('File Operations')
  });
  if (restorer) {
    panels.restore(restorer, CommandIDs.openPanel);
  }
}
