import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { connectionLostPlugin, connectionPlugin } from './connection';
import { draftsPlugin } from './drafts';
import { kernelDeathsPlugin } from './kernels';
import { pressurePlugin } from './pressure';
import { statusPlugin } from './status';

/** Each part of the feature adds its plugins here. */
export const healthcheckPlugins: JupyterFrontEndPlugin<unknown>[] = [
  connectionPlugin,
  connectionLostPlugin,
  kernelDeathsPlugin,
  pressurePlugin,
  statusPlugin,
  draftsPlugin
];
