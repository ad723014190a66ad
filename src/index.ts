import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { browserPlugin } from './browser';
import { listingPlugin } from './listing';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  listingPlugin,
  browserPlugin
];

export default plugins;
