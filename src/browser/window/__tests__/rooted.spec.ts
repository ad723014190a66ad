import type { Event } from '@jupyterlab/services';
import { framePromise } from '@jupyterlab/testing';
import { MimeData } from '@lumino/coreutils';
import type { Drag } from '@lumino/dragdrop';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

// The tests of one feature may use another's fake of the server.
/* eslint-disable @typescript-eslint/no-restricted-imports */
import { FakeServer, settle } from '../../../listing/__tests__/fakeserver';
import { ListingApi } from '../../../listing/api';
import { ListingClient } from '../../../listing/client';
/* eslint-enable @typescript-eslint/no-restricted-imports */
import { FakeRoots } from '../../../core/__tests__/fakeroots';
import { crossesRoots } from '../../../core/rootpaths';
import type { IJobRequest } from '../../../core/tokens';
import { createManager } from '../../__tests__/fakemanager';
import type {
  CarryKind,
  IClip,
  ICrossing,
  ISelected
} from '../../jobs/crossing';
import { WindowedModel } from '../../model';
import { BULK_MIME } from '../listing';
import { RootedListing, ROWS_MIME } from '../rooted';

class FakeCrossing implements ICrossing {
  clip: IClip | null = null;
  isNeeded = true;
  answer: CarryKind | null = 'copy';
  readonly calls: [string, string, CarryKind, boolean][] = [];
  readonly refused: string[] = [];
  readonly roots = new FakeRoots();

  crosses(from: string, to: string): boolean {
    return crossesRoots(this.roots, from, to);
  }

  whyUnchangeable(path: string): string | null {
    return path.startsWith('@datasets') ? 'read-only' : null;
  }

  refuse(reason: string): Promise<void> {
    this.refused.push(reason);
    return Promise.resolve();
  }

  carry(
    selected: ISelected,
    destination: string,
    kind: CarryKind,
    isDecided: boolean
  ): Promise<CarryKind | null> {
    this.calls.push([selected.path, destination, kind, isDecided]);
    return Promise.resolve(this.answer);
  }
}

