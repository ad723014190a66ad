import { StateDB } from '@jupyterlab/statedb';

import { FolderMemory, RECENT_LIMIT } from '../favourites';
import { settle } from './fakeroots';

describe('FolderMemory', () => {
  let state: StateDB;
  let memory: FolderMemory;

  beforeEach(async () => {
    state = new StateDB();
    memory = new FolderMemory(state);
    await memory.ready;
  });

  it('remembers favourites over a reload, sorted, per root', async () => {
    memory.toggleFavourite('data', 'b');
    memory.toggleFavourite('data', 'a');
    memory.toggleFavourite('home', 'c');
    await settle();
    const again = new FolderMemory(state);
    await again.ready;
    expect(again.favourites('data')).toEqual(['a', 'b']);
    expect(again.favourites('home')).toEqual(['c']);
    again.toggleFavourite('data', 'a');
    expect(again.favourites('data')).toEqual(['b']);
    expect(again.isFavourite('data', 'a')).toBe(false);
  });

  it('keeps the recent folders, the newest first', () => {
    for (let number = 1; number <= RECENT_LIMIT + 3; number++) {
      memory.visit('filebrowser', 'data', `folder ${number}`);
    }
    expect(memory.recent('data')).toHaveLength(RECENT_LIMIT);
    expect(memory.recent('data')[0]).toBe(`folder ${RECENT_LIMIT + 3}`);
    memory.visit('filebrowser', 'data', 'folder 9');
    expect(memory.recent('data')).toHaveLength(RECENT_LIMIT);
    expect(memory.recent('data')[0]).toBe('folder 9');
    expect(memory.recent('home')).toEqual([]);
  });

  it('counts the end of a way down, and never the top', () => {
    memory.visit('filebrowser', 'data', '');
    memory.visit('filebrowser', 'data', 'a');
    memory.visit('filebrowser', 'data', 'a/b');
    memory.visit('filebrowser', 'data', 'a/b/c');
    memory.visit('filebrowser', 'data', 'ab');
    expect(memory.recent('data')).toEqual(['ab', 'a/b/c']);
  });

  it('knows where each browser was', async () => {
    memory.visit('one', 'data', 'x');
    memory.visit('two', 'data', 'y');
    memory.visit('one', 'home', 'z');
    await settle();
    const again = new FolderMemory(state);
    await again.ready;
    expect(again.last('one', 'data')).toBe('x');
    expect(again.last('two', 'data')).toBe('y');
    expect(again.last('one', 'home')).toBe('z');
    again.visit('one', 'data', '');
    expect(again.last('one', 'data')).toBe('');
    again.forgetBrowser('two');
    expect(again.last('two', 'data')).toBe('');
  });

  it('forgets a folder that is gone, but not that it was a favourite', () => {
    memory.toggleFavourite('data', 'x');
    memory.visit('one', 'data', 'x');
    memory.visit('two', 'data', 'x');
    memory.forget('data', 'x');
    expect(memory.recent('data')).toEqual([]);
    expect(memory.last('one', 'data')).toBe('');
    expect(memory.last('two', 'data')).toBe('');
    expect(memory.favourites('data')).toEqual(['x']);
  });

  it('adds what happens before the saved folders are read to them', async () => {
    memory.visit('one', 'data', 'x');
    memory.toggleFavourite('data', 'x');
    await settle();
    const again = new FolderMemory(state);
    again.visit('one', 'home', 'y');
    again.toggleFavourite('data', 'z');
    await settle();
    expect(again.last('one', 'data')).toBe('x');
    expect(again.last('one', 'home')).toBe('y');
    expect(again.favourites('data')).toEqual(['x', 'z']);
  });

  it('works without a database', async () => {
    const none = new FolderMemory(null);
    await none.ready;
    none.toggleFavourite('data', 'a');
    expect(none.favourites('data')).toEqual(['a']);
  });
});
