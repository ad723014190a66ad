/**
 * Give rows the nodes that show them already, wherever these were, so that focus, hover and a click in the making survive when the window
 * moves. The other nodes serve for new rows.
 *
 * @param nodes - the nodes as they stand in the document; changed in place, to at least as many as there are rows
 * @param before - the keys of the rows that the nodes show
 * @param after - the keys of the rows that they are to show
 * @param create - makes a node for a row that none is left for
 */
export function arrangeNodes(
  parent: HTMLElement,
  nodes: HTMLElement[],
  before: readonly string[],
  after: readonly string[],
  create: () => HTMLElement
): void {
  const shown = new Map<string, HTMLElement>();
  before.forEach((key, i) => {
    const node = nodes[i];
    if (node) {
      shown.set(key, node);
    }
  });
  const kept = new Set<HTMLElement>();
  for (const key of after) {
    const node = shown.get(key);
    if (node) {
      kept.add(node);
    }
  }
  const spare = nodes.filter(node => !kept.has(node));
  const arranged = after.map(
    key => shown.get(key) ?? spare.shift() ?? create()
  );
  arranged.push(...spare);

  // From the end, so that nodes that stay in order are not touched: moving the node that has the focus would blur it.
  let next: Node | null =
    (nodes[nodes.length - 1] ?? null)?.nextSibling ?? null;
  // Nodes for new rows are moved around those that show the same as before.
  const stay = arranged.filter(node => kept.has(node));
  const fixed = longestRun(nodes, stay);
  if (kept.size > 0 || arranged.length > nodes.length) {
    for (let i = arranged.length - 1; i >= 0; i--) {
      const node = arranged[i];
      if (node && !(fixed.has(node) && node.parentNode === parent)) {
        parent.insertBefore(node, next);
      }
      next = node ?? next;
    }
  }
  nodes.splice(0, nodes.length, ...arranged);
}

/** Nodes that stand in the same order before and after, greedily from the first kept one: these need not be moved. */
function longestRun(
  before: readonly HTMLElement[],
  after: readonly HTMLElement[]
): Set<HTMLElement> {
  const place = new Map(before.map((node, i) => [node, i]));
  // Longest increasing subsequence of old places, by patience sorting.
  const tails: number[] = [];
  const previous = new Array<number>(after.length).fill(-1);
  const places = after.map(node => place.get(node) ?? -1);
  places.forEach((at, i) => {
    if (at < 0) {
      return;
    }
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((places[tails[middle] ?? -1] ?? -1) < at) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    previous[i] = low > 0 ? (tails[low - 1] ?? -1) : -1;
    tails[low] = i;
  });
  const run = new Set<HTMLElement>();
  for (let i = tails[tails.length - 1] ?? -1; i >= 0; i = previous[i] ?? -1) {
    const node = after[i];
    if (node) {
      run.add(node);
    }
  }
  return run;
}
