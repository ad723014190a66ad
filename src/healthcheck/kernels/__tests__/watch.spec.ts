import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { MessageLoop } from '@lumino/messaging';

import { Deaths } from '../deaths';
import { silenceDialog } from '../internals';
import { KernelMemory } from '../memory';
import { RUN_ALL_ABOVE } from '../rerun';
import { PanelWatch } from '../watch';
import { FakePanel, FakeServer, settle } from './fakekernels';

const realTimeout = setTimeout;

const UNKNOWN = 'The kernel died; the reason is not known.';

describe('silenceDialog', () => {
  function notebook(slot: unknown): [FakePanel, string[]] {
    const fake = new FakePanel();
    const told: string[] = [];
    Reflect.set(fake.panel, '_onSessionStatusChanged', slot);
    fake.sessionContext.statusChanged.connect((_, status) => {
      told.push(status);
    });
    if (typeof slot === 'function') {
      fake.sessionContext.statusChanged.connect(slot as () => void, fake.panel);
    }
    return [fake, told];
  }

  it('disconnects what opens the dialog, and nothing else', () => {
    let dialogs = 0;
    const [fake, told] = notebook((_: unknown, status: string) => {
      dialogs += status === 'autorestarting' ? 1 : 0;
    });
    expect(silenceDialog(fake.notebook)).toBe(true);
    fake.sessionContext.statusChanged.emit('autorestarting');
    expect([dialogs, told]).toEqual([0, ['autorestarting']]);
    fake.dispose();
  });

  it('leaves alone what it does not know', () => {
    for (const slot of [undefined, 'x', () => 'something else']) {
      const [fake] = notebook(slot);
      expect(silenceDialog(fake.notebook)).toBe(false);
      fake.dispose();
    }
    const [fake] = notebook(undefined);
    Reflect.set(fake.panel, '_onSessionStatusChanged', () => 'autorestarting');
    expect(silenceDialog(fake.notebook)).toBe(false);
    fake.dispose();
  });
});

