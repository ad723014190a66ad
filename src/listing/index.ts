import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { PluginIds } from '../core/ids';
import { IListing } from '../core/tokens';

/** The client of the paged listing service. */
export const listingPlugin: JupyterFrontEndPlugin<IListing> = {
  id: PluginIds.listing,
  description: 'Directories of any size, row by row.',
  provides: IListing,
  activate: async app => {
    const { createClient } = await import('./client');
    return createClient(app.serviceManager);
  }
};
