import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDocumentWidgetOpener } from '@jupyterlab/docmanager';
import { DocumentWidget } from '@jupyterlab/docregistry';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ITranslator } from '@jupyterlab/translation';

import { bundle } from '../../core/i18n';
import { PluginIds } from '../../core/ids';
import { IRoots } from '../../core/tokens';
import { addCommands } from './commands';
import { DocumentLabels } from './labels';
import { nameRecents } from './recents';

/** Makes the paths of several roots usable: in commands and in tabs. */
export const rootsPathsPlugin: JupyterFrontEndPlugin<void> = {
  id: PluginIds.rootsPaths,
  description: 'Commands and tabs for the paths of several roots.',
  autoStart: true,
  requires: [IRoots, IFileBrowserFactory],
  optional: [ITranslator, ICommandPalette, IDocumentWidgetOpener],
  activate: (
    app: JupyterFrontEnd,
    roots: IRoots,
    factory: IFileBrowserFactory,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    opener: IDocumentWidgetOpener | null
  ): void => {
    const trans = bundle(translator);
    const { commands } = app;
    const browser = () => factory.tracker.currentWidget;
    addCommands({ commands, roots, browser, palette, trans });
    nameRecents(commands, roots);
    const labels = new DocumentLabels(roots);
    opener?.opened.connect((_, widget) => labels.add(widget));
    void app.restored.then(() => {
      for (const widget of app.shell.widgets('main')) {
        if (widget instanceof DocumentWidget) {
          labels.add(widget);
        }
      }
    });
  }
};
