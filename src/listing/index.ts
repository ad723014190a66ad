import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { PluginIds } from '../core/ids';
import { IListing } from '../core/tokens';
import { ListingApi } from './api';
import { ListingClient } from './client';

/** The client of the paged listing service. */
export const listingPlugin: JupyterFrontEndPlugin<IListing> = {
  id: PluginIds.listing,
  description: 'Directories of any size, row by row.',
  provides: IListing,
  activate: app => {
    const { serverSettings, events } = app.serviceManager;
    return new ListingClient(new ListingApi(serverSettings), events);
  }
};
