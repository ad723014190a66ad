import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import {
  ConnectionLost,
  IConnectionLost,
  JupyterFrontEnd,
  JupyterLab
} from '@jupyterlab/application';
import { ITranslator } from '@jupyterlab/translation';

import { PluginIds } from '../../core/ids';
import { IConnection } from '../../core/tokens';

/** Sees within seconds that the server does not answer, and says so above the page. */
export const connectionPlugin: JupyterFrontEndPlugin<IConnection> = {
  id: PluginIds.connection,
  description: 'Whether the server answers.',
  autoStart: true,
  requires: [ITranslator],
  optional: [JupyterFrontEnd.IPaths, JupyterLab.IInfo],
  provides: IConnection,
  activate: async (
    app: JupyterFrontEnd,
    translator: ITranslator,
    paths: JupyterFrontEnd.IPaths | null,
    info: JupyterLab.IInfo | null
  ): Promise<IConnection> => {
    const { createConnection } = await import('./setup');
    return createConnection({ app, info, paths, translator });
  }
};

/**
 * In place of JupyterLab's dialog, and of the hub's, which stay when the server is back. JupyterLab waits for this plugin before it
 * starts: so it waits for nothing itself.
 */
export const connectionLostPlugin: JupyterFrontEndPlugin<IConnectionLost> = {
  id: PluginIds.connectionLost,
  description: 'Lets the banner tell that the connection is lost.',
  autoStart: true,
  provides: IConnectionLost,
  activate: (app: JupyterFrontEnd): IConnectionLost => {
    return async (manager, error, translator) => {
      const connection = await app.resolveOptionalService(IConnection);
      // Somebody may have switched the banner off.
      await (connection?.check() ?? ConnectionLost(manager, error, translator));
    };
  }
};
