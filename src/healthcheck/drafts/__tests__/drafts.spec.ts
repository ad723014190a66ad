import { YFile, YNotebook } from '@jupyter/ydoc';

import { apply } from '../apply';
import { Follower } from '../follower';
import { joined, Offers } from '../offers';
import type { Pages } from '../pages';
import type { ISharedNotebook, SharedDocument } from '../shared';
import { sharedDocument } from '../shared';
import { FakeApi, FakeContext, FakeStore, refusal, settle } from './fakes';

/** Random numbers that are the same in every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function notebook(outputs = 'x'): YNotebook {
  return YNotebook.create({
    disableDocumentWideUndoRedo: true,
    data: {
      metadata: { kernelspec: { name: 'python3', display_name: 'P' } },
      nbformat: 4,
      nbformat_minor: 5,
      cells: ['a', 'b', 'c'].map(id => ({
        id,
        cell_type: 'code',
        source: `print("${id}")`,
        metadata: {},
        execution_count: 1,
        outputs: [{ output_type: 'stream', name: 'stdout', text: outputs }]
      }))
    }
  });
}

/** Do something to a notebook that a person or a kernel could do. */
function edit(shared: YNotebook, random: (below: number) => number): void {
  const count = shared.cells.length;
  const cell = shared.cells[random(count)];
  const text = ['x', 'é', '🙂', '\n', 'print(1)', '"'][random(6)]!;
  switch (random(count < 2 ? 4 : 7)) {
    case 0:
    case 1: {
      const length = cell!.getSource().length;
      const start = random(length + 1);
      cell!.updateSource(start, start + random(length - start + 1), text);
      break;
    }
    case 2: {
      const type = ['code', 'markdown', 'raw'][random(3)] as 'code';
      const metadata = { n: random(9) };
      const added = { cell_type: type, source: text, metadata };
      shared.insertCell(random(count + 1), added);
      break;
    }
    case 3:
      shared.setMetadata('n', random(100));
      break;
    case 4:
      shared.deleteCell(random(count));
      break;
    case 5:
      shared.moveCell(random(count), random(count));
      break;
    default:
      cell!.setMetadata('tags', [text]);
  }
}

interface IPage {
  api: FakeApi;
  context: FakeContext;
  follower: Follower;
  offers: Offers;
  store: FakeStore;
}

function open(
  shared: object,
  api = new FakeApi(),
  store = new FakeStore()
): IPage {
  const context = new FakeContext(shared);
  const follower = new Follower({
    api: api.api,
    context: context.context,
    page: 'p1',
    shared: sharedDocument(shared)!,
    store
  });
  const pages = {
    gone: (drafts: object[]) => Promise.resolve({ gone: drafts, again: null })
  };
  const offers = new Offers({
    api: api.api,
    pages: pages as unknown as Pages,
    store
  });
  return { api, context, follower, offers, store };
}

/** Edit, and let the journal run. */
async function edited(page: IPage, change: () => void): Promise<void> {
  change();
  page.context.model.dirty = true;
  page.follower.flush();
  await settle();
}

const silent = jest.spyOn(console, 'warn');

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'performance'] });
  silent.mockImplementation(() => undefined);
});

afterEach(() => {
  jest.useRealTimers();
});

async function restored(page: IPage, fresh: object): Promise<SharedDocument> {
  const { found } = await page.offers.all();
  const shared = sharedDocument(fresh)!;
  apply(shared, await page.offers.contentOf(found[0]!, shared));
  return shared;
}

