import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import type { CellWatches } from './cells';
import { unwatchedIcon, watchedIcon } from './icons';
import type { ICell, INotebookPanel } from './notebooks';
import { isCode } from './notebooks';

export const WATCH_CELL = 'notifications:watch-cell';

export interface ICellCommandOptions {
  commands: CommandRegistry;
  cells: CellWatches;
  palette: ICommandPalette | null;
  shell: JupyterFrontEnd.IShell;
  trans: TranslationBundle;
  failed: (error: Error) => void;
}

/** Add the command that watches the active cell, or no longer. */
export function addCommands(options: ICellCommandOptions): void {
  const { commands, cells, palette, shell, trans } = options;
  /** The code cell that the user works in. */
  const current = (): { panel: INotebookPanel; cell: ICell } | null => {
    const panel = shell.currentWidget;
    if (!cells.has(panel)) {
      return null;
    }
    const cell = panel.content.activeCell;
    return isCode(cell) ? { panel, cell } : null;
  };
  const isWatched = (): boolean => {
    const place = current();
    return place !== null && cells.isWatched(place.cell);
  };

  commands.addCommand(WATCH_CELL, {
    label: trans.__('Notify Me When This Cell Ends'),
    caption: () =>
      isWatched()
        ? trans.__(
            'You are notified when this cell ends, also if you close the page. Click to cancel.'
          )
        : trans.__(
            'Notify me when this cell ends, also if I close the page meanwhile'
          ),
    icon: () => (isWatched() ? watchedIcon : unwatchedIcon),
    describedBy: { args: { type: 'object', properties: {} } },
    isToggleable: true,
    isToggled: isWatched,
    isEnabled: () => current() !== null,
    isVisible: () => current() !== null,
    execute: async () => {
      const place = current();
      if (place) {
        try {
          await cells.toggle(place.panel, place.cell);
        } catch (error) {
          options.failed(error as Error);
        }
      }
    }
  });
  cells.changed.connect(() => commands.notifyCommandChanged(WATCH_CELL));
  palette?.addItem({
    command: WATCH_CELL,
    category: trans.__('Notifications')
  });
}
