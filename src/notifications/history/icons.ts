import { LabIcon } from '@jupyterlab/ui-components';

import type { Severity } from '../types';

const DISC = 'M12 2a10 10 0 100 20 10 10 0 000-20z';

/** Each severity has a shape of its own: the colour is never alone. */
const SHAPES: Readonly<Record<Severity, string>> = {
  info: `${DISC}m1 15h-2v-6h2zm0-8h-2V7h2z`,
  success: `${DISC}m-2 15l-5-5 1.4-1.4 3.6 3.6 7.6-7.6L19 8z`,
  warning: 'M1 21h22L12 2zm12-3h-2v-2h2zm0-4h-2v-4h2z',
  error: `${DISC}m5 13.6L15.6 17 12 13.4 8.4 17 7 15.6l3.6-3.6L7 8.4 8.4 7l3.6 3.6L15.6 7 17 8.4 13.4 12z`,
  critical:
    'M15.7 3H8.3L3 8.3v7.4L8.3 21h7.4l5.3-5.3V8.3zM13 17h-2v-2h2zm0-4h-2V7h2z'
};

function icon(severity: Severity): LabIcon {
  return new LabIcon({
    name: `cloudru-jlab:severity-${severity}`,
    svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path fill="currentColor" fill-rule="evenodd" d="${SHAPES[severity]}"/></svg>`
  });
}

export const severityIcons: Readonly<Record<Severity, LabIcon>> = {
  info: icon('info'),
  success: icon('success'),
  warning: icon('warning'),
  error: icon('error'),
  critical: icon('critical')
};

const MAIL =
  'M20 4H4a2 2 0 00-2 2v12c0 1.1.9 2 2 2h16a2 2 0 002-2V6a2 2 0 00-2-2z';

/** Mark as read. */
export const readIcon = new LabIcon({
  name: 'cloudru-jlab:mark-read',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path class="jp-icon3" fill="#616161" d="M18 7l-1.4-1.4-6.4 6.3 1.4 1.5zm4.2-1.4L11.7 16.2l-4.2-4.2-1.4 1.4L11.7 19l12-12zM.4 13.4L6 19l1.4-1.4L1.8 12z"/></svg>'
});

/** Mark as unread. */
export const unreadIcon = new LabIcon({
  name: 'cloudru-jlab:mark-unread',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path class="jp-icon3" fill="#616161" fill-rule="evenodd" d="${MAIL}m0 4l-8 5-8-5V6l8 5 8-5z"/></svg>`
});
