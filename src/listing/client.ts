import type { Event, ServiceManager } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';

import type { IDirectoryView, IListing, IViewOptions } from '../core/tokens';
import { ListingApi } from './api';
import { toListingEvent } from './events';
import { Jobs } from './jobs';
import { DirectoryView } from './model';

/** The listing service as other features get it: views and jobs, woken by the server's events. */
export class ListingClient implements IListing, IDisposable {
  constructor(
    private readonly _api: ListingApi,
    private readonly _events: Event.IManager
  ) {
    this.jobs = new Jobs(_api);
    this._events.stream.connect(this._onEvent, this);
  }

  readonly jobs: Jobs;

  get isDisposed(): boolean {
    return this.jobs.isDisposed;
  }

  dispose(): void {
    this._events.stream.disconnect(this._onEvent, this);
    for (const view of this._views) {
      view.dispose();
    }
    this._views.clear();
    this.jobs.dispose();
  }

  createView(options?: IViewOptions): IDirectoryView {
    for (const view of this._views) {
      if (view.isDisposed) {
        this._views.delete(view);
      }
    }
    const view = new DirectoryView(this._api, options);
    this._views.add(view);
    return view;
  }

  private _onEvent(_: Event.IManager, emission: Event.Emission): void {
    const event = toListingEvent(emission);
    if (!event) {
      return;
    }
    if (event.kind === 'job') {
      this.jobs.ring(event.job);
    }
    for (const view of this._views) {
      if (view.path === event.path && event.kind !== 'job') {
        view.ring();
      }
    }
  }

  private readonly _views = new Set<DirectoryView>();
}

export function createClient({
  events,
  serverSettings
}: ServiceManager.IManager): IListing {
  return new ListingClient(new ListingApi(serverSettings), events);
}
