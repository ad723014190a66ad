import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { connectionLostPlugin, connectionPlugin } from './connection';
import { kernelDeathsPlugin } from './kernels';
import { pressurePlugin } from './pressure';
import { statusPlugin } from './status';

/** Each part of the feature adds its plugins here. */
export const healthcheckPlugins: JupyterFrontEndPlugin<unknown>[] = [
  connectionPlugin,
  connectionLostPlugin,
  statusPlugin,
  kernelDeathsPlugin,
  pressurePlugin
];
