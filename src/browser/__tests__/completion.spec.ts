import type { FileBrowserModel } from '@jupyterlab/filebrowser';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import type { IRow } from '../../core/tokens';
import { PathCompletion } from '../completion';
import type { INavigatorInternals } from '../internals';
import { FakeView, makeRow } from './fakeview';

/** The path navigator as far as the completion knows it. */
class FakeNavigator implements INavigatorInternals {
  readonly closed = new Signal<this, void>(this);
  readonly stock: string[] = [];
  _isOpen = true;
  _activeSuggestionIndex = 3;
  _currentFilteredSuggestions: string[] = [];
  _suggestionsNode = document.createElement('ul');

  _updateSuggestions(value: string): Promise<void> {
    this.stock.push(value);
    return Promise.resolve();
  }

  _renderSuggestions(paths: string[]): void {
    this._currentFilteredSuggestions = paths;
  }
}

const directories = (names: string[], parent = ''): IRow[] =>
  names.map(name => makeRow(parent + name, 'directory'));

describe('PathCompletion', () => {
  let navigator: FakeNavigator;
  let tree: Record<string, IRow[]>;
  let views: FakeView[];
  let prefixes: string[];
  let completion: PathCompletion;

  beforeEach(() => {
    navigator = new FakeNavigator();
    views = [];
    prefixes = [];
    tree = {
      '': [...directories(['data', 'docs', '.git']), makeRow('daily.txt')],
      data: directories(['raw'], 'data/')
    };
    const model = {
      driveName: '',
      manager: {
        services: {
          contents: {
            driveName: (path: string) =>
              path.includes(':') ? path.split(':')[0] : ''
          }
        }
      }
    } as unknown as FileBrowserModel;
    completion = new PathCompletion({
      navigator,
      model,
      createView: params => {
        const view = new FakeView(tree, params);
        views.push(view);
        return view;
      },
      formatCount: String,
      prefixes: () => prefixes,
      trans: nullTranslator.load('')
    });
  });

  afterEach(() => {
    completion.dispose();
  });

  it('suggests the directories whose name starts with the text', async () => {
    await navigator._updateSuggestions('DA');
    expect(navigator._currentFilteredSuggestions).toEqual(['data']);
    expect(navigator._activeSuggestionIndex).toBe(-1);
  });

  it('suggests from the directory before the last slash', async () => {
    await navigator._updateSuggestions('/data/r');
    expect(navigator._currentFilteredSuggestions).toEqual(['data/raw']);
  });

  it('uses one view for all that is typed in one directory', async () => {
    await navigator._updateSuggestions('d');
    await navigator._updateSuggestions('do');
    expect(views).toHaveLength(1);
    expect(navigator._currentFilteredSuggestions).toEqual(['docs']);
    await navigator._updateSuggestions('data/');
    expect(views).toHaveLength(2);
    expect(views[0]!.isDisposed).toBe(true);
  });

  it('offers hidden directories only to who types a dot', async () => {
    await navigator._updateSuggestions('');
    expect(navigator._currentFilteredSuggestions).toEqual(['data', 'docs']);
    await navigator._updateSuggestions('.');
    expect(navigator._currentFilteredSuggestions).toEqual(['.git']);
    expect(views[0]!.params.hidden).toBe(true);
  });

  it('suggests nothing for a directory that is not there', async () => {
    await navigator._updateSuggestions('d');
    await navigator._updateSuggestions('nowhere/x');
    expect(navigator._currentFilteredSuggestions).toEqual([]);
  });

  it('shows only what was typed last', async () => {
    const slow = navigator._updateSuggestions('data/');
    await navigator._updateSuggestions('doc');
    await slow;
    expect(navigator._currentFilteredSuggestions).toEqual(['docs']);
  });

  it('follows the directory while the input is open', async () => {
    await navigator._updateSuggestions('d');
    tree['']!.push(makeRow('demo', 'directory'));
    views[0]!.change('moved');
    expect(navigator._currentFilteredSuggestions).toEqual([
      'data',
      'docs',
      'demo'
    ]);
  });

  it('drops its view when the input closes', async () => {
    await navigator._updateSuggestions('d');
    navigator._isOpen = false;
    navigator.closed.emit();
    expect(views[0]!.isDisposed).toBe(true);
    await navigator._updateSuggestions('d');
    expect(views).toHaveLength(1);
  });

  it('says how many directories it leaves out, and completes only what all share', async () => {
    const names = Array.from({ length: 250 }, (_, i) => `img_${i + 10}`);
    tree.big = directories(names, 'big/');
    await navigator._updateSuggestions('big/i');
    expect(navigator._suggestionsNode.dataset.cjMore).toContain('150');
    expect(navigator._currentFilteredSuggestions).toHaveLength(101);
    expect(navigator._currentFilteredSuggestions.at(-1)).toBe('big/img_');
    await navigator._updateSuggestions('big/img_259');
    expect(navigator._suggestionsNode.dataset.cjMore).toBeUndefined();
  });

  it('suggests other roots at the top alone', async () => {
    prefixes = ['@datasets', '@scratch'];
    await navigator._updateSuggestions('@S');
    expect(navigator._currentFilteredSuggestions).toEqual(['@scratch']);
    tree['@scratch'] = directories(['work'], '@scratch/');
    await navigator._updateSuggestions('@scratch/');
    expect(navigator._currentFilteredSuggestions).toEqual(['@scratch/work']);
  });

  it('leaves other drives to JupyterLab', async () => {
    await navigator._updateSuggestions('s3:bucket/');
    expect(navigator.stock).toEqual(['s3:bucket/']);
    expect(views).toHaveLength(0);
  });

  it('gives the navigator back', async () => {
    completion.dispose();
    await navigator._updateSuggestions('d');
    expect(navigator.stock).toEqual(['d']);
  });
});
