import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { browserPlugin } from './browser';
import { healthcheckPlugins } from './healthcheck';
import { listingPlugin } from './listing';
import { notificationsPlugins } from './notifications';
import { rootsPlugins } from './roots';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  listingPlugin,
  browserPlugin,
  ...rootsPlugins,
  ...notificationsPlugins,
  ...healthcheckPlugins
];

export default plugins;
