import { nullTranslator } from '@jupyterlab/translation';

import { crossesRoots, describePath, whyUnchangeable } from '../rootpaths';
import { FakeRoots, makeRoot } from './fakeroots';

const trans = nullTranslator.load('');

describe('paths of several roots', () => {
  const roots = new FakeRoots();

  it('cross where the roots differ', () => {
    expect(crossesRoots(roots, 'a/b', '@scratch/a')).toBe(true);
    expect(crossesRoots(roots, '@scratch/a', '@datasets')).toBe(true);
    expect(crossesRoots(roots, '@scratch/a', '@scratch')).toBe(false);
    expect(crossesRoots(roots, 'a', '')).toBe(false);
    expect(crossesRoots(null, 'a', '@scratch')).toBe(false);
    expect(crossesRoots(new FakeRoots([]), 'a', '@scratch')).toBe(false);
  });

  it('are told by the title of the root', () => {
    expect(describePath(roots, '@datasets/train/a.csv')).toBe(
      'Datasets: train/a.csv'
    );
    expect(describePath(roots, '@datasets')).toBe('Datasets');
    expect(describePath(roots, '')).toBe('Home');
    expect(describePath(null, '')).toBe('/');
    expect(describePath(null, 'a/b')).toBe('a/b');
  });

  it('cannot be changed in a root that is read-only or away', () => {
    expect(whyUnchangeable(roots, '@datasets/a', trans)).toBe(
      '“Datasets” is read-only.'
    );
    expect(whyUnchangeable(roots, '@scratch/a', trans)).toBeNull();
    expect(whyUnchangeable(null, 'a', trans)).toBeNull();
    const away = new FakeRoots([
      makeRoot('nfs', { state: 'not_mounted', message: 'It is not mounted.' })
    ]);
    expect(whyUnchangeable(away, '@nfs/a', trans)).toBe(
      '“Nfs” is not available now: It is not mounted.'
    );
  });
});