describe('RootedListing', () => {
  let server: FakeServer;
  let client: ListingClient;
  let crossing: FakeCrossing;
  let asked: IJobRequest[];
  let moved: string[][];
  let open: { listing: RootedListing; model: WindowedModel }[];

  beforeEach(() => {
    jest
      .spyOn(HTMLElement.prototype, 'clientHeight', 'get')
      .mockReturnValue(240);
    window.ResizeObserver = class implements ResizeObserver {
      constructor(private readonly _callback: ResizeObserverCallback) {}
      observe(): void {
        this._callback([], this);
      }
      unobserve(): void {
        // Nothing changes its size here.
      }
      disconnect(): void {
        // As above.
      }
    };
    server = new FakeServer();
    server.setDirectory('d', ['a.txt', 'b.txt']);
    server.setDirectory('e', ['f.txt']);
    server.setDirectory('@scratch', ['c.txt']);
    server.setDirectory('@datasets', ['t.csv']);
    const events = {} as Event.IManager;
    Object.assign(events, { stream: new Signal(events) });
    client = new ListingClient(new ListingApi(server.settings), events);
    crossing = new FakeCrossing();
    asked = [];
    moved = [];
    open = [];
  });

  afterEach(() => {
    for (const { listing, model } of open) {
      listing.dispose();
      model.dispose();
    }
    client.dispose();
    jest.restoreAllMocks();
  });

  /** A panel that shows a directory. */
  async function panel(path: string): Promise<RootedListing> {
    const manager = createManager();
    Object.assign(manager, {
      rename: (from: string, to: string) => {
        moved.push([from, to]);
        return Promise.resolve({});
      },
      copy: (from: string, to: string) => {
        moved.push(['copy', from, to]);
        return Promise.resolve({});
      }
    });
    const model = new WindowedModel({
      listing: client,
      manager,
      auto: false,
      refreshStandby: 'never'
    });
    const listing = new RootedListing({ model });
    listing.crossing = crossing;
    listing.bulk = {
      run: request => {
        asked.push(request);
        return Promise.resolve(true);
      }
    };
    open.push({ listing, model });
    Widget.attach(listing, document.body);
    await model.cd(`/${path}`);
    await draw(listing);
    return listing;
  }

  async function draw(listing: RootedListing): Promise<void> {
    await settle();
    await framePromise();
    await settle();
    listing.flush();
  }

  async function select(listing: RootedListing, row = 0): Promise<void> {
    await listing.goTo(row);
    await draw(listing);
  }

  const rows = (path: string, names: string[]): ISelected =>
    ({
      path,
      generation: '1',
      count: names.length,
      selection: { all: false, names, except: [], ranges: [] }
    }) as unknown as ISelected;

  function drop(
    target: Element,
    data: Record<string, unknown>,
    ctrlKey = false
  ): Drag.Event {
    const mimeData = new MimeData();
    for (const [type, value] of Object.entries(data)) {
      mimeData.setData(type, value);
    }
    return {
      target,
      mimeData,
      ctrlKey,
      proposedAction: 'move',
      dropAction: 'none',
      preventDefault: () => undefined,
      stopPropagation: () => undefined
    } as unknown as Drag.Event;
  }

  it('pastes what another panel copied in another root', async () => {
    const source = await panel('d');
    const target = await panel('@scratch');
    await select(source);
    source.copy();
    await target.paste();
    expect(crossing.calls).toEqual([['d', '@scratch', 'copy', true]]);
    expect(crossing.clip).toBeNull();
  });

  it('asks before it moves what was cut in another root, and keeps it when told no', async () => {
    const source = await panel('d');
    const target = await panel('@scratch');
    await select(source);
    source.cut();
    crossing.answer = null;
    await target.paste();
    expect(crossing.calls).toEqual([['d', '@scratch', 'move', false]]);
    expect(crossing.clip).not.toBeNull();
  });

  it('pastes from a panel of the same root as within one panel', async () => {
    const source = await panel('d');
    const target = await panel('e');
    await select(source);
    source.cut();
    await target.paste();
    expect(crossing.calls).toEqual([]);
    expect(moved).toEqual([['d/a.txt', 'e/a.txt']]);
    await source.paste();
    expect(moved).toHaveLength(1);
  });

  it('carries what is dropped beside the rows', async () => {
    const target = await panel('@scratch');
    const event = drop(target.contentNode, {
      [ROWS_MIME]: rows('d', ['a.txt']),
      'application/x-jupyter-icontents': ['d/a.txt']
    });
    target.evtDrop(event);
    expect(crossing.calls).toEqual([['d', '@scratch', 'move', false]]);
    expect(event.dropAction).toBe('move');
    expect(moved).toEqual([]);
  });

  it('copies at once with Ctrl, and large selections as well', async () => {
    const target = await panel('@scratch');
    const data = { [BULK_MIME]: rows('d', ['a.txt']) };
    target.evtDrop(drop(target.contentNode, data, true));
    expect(crossing.calls).toEqual([['d', '@scratch', 'copy', true]]);
    expect(asked).toEqual([]);
  });

  it('moves between panels of one root without a question', async () => {
    const target = await panel('e');
    target.evtDrop(
      drop(target.contentNode, {
        [ROWS_MIME]: rows('d', ['a.txt']),
        'application/x-jupyter-icontents': ['d/a.txt']
      })
    );
    await settle();
    expect(moved).toEqual([['d/a.txt', 'e/a.txt']]);
    expect(crossing.calls).toEqual([]);
  });

  it('refuses with the reason what a read-only root forbids', async () => {
    const listing = await panel('@datasets');
    await select(listing);
    await listing.delete();
    await listing.duplicate();
    await listing.paste();
    expect(await listing._doRename()).toBe('');
    listing.evtNativeDrop(new window.Event('drop') as unknown as DragEvent);
    expect(crossing.refused).toEqual(Array(5).fill('read-only'));
    expect(asked).toEqual([]);
  });

  it('is as it was where there is one root', async () => {
    const source = await panel('d');
    const target = await panel('e');
    crossing.isNeeded = false;
    await select(source);
    source.copy();
    expect(crossing.clip).toBeNull();
    await target.paste();
    expect(moved).toEqual([]);
  });
});