describe('a draft', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'holds a notebook as it is after any edits and losses (%i)',
    async seed => {
      const random = randomOf(seed);
      const shared = notebook();
      const page = open(shared);
      for (let step = 0; step < 60; step++) {
        if (random(6) === 0) {
          page.api.failures.push('lost');
        }
        if (random(12) === 0) {
          // The server is gone with what it had.
          page.api.drafts.clear();
        }
        page.api.isDown = random(5) === 0;
        await edited(page, () => edit(shared, random));
        if (random(3) === 0) {
          page.follower.journal.hurry();
          await jest.advanceTimersByTimeAsync(30_000);
        }
        // The page ends here.
        const wasDown = page.api.isDown;
        page.api.isDown = false;
        const pages = page.store.kept.size + page.api.drafts.size;
        if (pages > 0 && !wasDown && page.follower.journal.isSettled) {
          const fresh = notebook();
          const again = await restored(page, fresh);
          expect((again as unknown as YNotebook).toJSON()).toEqual(
            shared.toJSON()
          );
          fresh.dispose();
        }
      }
      page.api.isDown = false;
      page.follower.journal.hurry();
      await jest.advanceTimersByTimeAsync(60_000);
      const again = await restored(page, notebook());
      expect((again as unknown as YNotebook).toJSON()).toEqual(shared.toJSON());
      expect(page.store.kept.size).toBe(0);
    }
  );

  it.each([11, 12, 13])(
    'of a long notebook holds its sources (%i)',
    async seed => {
      const random = randomOf(seed);
      const long = 'x'.repeat(2 * 1024 * 1024);
      const shared = notebook(long);
      const page = open(shared);
      for (let step = 0; step < 15; step++) {
        await edited(page, () => edit(shared, random));
      }
      const [draft] = page.api.drafts.values();
      expect(draft!.head.kind).toBe('sources');
      expect(JSON.stringify(draft!.records).length).toBeLessThan(100_000);
      const fresh = notebook(long);
      await restored(page, fresh);
      const sources = (content: YNotebook): unknown =>
        content.toJSON().cells.map(({ outputs, ...cell }) => ({
          ...cell,
          execution_count: null
        }));
      expect(sources(fresh)).toEqual(sources(shared));
      // What still stands in its place has the outputs of the file.
      const kept = fresh.cells.find(cell => cell.getId() === 'a');
      if (kept && shared.cells.some(cell => cell.getId() === 'a')) {
        expect(JSON.stringify(kept.toJSON())).toContain('xxxx');
      }
    }
  );

  it('of a text file holds it, and can be undone', async () => {
    const shared = YFile.create();
    shared.setSource('one\ntwo\n');
    const page = open(shared);
    await edited(page, () => shared.updateSource(4, 7, 'три 🙂'));
    await edited(page, () => shared.updateSource(0, 0, '#'));
    const fresh = YFile.create();
    fresh.setSource('one\ntwo\n');
    fresh.clearUndoHistory();
    await restored(page, fresh);
    expect(fresh.getSource()).toBe('#one\nтри 🙂\n');
    expect(fresh.dirty).toBe(true);
    fresh.undo();
    expect(fresh.getSource()).toBe('one\ntwo\n');
  });

  it('keeps the cells that it does not change', () => {
    const shared = notebook();
    const [first, , last] = shared.cells;
    const draft = shared.toJSON();
    draft.cells.splice(1, 1);
    apply(sharedDocument(shared)!, draft as never);
    expect(shared.cells).toEqual([first, last]);
    expect((shared as unknown as ISharedNotebook).cells[1]).toBe(last);
  });
});

