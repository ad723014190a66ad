import type { FileBrowser } from '@jupyterlab/filebrowser';
import { nullTranslator } from '@jupyterlab/translation';
import { framePromise } from '@jupyterlab/testing';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { FakeRoots, makeRoot } from '../../core/__tests__/fakeroots';
import { FolderMemory } from '../favourites';
import { RootSwitcher } from '../switcher';
import { RootWords } from '../words';
import { DATA, GONE, HOME, settle } from './fakeroots';

describe('RootSwitcher', () => {
  let roots: FakeRoots;
  let memory: FolderMemory;
  let switcher: RootSwitcher;
  let browser: FileBrowser;
  let pathChanged: Signal<object, void>;
  const did: string[] = [];

  beforeEach(async () => {
    did.length = 0;
    const owner = {};
    pathChanged = new Signal<object, void>(owner);
    browser = {
      id: 'filebrowser',
      model: { path: '@data/a', pathChanged }
    } as unknown as FileBrowser;
    roots = new FakeRoots([
      HOME,
      DATA,
      GONE,
      makeRoot('deep', { added: true })
    ]);
    memory = new FolderMemory(null);
    await memory.ready;
    memory.toggleFavourite('data', 'fav');
    memory.visit('filebrowser', 'data', 'seen');
    switcher = new RootSwitcher({
      browser,
      roots,
      memory,
      words: new RootWords(nullTranslator),
      actions: {
        choose: ({ name }) => did.push(`choose ${name}`),
        openPanel: ({ name }) => did.push(`panel ${name}`),
        openFolder: ({ name }, folder) => did.push(`open ${name}/${folder}`),
        add: () => did.push('add'),
        remove: ({ name }) => did.push(`remove ${name}`),
        refresh: () => {
          did.push('refresh');
          return Promise.resolve();
        },
        closePanel: () => did.push('close'),
        mayClosePanel: () => false
      }
    });
    Widget.attach(switcher, document.body);
    await drawn();
  });

  afterEach(() => {
    switcher.dispose();
  });

  async function drawn(): Promise<void> {
    await framePromise();
    await settle();
  }

  const button = (): HTMLButtonElement =>
    switcher.node.querySelector('button')!;
  const menu = (): HTMLElement | null =>
    document.querySelector('.cj-RootsMenu');
  const focused = (): string | null =>
    (document.activeElement as HTMLElement).dataset.cjItem ??
    document.activeElement?.getAttribute('aria-label') ??
    null;

  async function open(): Promise<HTMLElement> {
    button().click();
    await drawn();
    return menu()!;
  }

  function press(key: string): void {
    document.activeElement?.dispatchEvent(
      new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })
    );
  }

  it('says which root is shown', async () => {
    expect(button().getAttribute('aria-label')).toBe(
      'Root: Data, read-only, 12 GB free'
    );
    expect(button().textContent).toBe('Data12 GB free');
    Object.assign(browser.model, { path: 'x' });
    pathChanged.emit();
    await drawn();
    expect(button().textContent).toBe('Home12 GB free');
  });

  it('is there only where there is a choice', () => {
    roots.set([HOME]);
    expect(switcher.isHidden).toBe(true);
    roots.mayAdd = true;
    roots.set([HOME]);
    expect(switcher.isHidden).toBe(false);
  });

  it('opens with the focus on the current root', async () => {
    await open();
    expect(button().getAttribute('aria-expanded')).toBe('true');
    expect(focused()).toBe('Data');
    press('ArrowDown');
    expect(focused()).toBe('Gone');
    press('Enter');
    expect(did).toEqual(['choose gone']);
    expect(menu()).toBeNull();
    expect(document.activeElement).toBe(button());
  });

  it('marks a root that is not available, with the reason', async () => {
    const node = await open();
    const gone = node.querySelector('[data-cj-root="gone"]')!;
    expect(gone.getAttribute('aria-disabled')).toBe('true');
    expect(gone.getAttribute('aria-label')).toContain('does not exist');
    const data = node.querySelector('[data-cj-root="data"]')!;
    expect(data.getAttribute('aria-disabled')).toBe('false');
    expect(data.getAttribute('aria-checked')).toBe('true');
  });

  it('closes by Escape and by a press elsewhere', async () => {
    await open();
    press('Escape');
    expect(menu()).toBeNull();
    expect(document.activeElement).toBe(button());
    await open();
    document.body.dispatchEvent(new Event('pointerdown', { bubbles: true }));
    expect(menu()).toBeNull();
    await open();
    button().click();
    expect(menu()).toBeNull();
  });

  it('opens no panel for a root that is not there, and says why', async () => {
    const arrow = (await open()).querySelector<HTMLElement>(
      '[aria-label="Open “Gone” in New Panel"]'
    )!;
    expect(arrow.getAttribute('aria-disabled')).toBe('true');
    expect(arrow.title).toBe('The folder does not exist on the server.');
    arrow.click();
    expect(did).toEqual([]);
  });

  it('goes round by the arrow keys, to the sides as well', async () => {
    await open();
    press('Home');
    expect(focused()).toBe('Home');
    press('ArrowUp');
    expect(focused()).toBe('Refresh Roots');
    press('ArrowDown');
    expect(focused()).toBe('Home');
    press('ArrowRight');
    expect(focused()).toBe('Open “Home” in New Panel');
    press('ArrowRight');
    expect(focused()).toBe('Open “Home” in New Panel');
    press('ArrowLeft');
    expect(focused()).toBe('Home');
    press('ArrowRight');
    press('Enter');
    expect(did).toEqual(['panel home']);
  });

  it('finds what is typed', async () => {
    await open();
    press('d');
    expect(focused()).toBe('Deep');
    press('d');
    expect(focused()).toBe('Data');
    press('Escape');
    await open();
    press('d');
    press('a');
    expect(focused()).toBe('Data');
  });

  it('has the favourite and the recent folders of the root', async () => {
    const node = await open();
    const labels = [
      ...node.querySelectorAll<HTMLElement>('[data-cj-item]')
    ].map(item => item.dataset.cjItem);
    expect(labels).toEqual([
      'Home',
      'Data',
      'Gone',
      'Deep',
      'fav',
      'seen',
      'Add This Folder to Favorites',
      'Go to the Top of “Data”',
      'Refresh Roots'
    ]);
    node.querySelector<HTMLElement>('[data-cj-item="fav"]')!.click();
    expect(did).toEqual(['open data/fav']);
  });

  it('stars the current folder, and stays open', async () => {
    const node = await open();
    node
      .querySelector<HTMLElement>(
        '[data-cj-item="Add This Folder to Favorites"]'
      )!
      .click();
    await drawn();
    expect(memory.favourites('data')).toEqual(['a', 'fav']);
    expect(menu()?.textContent).toContain('Remove This Folder from Favorites');
  });

  it('removes what the user has added, and nothing else', async () => {
    const node = await open();
    const labels = [...node.querySelectorAll('[aria-label^="Remove"]')];
    expect(labels).toHaveLength(1);
    (labels[0] as HTMLElement).click();
    expect(did).toEqual(['remove deep']);
  });

  it('shows what a refresh finds', async () => {
    const node = await open();
    node.querySelector<HTMLElement>('[data-cj-item="Refresh Roots"]')!.click();
    expect(did).toEqual(['refresh']);
    roots.set([HOME, DATA, { ...GONE, state: 'available' }]);
    await drawn();
    expect(
      menu()
        ?.querySelector('[data-cj-root="gone"]')
        ?.getAttribute('aria-disabled')
    ).toBe('false');
  });

  it('takes its menu with it', async () => {
    await open();
    switcher.dispose();
    expect(menu()).toBeNull();
  });
});
