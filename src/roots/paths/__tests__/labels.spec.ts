import type { IDocumentWidget } from '@jupyterlab/docregistry';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { FakeRoots } from '../../../core/__tests__/fakeroots';
import { DocumentLabels, ROOT_DATA } from '../labels';

/** A document's widget as far as its tab is concerned. */
class FakeDocument extends Widget {
  constructor(path: string) {
    super();
    this.context = {
      localPath: path,
      pathChanged: new Signal<object, string>(this)
    };
    this.title.label = path.slice(path.lastIndexOf('/') + 1);
    this.caption();
  }

  readonly context: { localPath: string; pathChanged: Signal<object, string> };

  /** As the document manager writes it, after each save. */
  caption(): void {
    const { localPath } = this.context;
    this.title.caption = `Name: ${this.title.label}\nPath: ${localPath}\nLast Saved: now`;
  }

  rename(path: string): void {
    this.context.localPath = path;
    this.title.label = path.slice(path.lastIndexOf('/') + 1);
    this.caption();
    this.context.pathChanged.emit(path);
  }

  get document(): IDocumentWidget {
    return this as unknown as IDocumentWidget;
  }
}

describe('DocumentLabels', () => {
  let roots: FakeRoots;
  let labels: DocumentLabels;
  let home: FakeDocument;
  let scratch: FakeDocument;

  const shown = (widget: Widget) => widget.title.dataset[ROOT_DATA];

  beforeEach(() => {
    roots = new FakeRoots();
    labels = new DocumentLabels(roots);
    home = new FakeDocument('a/train.csv');
    scratch = new FakeDocument('@scratch/b/train.csv');
    labels.add(home.document);
  });

  afterEach(() => {
    labels.dispose();
  });

  it('shows the root of equally named documents only', () => {
    expect(shown(home)).toBeUndefined();
    labels.add(scratch.document);
    expect(shown(home)).toBe('Home');
    expect(shown(scratch)).toBe('Scratch');
    scratch.rename('@scratch/b/test.csv');
    expect(shown(home)).toBeUndefined();
    expect(shown(scratch)).toBeUndefined();
    scratch.rename('@scratch/b/train.csv');
    home.dispose();
    expect(shown(scratch)).toBeUndefined();
  });

  it('leaves equally named documents of one root alone', () => {
    const other = new FakeDocument('b/train.csv');
    labels.add(other.document);
    expect(shown(home)).toBeUndefined();
    other.dispose();
  });

  it('never touches the label, which renames the file', () => {
    const changes: string[] = [];
    scratch.title.changed.connect(title => changes.push(title.label));
    labels.add(scratch.document);
    expect(new Set(changes)).toEqual(new Set(['train.csv']));
  });

  it('keeps what others put into the dataset', () => {
    scratch.title.dataset = { type: 'document-title' };
    labels.add(scratch.document);
    expect(scratch.title.dataset).toEqual({
      type: 'document-title',
      [ROOT_DATA]: 'Scratch'
    });
  });

  it('says the path as users know it, after each save too', () => {
    labels.add(scratch.document);
    // JupyterLab finds the document of a tab by the line of its path.
    const caption =
      'Name: train.csv\nPath: @scratch/b/train.csv\nScratch: b/train.csv\nLast';
    expect(scratch.title.caption).toContain(caption);
    scratch.caption();
    expect(scratch.title.caption).toContain(caption);
    expect(home.title.caption).toContain('Path: a/train.csv\nLast');
  });

  it('shows roots that become known later', () => {
    const { roots: known } = roots;
    roots.set([]);
    labels.add(scratch.document);
    expect(shown(scratch)).toBeUndefined();
    roots.set(known);
    expect(shown(scratch)).toBe('Scratch');
  });
});