describe('the journal', () => {
  it('is ended by a save', async () => {
    const shared = notebook();
    const page = open(shared);
    await edited(page, () => shared.cells[0]!.updateSource(0, 0, '#'));
    expect(page.api.drafts.size).toBe(1);
    page.context.saveState.emit('started');
    page.context.model.dirty = false;
    page.context.saveState.emit('completed');
    await settle();
    expect(page.api.drafts.size).toBe(0);
    expect(page.store.kept.size).toBe(0);
  });

  it('keeps an edit that is made while the document is being saved', async () => {
    const shared = notebook();
    const page = open(shared);
    await edited(page, () => shared.cells[0]!.updateSource(0, 0, '#'));
    page.context.saveState.emit('started');
    shared.cells[0]!.updateSource(0, 0, 'late');
    page.context.model.dirty = false;
    page.context.saveState.emit('completed');
    await jest.advanceTimersByTimeAsync(5_000);
    const [draft] = page.api.drafts.values();
    expect(draft!.records).toHaveLength(1);
    const fresh = await restored(page, notebook());
    expect((fresh as ISharedNotebook).cells[0]!.getSource()).toBe(
      'late#print("a")'
    );
  });

  it('sends a state anew when the server is out of step', async () => {
    const shared = notebook();
    const page = open(shared);
    await edited(page, () => shared.cells[0]!.updateSource(0, 0, '#'));
    page.api.failures.push(refusal(409, 'draft_out_of_step', { last: 40 }));
    await edited(page, () => shared.cells[0]!.updateSource(0, 0, '#'));
    const [draft] = page.api.drafts.values();
    expect(draft!.records.map(({ seq, kind }) => [seq, kind])).toEqual([
      [41, 'state']
    ]);
  });

  it('is in the browser while the server is down', async () => {
    const shared = notebook();
    const page = open(shared);
    await edited(page, () => shared.cells[0]!.updateSource(0, 0, '#'));
    page.api.isDown = true;
    await edited(page, () => shared.cells[0]!.updateSource(0, 0, '?'));
    expect(await page.follower.journal.kept()).toBe(true);
    page.api.isDown = false;
    const fresh = await restored(page, notebook());
    expect((fresh as ISharedNotebook).cells[0]!.getSource()).toBe(
      '?#print("a")'
    );
  });

  it('gets on without a place in the browser', async () => {
    const store = new FakeStore();
    store.isThere = false;
    const shared = notebook();
    const page = open(shared, new FakeApi(), store);
    page.api.isDown = true;
    await edited(page, () => shared.cells[0]!.updateSource(0, 0, '#'));
    page.api.isDown = false;
    await jest.advanceTimersByTimeAsync(2_000);
    expect(page.follower.journal.isSettled).toBe(true);
    const fresh = await restored(page, notebook());
    expect((fresh as ISharedNotebook).cells[0]!.getSource()).toBe(
      '#print("a")'
    );
  });

  it('leaves a document alone that is not edited', async () => {
    const shared = notebook();
    const page = open(shared);
    page.follower.flush();
    shared.dirty = false;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(page.api.asked).toEqual([]);
  });

  it('goes with a document that is renamed', async () => {
    const shared = notebook();
    const page = open(shared);
    await edited(page, () => shared.cells[0]!.updateSource(0, 0, '#'));
    page.context.path = 'b.ipynb';
    page.context.pathChanged.emit('b.ipynb');
    await settle();
    expect([...page.api.drafts.values()][0]!.head.path).toBe('b.ipynb');
  });

  it('is thrown away with a document that is closed without saving', async () => {
    const shared = notebook();
    const page = open(shared);
    await edited(page, () => shared.cells[0]!.updateSource(0, 0, '#'));
    page.follower.noteClosing();
    page.follower.dispose();
    await settle();
    expect(page.api.drafts.size).toBe(0);
  });

  it('stays when a document goes without a question, or after one that was cancelled', async () => {
    for (const isCancelled of [false, true]) {
      const shared = notebook();
      const page = open(shared);
      await edited(page, () => shared.cells[0]!.updateSource(0, 0, '#'));
      if (isCancelled) {
        page.follower.noteClosing();
        await edited(page, () => shared.cells[0]!.updateSource(0, 0, '#'));
      }
      page.follower.dispose();
      await settle();
      expect(page.api.drafts.size).toBe(1);
    }
  });

  it('puts the deltas into a new state when they outgrow it', async () => {
    const shared = notebook();
    const page = open(shared);
    await edited(page, () => shared.cells[0]!.updateSource(0, 0, '#'));
    for (let i = 0; i < 5; i++) {
      const text = `${i}`.repeat(100_000);
      const end = shared.cells[0]!.getSource().length;
      await edited(page, () => shared.cells[0]!.updateSource(0, end, text));
    }
    const [draft] = page.api.drafts.values();
    expect(draft!.records.length).toBeLessThan(4);
  });
});

describe('joined', () => {
  const state = (seq: number) => ({ seq, kind: 'state', data: '' }) as const;
  const update = (seq: number) => ({ seq, kind: 'update', data: '' }) as const;

  it.each([
    [
      [state(1), update(2)],
      [update(2), update(3)],
      [1, 2, 3]
    ],
    [
      [state(1), update(2)],
      [state(5), update(6)],
      [5, 6]
    ],
    [[state(1)], [update(4)], [1]],
    [[], [state(3), update(4)], [3, 4]]
  ])('takes what each side has', (server, browser, seqs) => {
    expect(joined(server, browser).map(({ seq }) => seq)).toEqual(seqs);
  });

  it('refuses what has no beginning', () => {
    expect(() => joined([], [update(3)])).toThrow('beginning');
  });
});
