import { Dialog } from '@jupyterlab/apputils';
import { Context } from '@jupyterlab/docregistry';
import { dismissDialog, waitForDialog } from '@jupyterlab/testing';
import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { FakeRoots, makeRoot } from '../../../core/__tests__/fakeroots';
import { RootSelect } from '../roots';
import { installSaveDialogs } from '../save';

describe('RootSelect', () => {
  it('offers the roots, and shows the one of a path', () => {
    const roots = new FakeRoots();
    const select = new RootSelect({ roots, translator: nullTranslator });
    const node = select.node.querySelector('select')!;
    expect([...node.options].map(option => option.textContent)).toEqual([
      'Home',
      'Scratch',
      'Datasets (read-only)'
    ]);
    select.showRootOf('@scratch/a');
    expect(node.value).toBe('scratch');
    const chosen: string[] = [];
    select.chosen.connect((_, { name }) => chosen.push(name));
    node.value = 'datasets';
    node.dispatchEvent(new Event('change'));
    expect(chosen).toEqual(['datasets']);
    select.dispose();
  });

  it('is out of sight with one root, and follows what becomes of the others', () => {
    const roots = new FakeRoots([]);
    const select = new RootSelect({ roots, translator: nullTranslator });
    expect(select.isHidden).toBe(true);
    roots.set([
      makeRoot('home', { prefix: '', default: true }),
      makeRoot('nfs', { state: 'not_mounted' })
    ]);
    expect(select.isHidden).toBe(false);
    const option = select.node.querySelector<HTMLOptionElement>('[value=nfs]')!;
    expect(option.disabled).toBe(true);
    expect(option.textContent).toBe('Nfs (not available)');
    select.dispose();
  });
});

describe('installSaveDialogs', () => {
  /** As JupyterLab's dialog for a new path: a line of text is its body. */
  class PathLine extends Widget {
    constructor(path: string) {
      super({ node: document.createElement('input') });
      this.input.value = path;
    }

    get input(): HTMLInputElement {
      return this.node as HTMLInputElement;
    }

    getValue(): string {
      return this.input.value;
    }
  }

  const prototype = Context.prototype as unknown as {
    saveAs: () => Promise<boolean>;
  };
  const stock = prototype.saveAs;
  let results: (string | null)[];

  const dialog = async () => {
    await waitForDialog();
    return document.querySelector('.jp-Dialog')!;
  };
  const type = (node: Element, path: string) => {
    const input = node.querySelector('input')!;
    input.value = path;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    return input;
  };
  const accept = (node: Element) =>
    node.querySelector<HTMLButtonElement>('button.jp-mod-accept')!;

  beforeEach(() => {
    results = [];
    prototype.saveAs = async () => {
      const asked = new Dialog<string>({ body: new PathLine('work/a.txt') });
      const result = await asked.launch();
      results.push(result.button.accept ? result.value : null);
      return result.button.accept;
    };
  });

  afterEach(() => {
    prototype.saveAs = stock;
  });

  const save = (context: object = { ready: Promise.resolve() }) =>
    prototype.saveAs.call(context);

  it('saves into the root that is chosen', async () => {
    const installed = installSaveDialogs(new FakeRoots(), nullTranslator);
    const saved = save();
    const node = await dialog();
    const select = node.querySelector('select')!;
    expect(select.value).toBe('home');
    select.value = 'scratch';
    select.dispatchEvent(new Event('change'));
    expect(node.querySelector('input')!.value).toBe('@scratch/a.txt');
    accept(node).click();
    expect(await saved).toBe(true);
    expect(results).toEqual(['@scratch/a.txt']);
    installed.dispose();
  });

  it('refuses a path in a read-only root, with the reason', async () => {
    const installed = installSaveDialogs(new FakeRoots(), nullTranslator);
    const saved = save();
    const node = await dialog();
    const input = type(node, '@datasets/a.txt');
    expect(node.querySelector('[role=alert]')!.textContent).toBe(
      '“Datasets” is read-only.'
    );
    expect(accept(node).disabled).toBe(true);
    input.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Enter', bubbles: true })
    );
    expect(results).toEqual([]);
    type(node, '@scratch/a.txt');
    expect(accept(node).disabled).toBe(false);
    await dismissDialog();
    expect(await saved).toBe(false);
    installed.dispose();
  });

  it('leaves the dialog alone with one root, and once it is taken back', async () => {
    const installed = installSaveDialogs(new FakeRoots([]), nullTranslator);
    const saved = save();
    expect((await dialog()).querySelector('select')).toBeNull();
    await dismissDialog();
    await saved;
    const before = prototype.saveAs;
    installed.dispose();
    expect(prototype.saveAs).not.toBe(before);
  });
});
