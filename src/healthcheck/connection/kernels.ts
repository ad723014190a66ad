import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Kernel } from '@jupyterlab/services';

/** What every document with a kernel, and every console, has somewhere. */
interface ISessionContext {
  readonly session?: {
    readonly kernel?: Kernel.IKernelConnection | null;
  } | null;
}

interface IMayHaveKernel {
  readonly context?: { readonly sessionContext?: ISessionContext };
  readonly sessionContext?: ISessionContext;
}

/** Connect the kernels of the page anew that have lost their connection: JupyterLab waits up to two minutes, or has given up. */
export function reconnectKernels(shell: JupyterFrontEnd.IShell): void {
  for (const widget of shell.widgets('main')) {
    const { context, sessionContext } = widget as unknown as IMayHaveKernel;
    const kernel = (context?.sessionContext ?? sessionContext)?.session?.kernel;
    if (
      kernel &&
      !kernel.isDisposed &&
      kernel.connectionStatus !== 'connected'
    ) {
      kernel.reconnect().catch(() => {
        // It goes on trying by itself, and says so in the document.
      });
    }
  }
}
