import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator } from '@jupyterlab/translation';

import { IConnection, IDrafts } from '../../core/health';
import { PluginIds } from '../../core/ids';

/** Unsaved edits outlive the page and the server. */
export const draftsPlugin: JupyterFrontEndPlugin<IDrafts> = {
  id: PluginIds.drafts,
  description: 'The journal of unsaved edits.',
  autoStart: true,
  requires: [ITranslator],
  optional: [IConnection],
  provides: IDrafts,
  activate: async (
    app: JupyterFrontEnd,
    translator: ITranslator,
    connection: IConnection | null
  ): Promise<IDrafts> => {
    const { createDrafts } = await import('./setup');
    return createDrafts({ app, translator, connection });
  }
};
