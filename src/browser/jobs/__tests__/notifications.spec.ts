import { Notification } from '@jupyterlab/apputils';
import { dismissDialog, waitForDialog } from '@jupyterlab/testing';
import { nullTranslator } from '@jupyterlab/translation';

import type { IJob } from '../../../core/tokens';
import { BulkJobs } from '../model';
import { JobNotifications } from '../notifications';
import { FakeJobs, makeRequest } from './fakejobs';

describe('JobNotifications', () => {
  let service: FakeJobs;
  let jobs: BulkJobs;
  let notifications: JobNotifications;

  const all = () => Notification.manager.notifications;
  const only = () => {
    expect(all()).toHaveLength(1);
    return all()[0]!;
  };
  const act = (label: string) => {
    const action = only().options.actions!.find(item => item.label === label)!;
    const event = new MouseEvent('click', { cancelable: true });
    action.callback(event);
    return event;
  };

  beforeEach(() => {
    Notification.dismiss();
    service = new FakeJobs();
    jobs = new BulkJobs({ service, standby: 'never' });
    notifications = new JobNotifications({
      jobs,
      translator: nullTranslator,
      patience: 0
    });
  });

  afterEach(() => {
    notifications.dispose();
    jobs.dispose();
  });

  it('shows progress in place', async () => {
    await jobs.start(makeRequest());
    const { id } = only();
    service.put({ done: 1200, failed: 50 });
    await jobs.resume();
    expect(only().id).toBe(id);
    expect(only().message).toBe('Deleting: 1,250 of 5,000');
    expect(only().options.progress).toBeCloseTo(0.25);
    expect(only().type).toBe('in-progress');
  });

  it('closes itself after a success, and the job with it', async () => {
    await jobs.start(makeRequest());
    service.put({ done: 5000, state: 'done', finished: 'now' });
    await jobs.resume();
    expect(only().message).toBe('Deleted 5,000 items');
    expect(only().type).toBe('success');
    expect(only().options.autoClose).toBeGreaterThan(0);
    expect(service.calls).toContain('cancel a');
  });

  it('cancels, and stays until the job has stopped', async () => {
    await jobs.start(makeRequest());
    const event = act('Cancel');
    expect(event.defaultPrevented).toBe(true);
    await Promise.resolve();
    expect(service.calls).toContain('cancel a');
    await Promise.resolve();
    expect(only().message).toBe('Stopping after 0 of 5,000…');
    expect(only().options.actions).toEqual([]);
    service.put({ done: 3, state: 'cancelled', finished: 'now' });
    await jobs.resume();
    expect(only().message).toBe('Cancelled: 3 of 5,000 items were deleted');
  });

  it('lists errors on demand', async () => {
    await jobs.start(makeRequest());
    const errors = Array.from({ length: 100 }, (_, i) => ({
      name: `locked ${i}`,
      message: 'Permission denied'
    }));
    service.put({
      done: 4880,
      failed: 120,
      errors,
      state: 'done',
      finished: 'now'
    });
    await jobs.resume();
    expect(only().message).toBe('120 of 5,000 items could not be deleted');
    expect(only().type).toBe('warning');
    expect(only().options.autoClose).toBe(false);
    act('Show Errors…');
    await waitForDialog();
    const text = document.querySelector('.cj-Jobs-errors')!.textContent;
    expect(text).toContain('The first 100 of 120 errors:');
    expect(text).toContain('locked 99 Permission denied');
    await dismissDialog();
  });

  it('counts names that are taken as not moved, and vanished ones as deleted', async () => {
    await jobs.start(makeRequest({ kind: 'move' }));
    const end = {
      done: 4998,
      skipped: 2,
      state: 'done',
      finished: 'now'
    } as const;
    service.put({
      ...end,
      kind: 'move',
      errors: [{ name: 'twin', message: 'There is one already.' }]
    });
    await jobs.resume();
    expect(only().message).toBe('2 of 5,000 items could not be moved');
    Notification.dismiss();
    service.put({ ...end, id: 'b' });
    await jobs.resume();
    expect(only().message).toBe('Deleted 4,998 items');
  });

  it('brings the result although the progress was dismissed', async () => {
    await jobs.start(makeRequest({ kind: 'copy' }));
    Notification.dismiss(only().id);
    service.put({ kind: 'copy', done: 10 });
    await jobs.resume();
    expect(all()).toEqual([]);
    service.put({
      kind: 'copy',
      done: 5000,
      state: 'done',
      finished: 'now'
    });
    await jobs.resume();
    expect(only().message).toBe('Copied 5,000 items');
  });

  it('shows the result alone of a job that takes no time', async () => {
    jest.useFakeTimers();
    notifications.dispose();
    notifications = new JobNotifications({ jobs, translator: nullTranslator });
    await jobs.start(makeRequest({ kind: 'move' }));
    expect(all()).toEqual([]);
    const end = { kind: 'move', done: 5000, state: 'done', finished: 'now' };
    service.put(end as Partial<IJob>);
    await jobs.resume();
    expect(only().message).toBe('Moved 5,000 items');
    await jest.advanceTimersByTimeAsync(1000);
    jest.useRealTimers();
    expect(only().message).toBe('Moved 5,000 items');
  });

  it('lets progress stay a moment before the result follows', async () => {
    jest.useFakeTimers();
    notifications.dispose();
    notifications = new JobNotifications({ jobs, translator: nullTranslator });
    await jobs.start(makeRequest());
    await jest.advanceTimersByTimeAsync(510);
    expect(only().message).toBe('Deleting: 0 of 5,000');
    service.put({ done: 5000, state: 'done', finished: 'now' });
    await jobs.resume();
    expect(only().message).toBe('Deleting: 0 of 5,000');
    await jest.advanceTimersByTimeAsync(510);
    jest.useRealTimers();
    expect(only().message).toBe('Deleted 5,000 items');
  });

  it('shows how much is copied, also of one big entry', async () => {
    await jobs.start(makeRequest({ kind: 'copy', count: 1 }));
    service.put({
      kind: 'copy',
      total: 1,
      copiedBytes: 1.2 * 1024 ** 3,
      totalBytes: 3.4 * 1024 ** 3
    });
    await jobs.resume();
    expect(only().message).toBe('Copying: 0 of 1, 1.2 GB of 3.4 GB');
    expect(only().options.progress).toBeCloseTo(0.353, 3);
    service.put({
      kind: 'copy',
      total: 1,
      copiedBytes: 4 * 1024 ** 3,
      totalBytes: 3.4 * 1024 ** 3
    });
    await jobs.resume();
    expect(only().message).toBe('Copying: 0 of 1, 4 GB of 4 GB');
    expect(only().options.progress).toBe(1);
  });

  it.each([
    ['no_space', 'There is not enough space at the destination.'],
    ['permission_denied', 'You have no permission for a file or folder.'],
    ['read_only_root', 'The root is read-only.'],
    ['root_unavailable', 'The root is not available now.'],
    ['not_answering', 'The file system does not answer.'],
    ['vanished', 'A folder does not exist any more.'],
    ['never_heard_of', 'The disk is on fire.']
  ])('says why a job failed: %s', async (reason, words) => {
    await jobs.start(makeRequest({ kind: 'copy', count: 6 }));
    service.put({
      kind: 'copy',
      state: 'failed',
      total: 6,
      done: 1,
      failed: 5,
      finished: 'now',
      errors: [{ name: 'a', message: 'The disk is on fire.' }],
      reason
    });
    await jobs.resume();
    expect(only().message).toBe(`5 of 6 items could not be copied. ${words}`);
    expect(only().type).toBe('warning');
  });

  it('says why a job failed that left nothing behind', async () => {
    await jobs.start(makeRequest({ kind: 'copy', count: 6 }));
    service.put({
      kind: 'copy',
      state: 'failed',
      total: 6,
      done: 2,
      finished: 'now',
      reason: 'no_space'
    });
    await jobs.resume();
    expect(only().message).toBe(
      'Stopped by an error after 2 of 6. There is not enough space at the destination.'
    );
  });

  it('takes the notification of a lost job away', async () => {
    jest.useFakeTimers();
    await jobs.start(makeRequest());
    expect(all()).toHaveLength(1);
    service.jobs.clear();
    await jest.advanceTimersByTimeAsync(1500);
    jest.useRealTimers();
    expect(all()).toEqual([]);
  });
});
