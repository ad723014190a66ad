import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import { Notification } from '@jupyterlab/apputils';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IStatusBar } from '@jupyterlab/statusbar';
import type { ITranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { PluginIds } from '../core/ids';
import { bundle, languageOf } from '../core/i18n';
import { Actions, SHOW_HISTORY } from './actions';
import { NotificationsApi } from './api';
import { UnreadBadge } from './badge';
import { addCommands } from './commands';
import { DesktopNotifications } from './desktop';
import { Notifications } from './model';
import { Preferences } from './preferences';
import { ToastStage } from './stage';
import { Toasts } from './toasts';

/** A hidden page leaves a visible one this long to show what is new, in ms. */
const HIDDEN_DELAY = 2_000;

export interface ISetupOptions {
  app: JupyterFrontEnd;
  palette: ICommandPalette | null;
  settings: ISettingRegistry | null;
  statusBar: IStatusBar | null;
  translator: ITranslator;
}

/** Fetch the notifications from now on, and show them as soon as the page is there. */
export function createNotifications(options: ISetupOptions): Notifications {
  const { app, translator } = options;
  const { events, serverSettings } = app.serviceManager;
  const model = new Notifications({
    api: new NotificationsApi(serverSettings),
    events,
    language: languageOf(translator),
    trans: bundle(translator),
    storage: window.sessionStorage,
    key: serverSettings.baseUrl
  });
  show(model, options);
  return model;
}

function show(model: Notifications, options: ISetupOptions): void {
  const { app, palette, settings, statusBar, translator } = options;
  const { commands } = app;
  const trans = bundle(translator);
  const preferences = new Preferences(settings);
  const open = (id?: string): void => {
    if (commands.hasCommand(SHOW_HISTORY)) {
      void commands.execute(SHOW_HISTORY, id === undefined ? {} : { id });
    }
  };
  const desktop = new DesktopNotifications({
    model,
    trans,
    key: app.serviceManager.serverSettings.baseUrl,
    open
  });
  const toasts = new Toasts({
    model,
    manager: Notification.manager,
    stage: new ToastStage(),
    actions: new Actions({ commands, trans }),
    trans,
    isQuiet: () => preferences.doNotDisturb || isCentreOpen(),
    showHistory: open
  });
  const apply = (): void => {
    toasts.minimum = desktop.minimum = preferences.minimumSeverity;
    desktop.isWanted = preferences.browserNotifications;
    model.wakeful = desktop.isOn;
  };
  preferences.changed.connect(() => {
    apply();
    if (desktop.isWanted) {
      // The browser asks once, and remembers the answer.
      void desktop.ask().then(apply);
    }
  });
  // The user may have changed their mind in the browser's own settings.
  document.addEventListener('visibilitychange', apply);
  model.granted.connect((_, rows) => {
    if (document.hidden) {
      desktop.show(rows);
    } else {
      toasts.show(rows);
    }
  });

  void Promise.all([app.restored, preferences.ready]).then(() => {
    Widget.attach(toasts.alerts, document.body);
    model.presence = () =>
      !document.hidden ? 0 : desktop.isOn ? HIDDEN_DELAY : null;
  });

  addCommands({ commands, desktop, palette, preferences, toasts, trans });
  if (statusBar) {
    const badge = new UnreadBadge({ model, translator, open: () => open() });
    statusBar.registerStatusItem(PluginIds.notifications, {
      item: badge,
      align: 'right',
      // Left of JupyterLab's bell.
      rank: -0.5,
      isActive: () => badge.isActive,
      activeStateChanged: badge.activeChanged
    });
  }
}

/** JupyterLab shows no toasts while its list is open. */
function isCentreOpen(): boolean {
  return document.querySelector('.jp-Notification-Center') !== null;
}
