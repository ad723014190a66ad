import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator } from '@jupyterlab/translation';

import { PluginIds } from '../../core/ids';
import { IConnection } from '../../core/tokens';

/** Says in notebooks and consoles why their kernel died, in place of JupyterLab's dialog. */
export const kernelDeathsPlugin: JupyterFrontEndPlugin<void> = {
  id: PluginIds.kernelDeaths,
  description: 'Explains in notebooks and consoles why a kernel died.',
  autoStart: true,
  requires: [ITranslator],
  optional: [ICommandPalette, IConnection],
  activate: async (
    app: JupyterFrontEnd,
    translator: ITranslator,
    palette: ICommandPalette | null,
    connection: IConnection | null
  ) => {
    const { setUpKernels } = await import('./setup');
    setUpKernels({ app, translator, palette, connection });
  }
};
