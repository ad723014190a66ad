import { nullTranslator } from '@jupyterlab/translation';

import type { IAnnouncement } from '../announce';
import { Announcer } from '../announce';
import type { IFound } from '../offers';

function draft(
  id: string,
  path: string,
  file: IFound['file'] = 'same'
): IFound {
  const base = { last_modified: null, size: null };
  const rest = { page: 'p', type: 'file', format: 'text', base };
  return { id, head: { path, kind: 'yjs', ...rest }, updated: 0, file };
}

function setUp(...found: IFound[]) {
  return setUpTold(new Set(), ...found);
}

function setUpTold(told: Set<string>, ...found: IFound[]) {
  const said: IAnnouncement[] = [];
  const open = jest.fn();
  const recreate = jest.fn();
  const announcer = new Announcer({
    announce: announcement => said.push(announcement),
    isOpen: path => path === 'open.txt',
    offers: { all: () => Promise.resolve({ found, again: null }) },
    open,
    recreate,
    told,
    trans: nullTranslator.load('')
  });
  return { announcer, said, open, recreate };
}

describe('the announcement of kept edits', () => {
  it('names each document that is not open, once', async () => {
    const { announcer, said, open } = setUp(
      draft('1', 'a.txt'),
      draft('2', 'a.txt', 'changed'),
      draft('3', 'open.txt'),
      draft('4', 'b.txt')
    );
    await announcer.look();
    await announcer.look();
    expect(said.map(({ message }) => message)).toEqual([
      'Unsaved edits were kept: "a.txt", "b.txt"'
    ]);
    expect(open).not.toHaveBeenCalled();
    said[0]!.act();
    expect(open.mock.calls.map(([path]: [string]) => path)).toEqual([
      'a.txt',
      'b.txt'
    ]);
  });

  it('makes a file that is gone only when the user wants it', async () => {
    const gone = draft('1', 'gone.txt', 'missing');
    const { announcer, said, open, recreate } = setUp(gone);
    await announcer.look();
    expect(said).toHaveLength(1);
    expect(recreate).not.toHaveBeenCalled();
    said[0]!.act();
    expect(recreate).toHaveBeenCalledWith(gone);
    expect(open).not.toHaveBeenCalled();
  });

  it('tells of all files that are gone together, and not again', async () => {
    const told = new Set<string>();
    const gone = ['1', '2'].map(id => draft(id, `${id}.txt`, 'missing'));
    const first = setUpTold(told, ...gone);
    await first.announcer.look();
    expect(first.said.map(({ message, label }) => [message, label])).toEqual([
      [
        'Unsaved edits of files that are gone were kept: "1.txt", "2.txt"',
        'Create the Files Again'
      ]
    ]);
    first.said[0]!.act();
    expect(first.recreate).toHaveBeenCalledTimes(2);
    const later = setUpTold(told, ...gone, draft('3', '3.txt', 'missing'));
    await later.announcer.look();
    expect(later.said.map(({ message }) => message)).toEqual([
      'Unsaved edits of a file that is gone were kept: "3.txt"'
    ]);
  });

  it('says nothing when nothing was kept', async () => {
    const { announcer, said } = setUp(draft('3', 'open.txt'));
    await announcer.look();
    expect(said).toEqual([]);
  });
});
