import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { ServiceManager, Session } from '@jupyterlab/services';
import type { CommandRegistry } from '@lumino/commands';

import type { IKernelUse } from '../types';
import { titleOf } from './kernels';
import type { HealthPanel } from './panel';
import type { HealthWords } from './words';

const OPEN = 'docmanager:open';

/** What the panel's user may do with a kernel. */
export class Kernels implements HealthPanel.IKernels {
  constructor(private readonly _options: Kernels.IOptions) {}

  readonly nameOf = ({ name }: IKernelUse): string => {
    const { specs } = this._options.services.kernelspecs;
    return specs?.kernelspecs[name]?.display_name ?? name;
  };

  readonly canOpen = (kernel: IKernelUse): boolean =>
    kernel.path !== '' &&
    this._sessionOf(kernel)?.type === 'notebook' &&
    this._options.commands.hasCommand(OPEN);

  readonly open = ({ path }: IKernelUse): void => {
    this._options.commands.execute(OPEN, { path }).catch(console.error);
  };

  readonly confirm = async (kernel: IKernelUse): Promise<boolean> => {
    const { words } = this._options;
    const { trans } = words;
    const { button } = await showDialog({
      title: trans.__('Shut Down the Kernel?'),
      body: trans.__(
        'The kernel “%1” of %2 ends, with all its variables. The notebook itself stays as it is.',
        this.nameOf(kernel),
        titleOf(kernel, words)
      ),
      buttons: [
        Dialog.cancelButton(),
        Dialog.warnButton({ label: trans.__('Shut Down') })
      ]
    });
    return button.accept;
  };

  readonly shutDown = async (kernel: IKernelUse): Promise<void> => {
    const { kernels, sessions } = this._options.services;
    if (!this._sessionOf(kernel)) {
      await sessions.refreshRunning();
    }
    const session = this._sessionOf(kernel);
    // A session that outlives its kernel would start another one when its notebook is opened.
    await (session
      ? sessions.shutdown(session.id)
      : kernels.shutdown(kernel.id));
  };

  private _sessionOf({ id }: IKernelUse): Session.IModel | undefined {
    for (const session of this._options.services.sessions.running()) {
      if (session.kernel?.id === id) {
        return session;
      }
    }
    return undefined;
  }
}

export namespace Kernels {
  export interface IOptions {
    commands: CommandRegistry;
    services: Pick<
      ServiceManager.IManager,
      'kernels' | 'kernelspecs' | 'sessions'
    >;
    words: HealthWords;
  }
}
