import { LabIcon } from '@jupyterlab/ui-components';

import type { Status } from '../types';

const DISC = 'M12 2a10 10 0 100 20 10 10 0 000-20z';

/** Each state has a shape of its own: the colour is never alone. */
const SHAPES: Readonly<Record<Status, string>> = {
  pass: `${DISC}m-2 15l-5-5 1.4-1.4 3.6 3.6 7.6-7.6L19 8z`,
  warn: 'M1 21h22L12 2zm12-3h-2v-2h2zm0-4h-2v-4h2z',
  fail: 'M15.7 3H8.3L3 8.3v7.4L8.3 21h7.4l5.3-5.3V8.3zM13 17h-2v-2h2zm0-4h-2V7h2z'
};

function icon(status: Status): LabIcon {
  return new LabIcon({
    name: `cloudru-jlab:health-${status}`,
    svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path fill="currentColor" fill-rule="evenodd" d="${SHAPES[status]}"/></svg>`
  });
}

export const statusIcons: Readonly<Record<Status, LabIcon>> = {
  pass: icon('pass'),
  warn: icon('warn'),
  fail: icon('fail')
};

/** A pulse: the panel, its command and its settings. */
export const healthIcon = new LabIcon({
  name: 'cloudru-jlab:health',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path class="jp-icon3" fill="#616161" d="M9.7 20.5a1 1 0 01-.9-.7L6.2 13H2v-2h4.9a1 1 0 01.9.6l1.7 4.5 3.6-12a1 1 0 011.9 0l2.2 7H22v2h-5.5a1 1 0 01-1-.7l-1.4-4.5-3.5 11.9a1 1 0 01-.9.7z"/></svg>'
});
