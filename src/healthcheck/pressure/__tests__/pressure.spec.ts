import { Context, TextModelFactory } from '@jupyterlab/docregistry';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { Contents, Event, ServiceManager } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { HEALTHCHECK_EVENT } from '../../../core/ids';
import { DIALOG_MEMBERS } from '../quiet';
import { PressureSaver } from '../saver';

const dialogs = () => document.querySelectorAll('.jp-Dialog');

/** The files of a server, and what was saved. */
class FakeContents {
  readonly saved: string[] = [];
  readonly content = new Map<string, unknown>();
  readonly fileChanged = new Signal<object, Contents.IChangedArgs>({});
  modified = '2026-01-01T00:00:00Z';
  writable = true;
  /** What answers a save; by default at once. */
  answer: (path: string) => Promise<void> = () => Promise.resolve();

  normalize = (path: string) => path;
  localPath = (path: string) => path;
  driveName = () => '';
  getSharedModelFactory = () => null;
  listCheckpoints = () => Promise.resolve([{}]);

  get = (path: string) => Promise.resolve(this._model(path));

  save = async (path: string, options: Partial<Contents.IModel>) => {
    this.saved.push(path);
    await this.answer(path);
    this.content.set(path, options.content);
    return this._model(path);
  };

  private _model(path: string): object {
    return {
      path,
      name: path,
      type: 'file',
      format: 'text',
      content: this.content.get(path) ?? 'x',
      writable: this.writable,
      created: this.modified,
      last_modified: this.modified
    };
  }
}

describe('the private members of a document that we replace', () => {
  it('are methods of the real class', () => {
    for (const name of DIALOG_MEMBERS) {
      expect(Reflect.get(Context.prototype, name)).toBeInstanceOf(Function);
    }
  });
});

