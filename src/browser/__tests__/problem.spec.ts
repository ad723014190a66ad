import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { ApiError } from '../../core/request';
import type { IDirectoryView } from '../../core/tokens';
import { Problem } from '../problem';

function shown(error: Error | null): { text: string; isHidden: boolean } {
  const owner = {};
  const changed = new Signal<object, void>(owner);
  const view = { path: 'data/raw', error, changed };
  const problem = new Problem({
    view: view as unknown as IDirectoryView,
    retry: () => Promise.resolve(),
    translator: nullTranslator
  });
  Widget.attach(problem, document.body);
  changed.emit();
  MessageLoop.flush();
  const text = problem.node.querySelector('span')?.textContent ?? '';
  const { isHidden } = problem;
  problem.dispose();
  return { text, isHidden };
}

const refusal = (status: number, reason: string): ApiError =>
  new ApiError(
    new Response(null, { status }),
    'What the server says.',
    reason,
    {}
  );

describe('Problem', () => {
  it('is out of sight while all is well', () => {
    expect(shown(null)).toEqual({ text: '', isHidden: true });
  });

  it.each([
    [403, 'permission_denied', 'no permission to list “data/raw”'],
    [404, 'not_found', '“data/raw” does not exist'],
    [400, 'not_a_directory', '“data/raw” is not a folder'],
    [410, 'vanished', '“data/raw” was moved or deleted'],
    [504, 'not_answering', 'file system of “data/raw” does not answer'],
    [500, 'file_system_error', 'What the server says.'],
    [404, '', 'server half of cloudru-jlab is not running']
  ])('explains %d %s in words of the catalogue', (status, reason, words) => {
    const { text, isHidden } = shown(refusal(status, reason));
    expect(text).toContain(words);
    expect(isHidden).toBe(false);
  });

  it('tells that the server is gone', () => {
    const error = new ServerConnection.NetworkError(new TypeError('failed'));
    expect(shown(error).text).toBe('The server does not answer.');
  });
});
