import {
  acceptDialog,
  dismissDialog,
  waitForDialog
} from '@jupyterlab/testing';
import { nullTranslator } from '@jupyterlab/translation';

import { ApiError } from '../../../core/request';
import { BulkActions } from '../actions';
import { BulkJobs } from '../model';
import { FakeJobs, makeRequest } from './fakejobs';

describe('BulkActions', () => {
  let service: FakeJobs;
  let jobs: BulkJobs;
  let actions: BulkActions;

  const refusal = (reason: string, details = {}) =>
    new ApiError(
      new Response(null, { status: 409 }),
      'Refused.',
      reason,
      details
    );
  const dialogText = async () => {
    await waitForDialog();
    return document.querySelector('.jp-Dialog')!.textContent;
  };
  /** Press the button that does what the dialog asks. */
  const confirm = () => {
    document
      .querySelector<HTMLElement>('.jp-Dialog-footer .jp-mod-warn')!
      .click();
  };

  beforeEach(() => {
    service = new FakeJobs();
    jobs = new BulkJobs({ service, standby: 'never' });
    actions = new BulkActions({ jobs, translator: nullTranslator });
  });

  afterEach(() => {
    jobs.dispose();
  });

  it('asks with the number, and starts', async () => {
    const started = actions.run(makeRequest({ count: 1_000_000 }));
    expect(await dialogText()).toContain('Delete 1,000,000 items?');
    confirm();
    expect(await started).toBe(true);
    expect(service.requests[0]!.count).toBe(1_000_000);
  });

  it('does nothing unless confirmed', async () => {
    const started = actions.run(makeRequest());
    await dismissDialog();
    expect(await started).toBe(false);
    expect(service.requests).toEqual([]);
  });

  it('puts the safe button first when deleting', async () => {
    const started = actions.run(makeRequest());
    await acceptDialog();
    expect(await started).toBe(false);
    expect(service.requests).toEqual([]);
  });

  it('asks again when the number has changed, and sends what was confirmed', async () => {
    service.refusals = [
      refusal('count_changed', { count: 4999, generation: '8' })
    ];
    const started = actions.run(makeRequest());
    await waitForDialog();
    confirm();
    expect(await dialogText()).toContain('Delete 4,999 items?');
    confirm();
    expect(await started).toBe(true);
    expect(service.requests.map(request => request.count)).toEqual([
      5000, 4999
    ]);
  });

  it('tells when the selection cannot be resolved any more', async () => {
    service.refusals = [refusal('stale_generation')];
    const started = actions.run(makeRequest({ kind: 'move' }));
    await acceptDialog();
    await waitForDialog();
    expect(await dialogText()).toContain('Select the items again');
    await acceptDialog();
    expect(await started).toBe(false);
  });

  it('tells when there is nothing left', async () => {
    service.refusals = [refusal('count_changed', { count: 0 })];
    const started = actions.run(makeRequest({ kind: 'copy' }));
    await acceptDialog();
    await waitForDialog();
    expect(await dialogText()).toContain('gone already');
    await acceptDialog();
    expect(await started).toBe(false);
  });
});
