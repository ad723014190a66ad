import type { Notification } from '@jupyterlab/apputils';

import type { INotification, Severity } from './types';

const SEVERITIES: readonly Severity[] = [
  'info',
  'success',
  'warning',
  'error',
  'critical'
];

/** How severe it is, as a number; one that this page does not know counts as the least. */
export function rankOf(severity: Severity): number {
  return Math.max(0, SEVERITIES.indexOf(severity));
}

/** Something is under way, and not at its end. */
export function isRunning({ progress }: INotification): boolean {
  return progress !== null && progress < 1;
}

/** The look that JupyterLab has for it. */
export function typeOf(row: INotification): Notification.TypeOptions {
  const rank = rankOf(row.severity);
  if (isRunning(row) && rank < rankOf('warning')) {
    return 'in-progress';
  }
  return row.severity === 'critical' ? 'error' : (SEVERITIES[rank] as 'info');
}

/** After how many ms a toast closes by itself; errors stay until somebody closes them. */
export function autoCloseOf(row: INotification): number | false {
  if (rankOf(row.severity) >= rankOf('error')) {
    return false;
  }
  const seconds = rankOf(row.severity) === rankOf('warning') ? 15 : 8;
  // What asks for a decision needs more time.
  return (row.action || row.links.length > 0 ? 2 : 1) * seconds * 1000;
}