describe('PanelWatch', () => {
  let server: FakeServer;
  let deaths: Deaths;
  let commands: CommandRegistry;
  let ran: number[];
  let fakes: FakePanel[];
  let watches: PanelWatch[];

  async function watch(fake: FakePanel, language = 'en'): Promise<PanelWatch> {
    fakes.push(fake);
    const watched = new PanelWatch(fake.panel, {
      commands,
      deaths,
      memory: new KernelMemory(window.localStorage, 'key'),
      language,
      trans: nullTranslator.load('')
    });
    watches.push(watched);
    await draw();
    return watched;
  }

  /** React draws in turns of the event loop of its own. */
  async function draw(): Promise<void> {
    for (let i = 0; i < 3; i++) {
      await settle();
      MessageLoop.flush();
      await new Promise(resolve => realTimeout(resolve));
    }
  }

  /** Load the page anew: what is open is closed. */
  function leave(): void {
    watches.splice(0).forEach(watched => watched.dispose());
    fakes.splice(0).forEach(fake => fake.dispose());
    deaths.dispose();
  }

  function load(): void {
    deaths = new Deaths({
      api: server.api,
      events: server.events,
      connection: null
    });
  }

  beforeEach(() => {
    jest.useFakeTimers();
    window.localStorage.clear();
    server = new FakeServer();
    commands = new CommandRegistry();
    ran = [];
    fakes = [];
    watches = [];
    commands.addCommand(RUN_ALL_ABOVE, {
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => {
        ran.push(fakes[0]!.notebook.content.activeCellIndex);
      }
    });
    load();
  });

  afterEach(() => {
    leave();
    jest.useRealTimers();
  });

  it('says the cause, how sure it is, which cell ran, and what to do', async () => {
    const fake = new FakePanel();
    await watch(fake);
    fake.run('first');
    fake.end('first');
    fake.run('second');
    fake.status('restarting');
    expect(fake.lines).toHaveLength(0);
    server.die();
    await server.ring();
    await draw();
    expect(fake.lines).toHaveLength(1);
    for (const words of [
      'Title 1',
      'Body.',
      'The cause is certain.',
      'Running at that time: Cell 2: Train.',
      'Advice.'
    ]) {
      expect(fake.text).toContain(words);
    }
    expect(fake.lines[0]!.querySelector('[role="alert"]')).not.toBeNull();
    jest.advanceTimersByTime(20_000);
    await draw();
    expect(fake.lines).toHaveLength(1);
    expect(fake.text).toContain('Title 1');
  });

  it('knows which cell ran where the kernel could not say that it began', async () => {
    const fake = new FakePanel();
    await watch(fake);
    fake.send('first');
    fake.send('second');
    fake.status('busy', 'first');
    fake.end('first');
    fake.status('restarting');
    server.die();
    await server.ring();
    await draw();
    expect(fake.text).toContain('Running at that time: Cell 2: Train.');
  });

  it('finds the explanation where nobody rings', async () => {
    const fake = new FakePanel();
    await watch(fake);
    fake.status('restarting');
    server.die();
    jest.advanceTimersByTime(1_000);
    await draw();
    expect(fake.text).toContain('Title 1');
  });

  it('explains once where the explanation is faster than the kernel', async () => {
    const fake = new FakePanel();
    await watch(fake);
    fake.run('second');
    server.die();
    await server.ring();
    await draw();
    expect(fake.text).toContain('Running at that time: Cell 2: Train.');
    fake.status('restarting');
    jest.advanceTimersByTime(20_000);
    await draw();
    expect(fake.lines).toHaveLength(1);
    expect(fake.text).toContain('Title 1');
  });

  it('says honestly that nothing is known, until it is', async () => {
    const fake = new FakePanel();
    await watch(fake);
    server.isHung = true;
    fake.run('third');
    fake.status('restarting');
    jest.advanceTimersByTime(2_900);
    await draw();
    expect(fake.lines).toHaveLength(0);
    jest.advanceTimersByTime(200);
    await draw();
    expect(fake.text).toContain(UNKNOWN);
    expect(fake.text).toContain('Cell 3');
    expect(fake.button('Open diagnosis')).toBeUndefined();
  });

  it('replaces the honest line by the cause', async () => {
    const fake = new FakePanel();
    await watch(fake);
    fake.status('restarting');
    jest.advanceTimersByTime(3_100);
    await draw();
    expect(fake.text).toContain(UNKNOWN);
    server.die();
    await server.ring();
    await draw();
    expect(fake.lines).toHaveLength(1);
    expect(fake.text).toContain('Title 1');
    expect(fake.text).not.toContain(UNKNOWN);
  });

  it('says nothing of a kernel that was shut down, or of another one', async () => {
    const fake = new FakePanel();
    await watch(fake);
    fake.kernel.statusChanged.emit('dead');
    server.die({ kernel_id: 'other' });
    await server.ring();
    jest.advanceTimersByTime(20_000);
    await draw();
    expect(fake.lines).toHaveLength(0);
  });

  it('tells after a reload what happened meanwhile, once', async () => {
    const before = new FakePanel();
    server.die();
    await watch(before);
    before.run('second');
    leave();
    server.die({ confidence: 'likely' });
    for (const shown of [1, 0]) {
      load();
      const fake = new FakePanel();
      await watch(fake);
      expect(fake.lines).toHaveLength(shown);
      if (shown) {
        expect(fake.text).toContain('Title 2');
        expect(fake.text).toContain('This is the likely cause.');
        expect(fake.text).toContain('Running when this page was left: Cell 2');
      }
      leave();
    }
  });

  it('tells every notebook of a kernel, and names the cell where it is', async () => {
    const [one, two] = [new FakePanel(), new FakePanel('notebook', 'b.ipynb')];
    await watch(one);
    await watch(two);
    one.run('second');
    two.status('busy', 'second');
    one.status('restarting');
    two.status('restarting');
    server.die();
    await server.ring();
    await draw();
    expect(one.text).toContain('Cell 2');
    expect(two.text).toContain('Title 1');
    expect(two.text).not.toContain('Cell');
  });

  it('runs the cells above on the kernel that was started again', async () => {
    const fake = new FakePanel();
    await watch(fake);
    fake.run('third');
    server.die();
    await server.ring();
    await draw();
    fake.button('Restart and run all above')!.click();
    await draw();
    expect(fake.asked).toEqual([]);
    expect(ran).toEqual([2]);
    expect(fake.lines).toHaveLength(0);
  });

  it('restarts a kernel that was used since, and starts one that is gone', async () => {
    const fake = new FakePanel();
    await watch(fake);
    fake.run('third');
    server.die();
    await server.ring();
    fake.run('first');
    await draw();
    fake.button('Restart and run all above')!.click();
    await draw();
    expect(fake.asked).toEqual(['refresh', 'restart']);
    fake.run('second');
    server.die({ restarted: false });
    await server.ring();
    await draw();
    fake.button('Restart and run all above')!.click();
    await draw();
    expect(fake.asked).toEqual([
      'refresh',
      'restart',
      'refresh',
      'start python3'
    ]);
    expect(ran).toEqual([2, 1]);
  });

  it('tells consoles, too', async () => {
    const fake = new FakePanel('console', 'console-1');
    await watch(fake);
    fake.status('restarting');
    server.die();
    await server.ring();
    await draw();
    expect(fake.text).toContain('Title 1');
    expect(fake.button('Restart and run all above')).toBeUndefined();
    expect(fake.button('Open diagnosis')).toBeDefined();
  });

  it('offers no restart where only a process of the kernel ended', async () => {
    const fake = new FakePanel();
    await watch(fake);
    fake.run('second');
    server.die({ cause: 'child_out_of_memory', restarted: false });
    await server.ring();
    await draw();
    expect(fake.text).toContain('Cell 2');
    expect(fake.button('Restart and run all above')).toBeUndefined();
    // The kernel dies besides.
    fake.status('restarting');
    server.die();
    await server.ring();
    await draw();
    expect(fake.lines).toHaveLength(1);
    expect(fake.text).toContain('Title 2');
  });

  it('says that the variables are gone when a gateway that was silent has come back without the kernel', async () => {
    const fake = new FakePanel();
    await watch(fake);
    fake.run('second');
    const lost = { id: 'g', cause: 'gateway_lost', restarted: false } as const;
    server.die({ ...lost, confidence: 'unknown', title: 'Silent.' });
    await server.ring();
    await draw();
    expect(fake.text).toContain('Silent.');
    expect(fake.button('Restart and run all above')).toBeUndefined();
    fake.kernel.id = 'another';
    fake.sessionContext.kernelChanged.emit({ newValue: fake.kernel });
    server.die({ ...lost, confidence: 'certain', title: 'Lost.' });
    await server.ring();
    await draw();
    expect(fake.lines).toHaveLength(1);
    expect(fake.text).toContain('Lost.');
    expect(fake.text).toContain('Running at that time: Cell 2: Train.');
    expect(fake.text).not.toContain('Silent.');
    expect(fake.button('Restart and run all above')).toBeDefined();
  });

  it('takes back that a gateway is silent when it answers and has the kernel', async () => {
    const fake = new FakePanel();
    const watched = await watch(fake);
    fake.run('second');
    server.die({ id: 'g', cause: 'gateway_lost', confidence: 'unknown' });
    await server.ring();
    await draw();
    expect(fake.lines).toHaveLength(1);
    server.takeBack('g');
    await server.ring();
    await draw();
    expect(fake.lines).toHaveLength(0);
    expect(watched.hasDiagnosis).toBe(false);
    // The cell runs all the time.
    fake.status('restarting');
    server.die();
    await server.ring();
    await draw();
    expect(fake.text).toContain('Running at that time: Cell 2: Train.');
  });

  it('is dismissed by its button, and by the keyboard', async () => {
    const fake = new FakePanel();
    await watch(fake);
    server.die();
    await server.ring();
    await draw();
    fake.button('Dismiss')!.click();
    expect(fake.lines).toHaveLength(0);
    server.die();
    await server.ring();
    await draw();
    fake
      .button('Open diagnosis')!
      .dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })
      );
    expect(fake.lines).toHaveLength(0);
  });

  it('speaks the language of the interface', async () => {
    const fake = new FakePanel();
    await watch(fake, 'ru-RU');
    server.die();
    await server.ring();
    await draw();
    expect(fake.text).toContain('Заголовок');
    expect(fake.text).not.toContain('Title');
  });

  it('lives without a place to remember', async () => {
    jest.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new Error('private');
    });
    const fake = new FakePanel();
    await watch(fake);
    server.die();
    await server.ring();
    await draw();
    expect(fake.text).toContain('Title 1');
    jest.restoreAllMocks();
  });
});
