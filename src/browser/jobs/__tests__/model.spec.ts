import type { IJob } from '../../../core/tokens';
import { BulkJobs } from '../model';
import { FakeJobs, makeRequest } from './fakejobs';

describe('BulkJobs', () => {
  let service: FakeJobs;
  let jobs: BulkJobs;
  let seen: IJob[];

  /** Let the poll run for some time. */
  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
  const lists = () => service.calls.filter(call => call === 'list').length;

  beforeEach(() => {
    jest.useFakeTimers();
    service = new FakeJobs();
    jobs = new BulkJobs({ service, standby: 'never' });
    seen = [];
    jobs.changed.connect((_, job) => {
      seen.push(job);
    });
  });

  afterEach(() => {
    jobs.dispose();
    jest.useRealTimers();
  });

  it('asks nothing while nothing runs', async () => {
    await pass(60_000);
    expect(service.calls).toEqual([]);
  });

  it('follows a job that it started until it ends, then stops asking', async () => {
    await jobs.start(makeRequest());
    service.put({ done: 100 });
    await pass(1500);
    expect(seen.map(job => job.done)).toEqual([0, 100]);
    service.put({ done: 5000, state: 'done', finished: 'now' });
    await pass(1500);
    expect(seen.at(-1)!.state).toBe('done');
    const before = lists();
    await pass(60_000);
    expect(lists()).toBe(before);
  });

  it('asks at once when the server rings, but not for every ring', async () => {
    await jobs.start(makeRequest());
    await pass(100);
    const before = lists();
    service.put({ done: 100 });
    for (let i = 0; i < 50; i++) {
      service.rang.emit('a');
    }
    await pass(300);
    expect(seen.at(-1)!.done).toBe(100);
    expect(lists() - before).toBe(1);
  });

  it('does not listen to rings about jobs that it does not follow', async () => {
    service.rang.emit('b');
    service.rang.emit(null);
    await pass(1000);
    expect(service.calls).toEqual([]);
  });

  it('takes up the jobs of the server', async () => {
    service.put({ id: 'old', done: 7 });
    await jobs.resume();
    expect(seen.map(job => job.id)).toEqual(['old']);
    service.put({ id: 'old', done: 8 });
    await pass(1500);
    expect(seen.at(-1)!.done).toBe(8);
  });

  it('tells when the server does not know a job any more', async () => {
    const lost: string[] = [];
    jobs.lost.connect((_, job) => {
      lost.push(job.id);
    });
    await jobs.start(makeRequest());
    service.jobs.clear();
    await pass(1500);
    expect(lost).toEqual(['a']);
    expect(jobs.jobs).toEqual([]);
  });

  it('cancels, and forgets only what has ended', async () => {
    await jobs.start(makeRequest());
    await jobs.forget('a');
    expect(service.calls).not.toContain('cancel a');
    await jobs.cancel('a');
    expect(seen.at(-1)!.state).toBe('cancelling');
    service.put({ state: 'cancelled', finished: 'now' });
    await pass(1500);
    await jobs.forget('a');
    expect(service.jobs.size).toBe(0);
  });

  it('goes on after a failed request', async () => {
    await jobs.start(makeRequest());
    jest.spyOn(service, 'list').mockRejectedValueOnce(new Error('offline'));
    service.put({ done: 1 });
    await pass(60_000);
    expect(seen.at(-1)!.done).toBe(1);
  });

  it('is silent once disposed', async () => {
    await jobs.start(makeRequest());
    jobs.dispose();
    const before = service.calls.length;
    service.rang.emit('a');
    await pass(5000);
    expect(service.calls).toHaveLength(before);
  });
});
