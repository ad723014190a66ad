import type { Event } from '@jupyterlab/services';
import { framePromise } from '@jupyterlab/testing';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

// The tests of one feature may use another's fake of the server.
/* eslint-disable @typescript-eslint/no-restricted-imports */
import {
  FakeServer,
  numbered,
  settle
} from '../../../listing/__tests__/fakeserver';
import { ListingApi } from '../../../listing/api';
import { ListingClient } from '../../../listing/client';
/* eslint-enable @typescript-eslint/no-restricted-imports */
import type { IJobRequest } from '../../../core/tokens';
import { createManager } from '../../__tests__/fakemanager';
import { WindowedModel } from '../../model';
import { WindowedListing } from '../listing';

const TOTAL = 5000;
const ROW = 24;
const HEIGHT = 240;

describe('WindowedListing', () => {
  let server: FakeServer;
  let client: ListingClient;
  let model: WindowedModel;
  let listing: WindowedListing;
  let asked: IJobRequest[];

  beforeEach(async () => {
    // jsdom has no layout: the viewport is ten rows high.
    jest
      .spyOn(HTMLElement.prototype, 'clientHeight', 'get')
      .mockReturnValue(HEIGHT);
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
    server.setDirectory('', ['d']);
    server.setDirectory('d', numbered(TOTAL));
    const events = {} as Event.IManager;
    Object.assign(events, { stream: new Signal(events) });
    client = new ListingClient(new ListingApi(server.settings), events);
    model = new WindowedModel({
      listing: client,
      manager: createManager(),
      auto: false,
      refreshStandby: 'never'
    });
    listing = new WindowedListing({ model });
    asked = [];
    listing.bulk = {
      run: request => {
        asked.push(request);
        return Promise.resolve(true);
      }
    };
    Widget.attach(listing, document.body);
    await model.cd('d');
    await draw();
  });

  afterEach(() => {
    listing.dispose();
    model.dispose();
    client.dispose();
    jest.restoreAllMocks();
  });

  async function draw(): Promise<void> {
    await settle();
    await framePromise();
    await settle();
    listing.flush();
  }

  const nodes = () => [
    ...listing.contentNode.querySelectorAll('.jp-DirListing-item')
  ];
  const names = () => nodes().map(node => node.textContent);

  async function press(key: string, more: KeyboardEventInit = {}) {
    const target = document.activeElement ?? listing.node;
    target.dispatchEvent(
      new KeyboardEvent('keydown', { key, bubbles: true, ...more })
    );
    await draw();
  }

  async function focus(row: number): Promise<void> {
    await listing.goTo(row);
    await draw();
  }

  async function scrollTo(row: number): Promise<void> {
    listing.contentNode.scrollTop = row * ROW;
    listing.contentNode.dispatchEvent(new Event('scroll'));
    await draw();
  }

  it('draws the rows of the viewport and a few more', () => {
    expect(names()[0]).toContain('f0000000');
    expect(nodes().length).toBeGreaterThanOrEqual(HEIGHT / ROW);
    expect(nodes().length).toBeLessThan(40);
    expect(nodes()[3]?.getAttribute('aria-posinset')).toBe('4');
    expect(nodes()[3]?.getAttribute('aria-setsize')).toBe(String(TOTAL));
  });

  it('draws others when it is scrolled, with the space around them', async () => {
    await scrollTo(3000);
    const first = Number(nodes()[0]?.getAttribute('aria-posinset')) - 1;
    expect(names().some(name => name?.includes('f0003005'))).toBe(true);
    const { style } = listing.contentNode;
    expect(style.getPropertyValue('--cj-above')).toBe(`${first * ROW}px`);
    const below = (TOTAL - first - nodes().length) * ROW;
    expect(style.getPropertyValue('--cj-below')).toBe(`${below}px`);
  });

  it('reaches the ends and the rows between by keys', async () => {
    await focus(0);
    await press('End');
    expect(listing.focusRow).toBe(TOTAL - 1);
    expect(names().pop()).toContain(`f000${TOTAL - 1}`);
    expect([...listing.selectedItems()].map(item => item.name)).toEqual([
      `f000${TOTAL - 1}`
    ]);
    await press('ArrowUp');
    expect(listing.focusRow).toBe(TOTAL - 2);
    await press('Home');
    expect(listing.focusRow).toBe(0);
    await press('PageDown');
    expect(listing.focusRow).toBe(HEIGHT / ROW - 1);
    expect(document.activeElement?.textContent).toBe('f0000009');
  });

  it('keeps focus and selection of a row that is scrolled away', async () => {
    await focus(2);
    await scrollTo(4000);
    expect(listing.contentNode.contains(document.activeElement)).toBe(true);
    expect(document.activeElement?.className).toBe('jp-DirListing-itemText');
    expect([...listing.selectedItems()].map(item => item.name)).toEqual([
      'f0000002'
    ]);
    await press('ArrowDown');
    expect(document.activeElement?.textContent).toBe('f0000003');
    expect([...listing.selectedItems()].map(item => item.name)).toEqual([
      'f0000003'
    ]);
  });

  it('selects a span far beyond the drawn rows, and acts on it by a job', async () => {
    await focus(10);
    await press('End', { shiftKey: true });
    expect(listing.selectedCount).toBe(TOTAL - 10);
    const requests = server.asked('/listing').length;
    await listing.delete();
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      kind: 'delete',
      path: 'd',
      generation: '1',
      count: TOTAL - 10,
      destination: null,
      selection: { all: false, names: ['f0000010'], ranges: [[11, TOTAL]] }
    });
    expect(server.asked('/listing')).toHaveLength(requests);
    expect(listing.selectedCount).toBe(0);
  });

  it('selects all without loading all, and leaves out what is clicked', async () => {
    const requests = server.requests.length;
    await listing.selectAll();
    expect(server.requests).toHaveLength(requests);
    expect(listing.selectedCount).toBe(TOTAL);
    delete listing.selection['d/f0000003'];
    expect(listing.selectedCount).toBe(TOTAL - 1);
    expect(listing.selectedNow().selection).toEqual({
      all: true,
      names: [],
      except: ['f0000003'],
      ranges: []
    });
  });

  it('finds the selected span again when rows come and go', async () => {
    await focus(10);
    await press('End', { shiftKey: true });
    server.setDirectory('d', [...numbered(7, 'a'), ...numbered(TOTAL)]);
    await model.refresh();
    await draw();
    await settle();
    expect(listing.selectedCount).toBe(TOTAL - 10);
    expect(listing.selectedNow().selection.ranges).toEqual([[18, TOTAL + 7]]);
  });

  it('drops from the selection what is gone', async () => {
    await focus(10);
    server.setDirectory(
      'd',
      numbered(TOTAL).filter(name => name !== 'f0000010')
    );
    await model.refresh();
    await draw();
    expect(listing.selectedCount).toBe(0);
  });

  it('pastes a large selection as one job', async () => {
    await listing.selectAll();
    listing.cut();
    await model.cd('/');
    await listing.paste();
    expect(asked[0]).toMatchObject({
      kind: 'move',
      path: 'd',
      destination: '',
      count: TOTAL,
      selection: { all: true }
    });
  });

  it('selects a new entry wherever it stands', async () => {
    server.setDirectory('d', [...numbered(TOTAL), 'z-new']);
    await listing._selectItemByName('z-new', true);
    await draw();
    expect(listing.focusRow).toBe(TOTAL);
    expect(document.activeElement?.textContent).toBe('z-new');
    await expect(listing._selectItemByName('nowhere')).rejects.toThrow(
      'does not exist'
    );
  });

  it('finds a row by its first letters', async () => {
    server.setDirectory('d', [...numbered(TOTAL), 'metka']);
    await model.refresh();
    await draw();
    await focus(0);
    await press('m');
    expect(document.activeElement?.textContent).toBe('metka');
  });

  it('keeps the focused row in place when rows come in above', async () => {
    await scrollTo(2000);
    await focus(2003);
    const before = listing.contentNode.scrollTop;
    server.setDirectory('d', [...numbered(5, 'a'), ...numbered(TOTAL)]);
    await model.refresh();
    await draw();
    expect(listing.focusRow).toBe(2008);
    expect(listing.contentNode.scrollTop).toBe(before + 5 * ROW);
    expect(document.activeElement?.textContent).toBe('f0002003');
  });
});
