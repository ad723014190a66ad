import type { ICommandPalette } from '@jupyterlab/apputils';
import { Clipboard, showErrorMessage } from '@jupyterlab/apputils';
import type { FileBrowser } from '@jupyterlab/filebrowser';
import type { TranslationBundle } from '@jupyterlab/translation';
import { fileIcon, terminalIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { IRoots } from '../../core/tokens';

export const CommandIDs = {
  copyRealPath: 'roots:copy-real-path',
  openTerminal: 'roots:open-terminal'
} as const;

/** What starts a terminal; JupyterLab's own, where it has terminals. */
const CREATE_TERMINAL = 'terminal:create-new';

export interface ICommandOptions {
  commands: CommandRegistry;
  roots: IRoots;
  /** The file browser that was used last. */
  browser: () => FileBrowser | null;
  palette: ICommandPalette | null;
  trans: TranslationBundle;
}

/** Add what acts on the path of a file or folder. Out of sight where there is one root alone. */
export function addCommands(options: ICommandOptions): void {
  const { commands, roots, browser, palette, trans } = options;
  const pathArgs = {
    type: 'object',
    properties: {
      path: {
        type: 'string',
        description: trans.__(
          'The path in JupyterLab; by default what is selected in the file browser'
        )
      }
    }
  } as const;
  const isNeeded = (): boolean => roots.roots.length > 1;

  commands.addCommand(CommandIDs.copyRealPath, {
    label: trans.__('Copy Real Path'),
    caption: trans.__(
      'Copy the absolute path on the server, as programs and terminals there take it'
    ),
    icon: args =>
      args.isPalette
        ? undefined
        : fileIcon.bindprops({ stylesheet: 'menuItem' }),
    isEnabled: args => pathOf(args, browser()) !== null,
    isVisible: isNeeded,
    describedBy: { args: pathArgs },
    execute: async args => {
      const path = pathOf(args, browser());
      if (path === null) {
        return null;
      }
      try {
        const real = await roots.realPath(path);
        Clipboard.copyToSystem(real);
        return real;
      } catch (error) {
        await showErrorMessage(
          trans.__('The path could not be copied'),
          error instanceof Error ? error : String(error)
        );
        return null;
      }
    }
  });

  commands.addCommand(CommandIDs.openTerminal, {
    label: trans.__('Open Terminal Here'),
    caption: trans.__('Open a terminal in the folder that is shown'),
    icon: args =>
      args.isPalette
        ? undefined
        : terminalIcon.bindprops({ stylesheet: 'menuItem' }),
    isEnabled: args => folderOf(args, browser()) !== null,
    isVisible: () => isNeeded() && commands.hasCommand(CREATE_TERMINAL),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          path: {
            type: 'string',
            description: trans.__(
              'The folder; by default the one that the file browser shows'
            )
          }
        }
      }
    },
    execute: async args => {
      const cwd = folderOf(args, browser());
      if (cwd === null) {
        return null;
      }
      try {
        return (await commands.execute(CREATE_TERMINAL, { cwd })) as unknown;
      } catch (error) {
        await showErrorMessage(
          trans.__('The terminal could not be opened'),
          error instanceof Error ? error : String(error)
        );
        return null;
      }
    }
  });

  roots.changed.connect(() => {
    Object.values(CommandIDs).forEach(id => commands.notifyCommandChanged(id));
  });
  for (const command of Object.values(CommandIDs)) {
    palette?.addItem({
      command,
      category: trans.__('File Operations'),
      args: { isPalette: true }
    });
  }
}

/** The path that a command is about: the one it is given, the first selected one, or the folder that is shown. */
function pathOf(
  args: ReadonlyPartialJSONObject,
  browser: FileBrowser | null
): string | null {
  if (typeof args.path === 'string') {
    return args.path;
  }
  const selected = browser?.selectedItems().next();
  return selected && !selected.done
    ? selected.value.path
    : folderOf(args, browser);
}

function folderOf(
  args: ReadonlyPartialJSONObject,
  browser: FileBrowser | null
): string | null {
  if (typeof args.path === 'string') {
    return args.path;
  }
  // Other drives are not files of the server.
  return browser && !browser.model.driveName ? browser.model.path : null;
}
