import type { FileBrowser } from '@jupyterlab/filebrowser';

import type { FakeRoots } from '../../core/__tests__/fakeroots';
import { RootCrumbs } from '../crumbs';
import { DATA, fakeRoots, HOME, settle } from './fakeroots';

/** Breadcrumbs as JupyterLab draws them; "…" stands for the ellipsis. */
function draw(content: HTMLElement, parts: string[], ellipsis = ''): void {
  const make = (className: string, path = '', text = ''): HTMLElement => {
    const node = document.createElement('span');
    node.className = className;
    node.dataset.path = path;
    node.textContent = text;
    node.tabIndex = -1;
    return node;
  };
  const separator = (): HTMLElement =>
    make('jp-BreadCrumbs-separator', '', '/');
  const home = make('jp-BreadCrumbs-home', '/');
  home.tabIndex = 0;
  const nodes = [home, separator()];
  if (ellipsis) {
    const node = make('jp-BreadCrumbs-item jp-BreadCrumbs-ellipsis', ellipsis);
    node.title = ellipsis;
    nodes.push(node, separator());
  }
  for (const path of parts) {
    const text = path.split('/').at(-1);
    nodes.push(make('jp-BreadCrumbs-item', path, text), separator());
  }
  content.replaceChildren(...nodes);
}

describe('RootCrumbs', () => {
  let content: HTMLElement;
  let browser: FileBrowser;
  let roots: FakeRoots;
  let crumbs: RootCrumbs;

  beforeEach(() => {
    content = document.createElement('span');
    content.className = 'jp-BreadCrumbs-content';
    const node = document.createElement('div');
    node.append(content);
    const contents = { localPath: (path: string) => path };
    browser = {
      node,
      model: { path: '', manager: { services: { contents } } }
    } as unknown as FileBrowser;
    roots = fakeRoots();
    draw(content, []);
    crumbs = new RootCrumbs(browser, roots);
  });

  afterEach(() => {
    crumbs.dispose();
  });

  async function show(path: string, parts: string[], ellipsis = '') {
    Object.assign(browser.model, { path });
    draw(content, parts, ellipsis);
    await settle();
  }

  const text = (): string => content.textContent ?? '';

  it('leaves the default root alone', async () => {
    await show('a', ['a']);
    expect(text()).toBe('/a/');
    expect(content.querySelector('.jp-BreadCrumbs-home')).not.toBeNull();
  });

  it('begins with the title of the root', async () => {
    await show('@data/a', ['@data', '@data/a']);
    expect(text()).toBe('Data/a/');
    expect(content.querySelector('.jp-BreadCrumbs-home')).toBeNull();
    const first = content.firstElementChild as HTMLElement;
    expect(first.dataset.path).toBe('@data');
    expect(first.tabIndex).toBe(0);
  });

  it('stands before an ellipsis that has swallowed the root', async () => {
    await show('@data/a/b/c', ['@data/a/b', '@data/a/b/c'], '@data/a');
    expect(text()).toBe('Data//b/c/');
    const [first, , ellipsis] = [...content.children] as HTMLElement[];
    expect(first?.dataset.path).toBe('@data');
    expect(ellipsis?.title).toBe('a');
  });

  it('replaces an ellipsis that stands for the root alone', async () => {
    await show('@data/a/b', ['@data/a', '@data/a/b'], '@data');
    expect(text()).toBe('Data/a/b/');
    expect(content.querySelector('.jp-BreadCrumbs-ellipsis')).toBeNull();
  });

  it('follows the title, and is there when the roots become known', async () => {
    roots.roots = [];
    await show('@data', ['@data']);
    expect(text()).toBe('/@data/');
    roots.set([HOME, { ...DATA, title: 'Datasets' }]);
    expect(text()).toBe('Datasets/');
    roots.set([HOME, DATA]);
    expect(text()).toBe('Data/');
  });

  it('draws nothing anew once it is disposed', async () => {
    crumbs.dispose();
    await show('@data', ['@data']);
    expect(text()).toBe('/@data/');
  });
});
