import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

/** Each part of the feature adds its plugins here. */
export const healthcheckPlugins: JupyterFrontEndPlugin<unknown>[] = [];
