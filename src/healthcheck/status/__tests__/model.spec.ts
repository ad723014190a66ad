import { ApiError } from '../../../core/request';
import { HealthSamples } from '../model';
import { answerOf, FakeApi, sampleOf, setHidden } from './samples';

function refusal(status: number): ApiError {
  // jsdom has no Response.
  const response = { status, statusText: '' } as Response;
  return new ApiError(response, 'No', '', {});
}

describe('HealthSamples', () => {
  let api: FakeApi;
  let model: HealthSamples;

  beforeEach(() => {
    jest.useFakeTimers();
    setHidden(false);
    api = new FakeApi();
    api.answer = answerOf([sampleOf(1), sampleOf(2)]);
    model = new HealthSamples({ api });
  });

  afterEach(() => {
    model.dispose();
    setHidden(false);
    jest.useRealTimers();
  });

  it('asks for nothing while nobody watches', async () => {
    await jest.advanceTimersByTimeAsync(60_000);
    expect(api.asked).toEqual([]);
  });

  it('asks once for all who watch, at once and for what is new', async () => {
    model.watch('leisurely');
    model.watch('live');
    model.watch('live');
    await jest.advanceTimersByTimeAsync(0);
    expect(api.asked).toEqual([0]);
    expect(model.samples.map(({ seq }) => seq)).toEqual([1, 2]);
    api.answer = answerOf([sampleOf(2), sampleOf(3)]);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(api.asked).toEqual([0, 2]);
    expect(model.samples.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('goes at the pace of the quickest watcher, and stops with the last', async () => {
    const item = model.watch('leisurely');
    await jest.advanceTimersByTimeAsync(20_000);
    expect(api.asked).toHaveLength(5);
    const panel = model.watch('live');
    await jest.advanceTimersByTimeAsync(20_000);
    const lively = api.asked.length;
    expect(lively).toBeGreaterThanOrEqual(14);
    panel.dispose();
    item.dispose();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(api.asked).toHaveLength(lively);
  });

  it('asks for nothing while the page is hidden, and at once when it is seen again', async () => {
    model.watch('live');
    await jest.advanceTimersByTimeAsync(0);
    setHidden(true);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(api.asked).toHaveLength(1);
    setHidden(false);
    await jest.advanceTimersByTimeAsync(0);
    expect(api.asked).toHaveLength(2);
  });

  it('begins anew with another server', async () => {
    model.watch('live');
    await jest.advanceTimersByTimeAsync(0);
    api.answer = answerOf([sampleOf(1)], { instance: 'two' });
    await jest.advanceTimersByTimeAsync(2_000);
    expect(api.asked).toEqual([0, 2, 0]);
    expect(model.samples.map(({ seq }) => seq)).toEqual([1]);
  });

  it('keeps ten minutes', async () => {
    const all = Array.from({ length: 600 }, (_, index) => sampleOf(index + 1));
    api.answer = answerOf(all);
    model.watch('live');
    await jest.advanceTimersByTimeAsync(0);
    expect(model.samples[0]?.seq).toBe(300);
    expect(model.latest?.seq).toBe(600);
  });

  it('keeps the figures of before, and asks less, while no answer comes', async () => {
    model.watch('live');
    await jest.advanceTimersByTimeAsync(0);
    api.error = new Error('down');
    await jest.advanceTimersByTimeAsync(32_000);
    expect(model.trouble).toBe('unreachable');
    expect(model.samples).toHaveLength(2);
    expect(api.asked.length).toBeLessThan(7);
    api.error = null;
    await jest.advanceTimersByTimeAsync(30_000);
    expect(model.trouble).toBeNull();
  });

  it('says that the server tells nothing, and leaves it alone', async () => {
    api.error = refusal(404);
    model.watch('live');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(model.trouble).toBe('missing');
    expect(api.asked).toEqual([0]);
  });

  it('tells a refusal from a failure', async () => {
    api.error = refusal(403);
    model.watch('live');
    await jest.advanceTimersByTimeAsync(0);
    expect(model.trouble).toBe('refused');
  });
});
