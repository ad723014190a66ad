import { Notification } from '@jupyterlab/apputils';
import type { Contents } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';

import { announceTruncation } from '../truncation';

describe('announceTruncation', () => {
  const get = jest.fn();
  let contents: Contents.IManager;

  beforeEach(() => {
    get.mockReset();
    contents = { get } as unknown as Contents.IManager;
    Notification.dismiss();
  });

  it('tells once per directory that it was cut short', async () => {
    const installed = announceTruncation(contents, nullTranslator);
    get.mockResolvedValue({
      path: 'big',
      type: 'directory',
      truncated: { total: 1_000_000, shown: 10_000 }
    });
    await contents.get('big');
    await contents.get('big');
    expect(Notification.manager.count).toBe(1);
    const { message, type } = Notification.manager.notifications[0]!;
    expect(type).toBe('warning');
    expect(message).toContain('10,000 of 1,000,000 items of “big”');
    installed.dispose();
  });

  it('passes everything through, and says nothing of whole directories', async () => {
    const installed = announceTruncation(contents, nullTranslator);
    const model = { path: 'small', type: 'directory', content: [] };
    get.mockResolvedValue(model);
    const options = { content: true };
    expect(await contents.get('small', options)).toBe(model);
    expect(get).toHaveBeenCalledWith('small', options);
    expect(Notification.manager.count).toBe(0);
    get.mockRejectedValue(new Error('gone'));
    await expect(contents.get('small')).rejects.toThrow('gone');
    installed.dispose();
  });

  it('gives the method back', () => {
    announceTruncation(contents, nullTranslator).dispose();
    expect(contents.get).toBe(get);
  });
});
