import type { JupyterFrontEnd, JupyterLab } from '@jupyterlab/application';
import type { ITranslator } from '@jupyterlab/translation';

import type { IConnection, IReturn } from '../../core/health';
import { bundle, languageOf } from '../../core/i18n';
import { IDrafts, INotifications } from '../../core/tokens';
import { ConnectionApi } from './api';
import { Banner } from './banner';
import { closeConnectionErrors } from './dialogs';
import { Heartbeat } from './heartbeat';
import { Identity } from './identity';
import { reconnectKernels } from './kernels';
import { Connection } from './model';
import { Teller } from './teller';

/** The hub's extension of JupyterLab opens the page that starts the server again. */
const HUB_RESTART = 'hub:restart';

export interface ISetupOptions {
  app: JupyterFrontEnd;
  info: JupyterLab.IInfo | null;
  paths: JupyterFrontEnd.IPaths | null;
  translator: ITranslator;
}

/** Look at the server from now on, and say when it is gone and when it is back. */
export function createConnection(options: ISetupOptions): Connection {
  const { app } = options;
  const { kernels, serverSettings } = app.serviceManager;
  const api = new ConnectionApi(serverSettings);
  const identity = new Identity({
    api,
    hasKernels: () => !kernels.running().next().done,
    storage: storageOfTab(),
    key: `cloudru-jlab:connection:${serverSettings.baseUrl}`
  });
  const connection = new Connection({
    heartbeat: new Heartbeat(api.live),
    identity,
    isOnline: () => navigator.onLine
  });
  const teller = tell(connection, identity, options);
  pausePolls(connection, options.info);
  connection.returned.connect((_, { restarted }: IReturn) => {
    closeConnectionErrors();
    void refresh(app);
    if (!restarted) {
      reconnectKernels(app.shell);
    }
  });
  window.addEventListener('pagehide', ({ persisted }) => {
    if (!persisted) {
      teller.dispose();
      connection.dispose();
    }
  });
  return connection;
}

function tell(
  connection: Connection,
  identity: Identity,
  { app, paths, translator }: ISetupOptions
): Teller {
  const { commands, shell } = app;
  const trans = bundle(translator);
  let hasDrafts = false;
  void app.restored.then(async () => {
    hasDrafts = (await app.resolveOptionalService(IDrafts)) !== null;
  });
  return new Teller({
    banner: new Banner(trans),
    connection,
    hadKernels: () => identity.hadKernels,
    hasDrafts: () => hasDrafts,
    restart: () =>
      paths?.urls.hubPrefix && commands.hasCommand(HUB_RESTART)
        ? () => void commands.execute(HUB_RESTART)
        : null,
    place: banner => shell.add(banner, 'header'),
    timeOf: moment => timeOf(moment, languageOf(translator)),
    trans
  });
}

/** JupyterLab asks a server that does not answer for nothing more, and saves nothing by itself, until it is back. */
function pausePolls(
  connection: IConnection,
  info: JupyterLab.IInfo | null
): void {
  if (!info) {
    return;
  }
  const apply = (): void => {
    // While nobody looks nobody can tell.
    info.isConnected = document.hidden || connection.reach === 'reachable';
  };
  connection.changed.connect(apply);
  document.addEventListener('visibilitychange', apply);
}

/** Bring up to date what the page has missed. */
async function refresh(app: JupyterFrontEnd): Promise<void> {
  const { sessions, terminals } = app.serviceManager;
  await Promise.allSettled([
    sessions.refreshRunning(),
    terminals.isAvailable() ? terminals.refreshRunning() : null,
    app
      .resolveOptionalService(INotifications)
      .then(notifications => notifications?.refresh())
  ]);
}

/** With the day where it is not today. */
function timeOf(moment: number, language: string): string {
  const date = new Date(moment);
  const isToday = date.toDateString() === new Date().toDateString();
  const style: Intl.DateTimeFormatOptions = {
    ...(isToday ? {} : { day: 'numeric', month: 'short' }),
    hour: '2-digit',
    minute: '2-digit'
  };
  try {
    return date.toLocaleString(language, style);
  } catch {
    // A language tag that the browser does not know.
    return date.toLocaleString(undefined, style);
  }
}

function storageOfTab(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    // Forbidden by the browser's settings.
    return null;
  }
}