describe('PressureSaver', () => {
  const stream = new Signal<object, Event.Emission>({});
  let contents: FakeContents;
  let contexts: DocumentRegistry.Context[];
  let flushes: number;
  let saver: PressureSaver;

  async function open(path: string): Promise<DocumentRegistry.Context> {
    const signal = () => new Signal<object, unknown>({});
    const manager = {
      contents,
      ready: Promise.resolve(),
      kernels: { runningChanged: signal() },
      sessions: {
        runningChanged: signal(),
        ready: Promise.resolve(),
        refreshRunning: () => Promise.resolve(),
        running: () => []
      },
      kernelspecs: { specsChanged: signal(), ready: Promise.resolve() }
    };
    const context = new Context({
      manager: manager as unknown as ServiceManager.IManager,
      factory: new TextModelFactory(),
      path,
      kernelPreference: {
        shouldStart: false,
        canStart: false,
        autoStartDefault: false
      }
    });
    await context.initialize(false);
    contexts.push(context);
    saver.add(context);
    return context;
  }

  function edit(context: DocumentRegistry.Context, text: string): void {
    context.model.fromString(text);
    context.model.dirty = true;
  }

  function ring(kind = 'memory_pressure'): void {
    stream.emit({ schema_id: `https://x${HEALTHCHECK_EVENT}v1`, kind, seq: 1 });
  }

  async function settle(): Promise<void> {
    for (let i = 0; i < 100; i++) {
      await Promise.resolve();
    }
  }

  beforeEach(() => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    contents = new FakeContents();
    contexts = [];
    flushes = 0;
    const flush = () => {
      flushes++;
      return Promise.resolve();
    };
    saver = new PressureSaver({
      events: { stream } as unknown as Event.IManager,
      drafts: { flush }
    });
  });

  afterEach(() => {
    saver.dispose();
    contexts.forEach(context => context.dispose());
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  it('saves what is unsaved, edited last first', async () => {
    const [a, b] = [await open('a'), await open('b')];
    await open('clean');
    edit(b, 'B');
    edit(a, 'A');
    ring();
    await settle();
    expect(contents.saved).toEqual(['a', 'b']);
    expect(contents.content.get('a')).toBe('A');
    expect([a.model.dirty, b.model.dirty]).toEqual([false, false]);
    expect(flushes).toBe(1);
  });

  it('leaves alone what is read-only or collaborative, and other rings', async () => {
    const readOnly = await open('read-only');
    edit(readOnly, 'x');
    readOnly.model.readOnly = true;
    const shared = await open('shared');
    edit(shared, 'x');
    Object.defineProperty(shared.model, 'collaborative', { value: true });
    contents.writable = false;
    edit(await open('not writable'), 'x');
    contents.writable = true;
    edit(await open('mine'), 'x');
    ring('death');
    await settle();
    expect(contents.saved).toEqual([]);
    ring();
    await settle();
    expect(contents.saved).toEqual(['mine']);
  });

  it('opens no dialog and writes nothing where the file changed on disk', async () => {
    const changed = await open('changed');
    edit(changed, 'mine');
    contents.modified = '2026-01-02T00:00:00Z';
    ring();
    await settle();
    expect(contents.saved).toEqual([]);
    expect(dialogs()).toHaveLength(0);
    expect(changed.model.dirty).toBe(true);
    expect(flushes).toBe(1);
  });

  it('opens no dialog where the server refuses, and goes on with the next', async () => {
    const [a, b] = [await open('a'), await open('b')];
    edit(b, 'B');
    edit(a, 'A');
    contents.answer = path =>
      path === 'a' ? Promise.reject(new Error('full')) : Promise.resolve();
    ring();
    await settle();
    expect(contents.saved).toEqual(['a', 'b']);
    expect(dialogs()).toHaveLength(0);
    expect([a.model.dirty, b.model.dirty]).toEqual([true, false]);
    expect(Object.keys(a)).not.toContain('save');
  });

  it('does not wait for one that is slow', async () => {
    const [a, b] = [await open('a'), await open('b')];
    edit(b, 'B');
    edit(a, 'A');
    contents.answer = path =>
      path === 'a' ? new Promise(() => undefined) : Promise.resolve();
    jest.useFakeTimers();
    ring();
    await settle();
    expect(contents.saved).toEqual(['a']);
    jest.advanceTimersByTime(1_000);
    await settle();
    expect(contents.saved).toEqual(['a', 'b']);
    // It is still under way: not sent again.
    ring();
    await settle();
    expect(contents.saved).toEqual(['a', 'b']);
  });

  it('makes many rings one more round', async () => {
    const a = await open('a');
    edit(a, 'A');
    jest.useFakeTimers();
    for (let i = 0; i < 10; i++) {
      ring();
    }
    await settle();
    expect(flushes).toBe(1);
    jest.advanceTimersByTime(10_000);
    await settle();
    expect(flushes).toBe(2);
    expect(contents.saved).toEqual(['a']);
  });

  it('keeps a document dirty that was edited while it was saved', async () => {
    const a = await open('a');
    edit(a, 'A');
    let answer = (): void => undefined;
    contents.answer = () =>
      new Promise(resolve => {
        answer = resolve;
      });
    ring();
    await settle();
    edit(a, 'later');
    answer();
    await settle();
    expect(contents.content.get('a')).toBe('A');
    expect(a.model.dirty).toBe(true);
  });

  it('lets the user save after it, not at the same time', async () => {
    const a = await open('a');
    edit(a, 'A');
    const answers: (() => void)[] = [];
    contents.answer = () => new Promise(resolve => answers.push(resolve));
    ring();
    await settle();
    const saved = a.save();
    await settle();
    expect(contents.saved).toEqual(['a']);
    contents.modified = '2026-01-02T00:00:00Z';
    answers.shift()?.();
    await settle();
    expect(contents.saved).toEqual(['a', 'a']);
    answers.shift()?.();
    await saved;
    expect(dialogs()).toHaveLength(0);
  });
});
