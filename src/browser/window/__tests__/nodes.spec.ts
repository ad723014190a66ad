import { arrangeNodes } from '../nodes';

function* randoms(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state / 2_147_483_648;
  }
}

describe('arrangeNodes', () => {
  let parent: HTMLElement;
  let nodes: HTMLElement[];
  let keys: string[];

  const create = () => document.createElement('li');

  function show(after: string[]): void {
    arrangeNodes(parent, nodes, keys, after, create);
    // As the base class does with those that are too many.
    while (nodes.length > after.length) {
      parent.removeChild(nodes.pop()!);
    }
    nodes.forEach((node, i) => (node.dataset.key = after[i]));
    keys = after;
  }

  beforeEach(() => {
    parent = document.createElement('ul');
    document.body.replaceChildren(parent);
    nodes = [create()];
    parent.append(...nodes);
    keys = [];
    show(['a']);
  });

  it('keeps the node of a row that stays, and the order of rows', () => {
    const random = randoms(5);
    const all = 'abcdefghijklmnop'.split('');
    for (let round = 0; round < 300; round++) {
      const before = new Map(keys.map((key, i) => [key, nodes[i]]));
      const after = all
        .filter(() => random.next().value < 0.5)
        .sort(() => random.next().value - 0.5);
      if (after.length === 0) {
        continue;
      }
      show(after);
      expect([...parent.children]).toEqual(nodes);
      expect(nodes.map(node => node.dataset.key)).toEqual(after);
      for (const [i, key] of after.entries()) {
        if (before.has(key)) {
          expect(nodes[i]).toBe(before.get(key));
        }
      }
    }
  });

  it('does not touch nodes that stay in order, so that focus survives', () => {
    show(['a', 'b', 'c', 'd']);
    const focused = nodes[2]!;
    focused.tabIndex = -1;
    focused.focus();
    show(['c', 'd', 'e', 'f']);
    expect(document.activeElement).toBe(focused);
    show(['x', 'y', 'c', 'd']);
    expect(document.activeElement).toBe(focused);
  });

  it('leaves what follows the rows where it is', () => {
    const other = document.createElement('li');
    parent.append(other);
    show(['b', 'a', 'c']);
    show(['c', 'b']);
    expect(parent.lastElementChild).toBe(other);
  });
});
