import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ITranslator } from '@jupyterlab/translation';

import { bundle, languageOf } from '../core/i18n';
import { NotificationsApi } from './api';
import { Notifications } from './model';

export interface ISetupOptions {
  app: JupyterFrontEnd;
  translator: ITranslator;
}

/** Fetch the notifications, from now on. */
export function createNotifications({
  app,
  translator
}: ISetupOptions): Notifications {
  const { events, serverSettings } = app.serviceManager;
  return new Notifications({
    api: new NotificationsApi(serverSettings),
    events,
    language: languageOf(translator),
    trans: bundle(translator),
    storage: window.sessionStorage,
    key: serverSettings.baseUrl
  });
}
