import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { browserPlugin } from './browser';
import { listingPlugin } from './listing';
import { notificationsPlugins } from './notifications';
import { rootsPlugins } from './roots';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  listingPlugin,
  browserPlugin,
  ...rootsPlugins,
  ...notificationsPlugins
];

export default plugins;
