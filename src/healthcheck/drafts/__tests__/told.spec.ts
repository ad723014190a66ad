import { Told } from '../told';

describe('what a browser was told', () => {
  afterEach(() => {
    jest.restoreAllMocks();
    localStorage.clear();
  });

  it('outlasts the page, and forgets the oldest', () => {
    const told = new Told();
    Array.from({ length: 250 }, (_, number) => told.add(`id ${number}`));
    const after = new Told();
    expect(after.has('id 249')).toBe(true);
    expect(after.has('id 0')).toBe(false);
    expect(after.has('another')).toBe(false);
  });

  it('is known to the page alone where nothing is kept', () => {
    jest.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    const told = new Told();
    told.add('id');
    expect(told.has('id')).toBe(true);
    expect(new Told().has('id')).toBe(false);
  });

  it('is nothing where something else was kept', () => {
    localStorage.setItem('cloudru-jlab:drafts:told', '{"a": 1}');
    expect(new Told().has('a')).toBe(false);
    localStorage.setItem('cloudru-jlab:drafts:told', 'no JSON');
    expect(new Told().has('a')).toBe(false);
  });
});
