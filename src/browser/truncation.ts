import { Notification } from '@jupyterlab/apputils';
import type { Contents } from '@jupyterlab/services';
import type { ITranslator } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';

import { bundle, formatCount } from '../core/i18n';

/** How long the notice stays, in ms. */
const NOTICE_TIME = 10_000;

/** What the server's contents manager adds to a directory that it does not give whole. */
interface ITruncated {
  truncated?: { total: number; shown: number };
}

/**
 * Tell the user, once per directory, when something in the page was given a directory cut short.
 *
 * The stock file browser and other extensions list directories whole through the contents manager, which caps them.
 * What they then show looks complete, so it has to be said.
 */
export function announceTruncation(
  contents: Contents.IManager,
  translator: ITranslator
): IDisposable {
  const trans = bundle(translator);
  const told = new Set<string>();
  const get = contents.get;
  contents.get = async (path, options) => {
    const model = await get.call(contents, path, options);
    const { truncated } = model as Contents.IModel & ITruncated;
    if (truncated && !told.has(model.path)) {
      told.add(model.path);
      Notification.warning(
        trans._n(
          'Showing %2 of %3 item of “%4”. The others exist, but are not listed here.',
          'Showing %2 of %3 items of “%4”. The others exist, but are not listed here.',
          truncated.total,
          formatCount(truncated.shown, translator),
          formatCount(truncated.total, translator),
          model.path || '/'
        ),
        { autoClose: NOTICE_TIME }
      );
    }
    return model;
  };
  return new DisposableDelegate(() => {
    contents.get = get;
  });
}
