import { dismissDialog, waitForDialog } from '@jupyterlab/testing';
import { nullTranslator } from '@jupyterlab/translation';

import { FakeRoots } from '../../../core/__tests__/fakeroots';
import type { IJobRequest } from '../../../core/tokens';
import type { ISelected } from '../crossing';
import { Crossing } from '../crossing';
import { makeRequest } from './fakejobs';

describe('Crossing', () => {
  let asked: { request: IJobRequest; isConfirmed: boolean | undefined }[];
  let crossing: Crossing;

  const from = (path: string, count = 3): ISelected => {
    const { view, generation, selection } = makeRequest();
    return { path, view, generation, selection, count };
  };
  const dialog = async () => {
    await waitForDialog();
    return document.querySelector('.jp-Dialog')!;
  };
  const buttons = (node: Element) =>
    [...node.querySelectorAll('.jp-Dialog-footer button')].map(
      button => button.textContent
    );
  const press = (node: Element, label: string) => {
    [...node.querySelectorAll<HTMLElement>('.jp-Dialog-footer button')]
      .find(button => button.textContent === label)!
      .click();
  };

  beforeEach(() => {
    asked = [];
    crossing = new Crossing({
      roots: new FakeRoots(),
      bulk: {
        run: (request, isConfirmed) => {
          asked.push({ request, isConfirmed });
          return Promise.resolve(true);
        }
      },
      translator: nullTranslator
    });
  });

  it('asks once, and has the server do what was chosen', async () => {
    const carried = crossing.carry(from('a'), '@scratch/b', 'move', false);
    const node = await dialog();
    expect(node.textContent).toContain('Copy or move 3 items to “Scratch: b”?');
    expect(buttons(node)).toEqual(['Cancel', 'Copy', 'Move']);
    press(node, 'Copy');
    expect(await carried).toBe('copy');
    expect(asked).toHaveLength(1);
    expect(asked[0]!.isConfirmed).toBe(true);
    expect(asked[0]!.request).toMatchObject({
      kind: 'copy',
      path: 'a',
      destination: '@scratch/b',
      count: 3
    });
  });

  it('moves when that is chosen, and does nothing when nothing is', async () => {
    const moved = crossing.carry(from('a'), '@scratch', 'move', false);
    press(await dialog(), 'Move');
    expect(await moved).toBe('move');
    const cancelled = crossing.carry(from('a'), '@scratch', 'move', false);
    await dismissDialog();
    expect(await cancelled).toBeNull();
    expect(asked.map(({ request }) => request.kind)).toEqual(['move']);
  });

  it('copies at once where the user has said so', async () => {
    expect(await crossing.carry(from('a'), '@scratch', 'copy', true)).toBe(
      'copy'
    );
    expect(document.querySelector('.jp-Dialog')).toBeNull();
  });

  it('refuses a read-only root before anything starts', async () => {
    const carried = crossing.carry(from('a'), '@datasets', 'copy', true);
    expect((await dialog()).textContent).toContain('“Datasets” is read-only.');
    await dismissDialog();
    expect(await carried).toBeNull();
    expect(asked).toEqual([]);
  });

  it('offers the copy alone out of a read-only root', async () => {
    const carried = crossing.carry(from('@datasets'), '@scratch', 'move', true);
    const node = await dialog();
    expect(buttons(node)).toEqual(['Cancel', 'Copy']);
    expect(node.textContent).toContain('“Datasets” is read-only.');
    press(node, 'Copy');
    expect(await carried).toBe('copy');
  });
});
