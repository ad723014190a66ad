import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  IDocumentManager,
  IDocumentWidgetOpener
} from '@jupyterlab/docmanager';
import type { Widget } from '@lumino/widgets';

import { PluginIds } from '../../core/ids';
import { IDrafts } from '../../core/tokens';

/** Saves what is unsaved when the server says that memory runs out. */
export const pressurePlugin: JupyterFrontEndPlugin<void> = {
  id: PluginIds.pressure,
  description: 'Saves documents when memory runs out.',
  autoStart: true,
  requires: [IDocumentManager],
  optional: [IDocumentWidgetOpener, IDrafts],
  activate: async (
    app: JupyterFrontEnd,
    documents: IDocumentManager,
    opener: IDocumentWidgetOpener | null,
    drafts: IDrafts | null
  ) => {
    const { PressureSaver } = await import('./saver');
    const { events } = app.serviceManager;
    const saver = new PressureSaver({ events, drafts });
    const follow = (widget: Widget): void => {
      const context = documents.contextForWidget(widget);
      if (context) {
        saver.add(context);
      }
    };
    opener?.opened.connect((_, widget) => follow(widget));
    // Those that were opened before.
    for (const widget of app.shell.widgets('main')) {
      follow(widget);
    }
  }
};
