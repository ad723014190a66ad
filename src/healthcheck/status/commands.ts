import type { ICommandPalette } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import { healthIcon } from './icons';

export const SHOW_HEALTH = 'healthcheck:show';

export function addCommands({
  commands,
  palette,
  show,
  trans
}: ICommandsOptions): void {
  commands.addCommand(SHOW_HEALTH, {
    label: trans.__('Health'),
    caption: trans.__(
      'Show memory, processors, GPUs, disks and kernels of the server'
    ),
    icon: healthIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    execute: show
  });
  palette?.addItem({ command: SHOW_HEALTH, category: trans.__('Health') });
}

export interface ICommandsOptions {
  commands: CommandRegistry;
  palette: ICommandPalette | null;
  show: () => void;
  trans: TranslationBundle;
}
