import type { ICommandPalette } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import type { PanelWatch } from './watch';

export const OPEN_DIAGNOSIS = 'healthcheck:open-diagnosis';

export interface ICommandsOptions {
  commands: CommandRegistry;
  palette: ICommandPalette | null;
  trans: TranslationBundle;
  /** What watches the current notebook or console. */
  current: () => PanelWatch | null;
}

export function addCommands(options: ICommandsOptions): void {
  const { commands, palette, trans, current } = options;
  commands.addCommand(OPEN_DIAGNOSIS, {
    label: trans.__('Show Why the Kernel Died'),
    caption: trans.__('Show the evidence of why the kernel died'),
    describedBy: { args: { type: 'object', properties: {} } },
    isEnabled: () => current()?.hasDiagnosis ?? false,
    execute: () => {
      current()?.diagnose();
    }
  });
  palette?.addItem({
    command: OPEN_DIAGNOSIS,
    category: trans.__('Kernel Operations')
  });
}
