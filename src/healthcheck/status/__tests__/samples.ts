import type { ICheck, IKernelUse, ISample, ISamples } from '../../types';

export const GB = 1024 ** 3;

/** A moment some seconds after the first. */
export function timeOf(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
}

export function sampleOf(seq: number, more: Partial<ISample> = {}): ISample {
  return {
    seq,
    time: timeOf(2 * seq),
    memory: { used: 5.1 * GB, limit: 8 * GB, container: true, oom_kills: 0 },
    cpu: { used: 1, limit: 4 },
    loop_ms: 2,
    disks: [],
    gpus: [],
    kernels: [],
    descriptors: 100,
    descriptors_limit: 1000,
    ...more
  };
}

export function kernelOf(
  id: string,
  more: Partial<IKernelUse> = {}
): IKernelUse {
  return {
    id,
    name: 'python3',
    path: `${id}.ipynb`,
    title: `${id}.ipynb`,
    state: 'idle',
    memory: GB,
    cpu: 0.5,
    gpu_memory: null,
    processes: 1,
    remote: false,
    ...more
  };
}

export function checkOf(more: Partial<ICheck> = {}): ICheck {
  return {
    component: 'gpu',
    id: '0',
    status: 'fail',
    since: timeOf(0),
    value: null,
    limit: null,
    unit: '',
    message: 'The GPU is lost.',
    advice: 'Restart the server.',
    texts: { ru: { message: 'GPU потерян.', advice: 'Перезапустите сервер.' } },
    code: 'lost',
    ...more
  };
}

export function answerOf(
  samples: readonly ISample[],
  more: Partial<ISamples> = {}
): ISamples {
  return {
    instance: 'one',
    started: timeOf(0),
    interval_seconds: 2,
    last: samples.at(-1)?.seq ?? 0,
    status: 'pass',
    samples,
    checks: [],
    ...more
  };
}

/** A server that gives what it is told to. */
export class FakeApi {
  answer: ISamples = answerOf([]);
  error: Error | null = null;
  readonly asked: number[] = [];

  since(after: number): Promise<ISamples> {
    this.asked.push(after);
    if (this.error) {
      return Promise.reject(this.error);
    }
    const samples = this.answer.samples.filter(({ seq }) => seq > after);
    return Promise.resolve({ ...this.answer, samples });
  }
}

export function setHidden(hidden: boolean): void {
  Object.defineProperty(document, 'hidden', {
    configurable: true,
    get: () => hidden
  });
  document.dispatchEvent(new Event('visibilitychange'));
}
