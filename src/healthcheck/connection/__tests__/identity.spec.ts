import { ApiError } from '../../../core/request';
import type { IDeaths } from '../../types';
import type { ConnectionApi } from '../api';
import { Identity } from '../identity';

let instance: string | Error;
let hasKernels: boolean;

function identity(storage: Storage | null = window.sessionStorage): Identity {
  const api = {
    deaths: (): Promise<IDeaths> =>
      instance instanceof Error
        ? Promise.reject(instance)
        : Promise.resolve({ instance, last: 0, deaths: [] })
  };
  return new Identity({
    api: api as unknown as ConnectionApi,
    hasKernels: () => hasKernels,
    storage,
    key: 'key'
  });
}

beforeEach(() => {
  window.sessionStorage.clear();
  instance = 'one';
  hasKernels = true;
});

test('tells once that it is another server, and that it has lost kernels', async () => {
  const known = identity();
  expect(await known.isOther()).toBe(false);
  expect(await known.isOther()).toBe(false);
  instance = 'two';
  expect(await known.isOther()).toBe(true);
  expect(known.hadKernels).toBe(true);
  expect(await known.isOther()).toBe(false);
});

test('tells it to a page that was loaded anew in the meantime', async () => {
  await identity().isOther();
  instance = 'two';
  const loaded = identity();
  expect(await loaded.isOther()).toBe(true);
  expect(loaded.hadKernels).toBe(true);
  expect(await identity().isOther()).toBe(false);
});

test('no kernels are lost where none were', async () => {
  hasKernels = false;
  const known = identity();
  await known.isOther();
  instance = 'two';
  // JupyterLab knows the kernels of the new one already.
  hasKernels = true;
  expect(await known.isOther()).toBe(true);
  expect(known.hadKernels).toBe(false);
});

test('kernels that were started since it was asked last are lost too', async () => {
  hasKernels = false;
  const known = identity();
  await known.isOther();
  hasKernels = true;
  known.remember();
  hasKernels = false;
  instance = 'two';
  await known.isOther();
  expect(known.hadKernels).toBe(true);
});

test('a server that does not say is asked again, one without the route is not', async () => {
  const known = identity(null);
  instance = new Error('no connection');
  expect(await known.isOther()).toBeNull();
  instance = new ApiError(new Response(null, { status: 404 }), 'no', '', {});
  expect(await known.isOther()).toBe(false);
});

test('what somebody else has stored is no server', async () => {
  window.sessionStorage.setItem('key', '{"instance": 1}');
  expect(await identity().isOther()).toBe(false);
  window.sessionStorage.setItem('key', '{');
  expect(await identity().isOther()).toBe(false);
});
