import type { INotebookPanel } from './panels';

/**
 * The one private member of JupyterLab's notebooks that we use: what opens the dialog “Kernel Restarting”. It is
 * connected to the public signal of the session's status, and is disconnected from it. A browser test compares it with
 * the real class.
 */
const DIALOG_SLOT = '_onSessionStatusChanged';

/** What it does, and must do alone: a JupyterLab where it does something else keeps it. */
const TOLD_STATUS = 'autorestarting';

/** Keep a notebook from opening its dialog when the kernel dies. Whether that worked: else the dialog stays. */
export function silenceDialog(panel: INotebookPanel): boolean {
  const slot: unknown = Reflect.get(panel, DIALOG_SLOT);
  if (typeof slot !== 'function' || !String(slot).includes(TOLD_STATUS)) {
    return false;
  }
  return panel.sessionContext.statusChanged.disconnect(
    slot as (...args: unknown[]) => void,
    panel
  );
}
