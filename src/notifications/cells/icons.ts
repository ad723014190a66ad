import { LabIcon } from '@jupyterlab/ui-components';

const BELL =
  'M12 22a2 2 0 002-2h-4a2 2 0 002 2zm6-6v-5c0-3.1-1.6-5.6-4.5-6.3V4a1.5 1.5 0 00-3 0v.7C7.6 5.4 6 7.9 6 11v5l-2 2v1h16v-1z';

/** A cell whose end will be told. */
export const watchedIcon = new LabIcon({
  name: 'cloudru-jlab:watched',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path class="jp-icon3" fill="#616161" d="${BELL}"/></svg>`
});

/** A cell whose end will not be told. */
export const unwatchedIcon = new LabIcon({
  name: 'cloudru-jlab:unwatched',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path class="jp-icon3" fill="#616161" fill-rule="evenodd" d="${BELL}M8 17v-6c0-2.5 1.5-4.5 4-4.5s4 2 4 4.5v6z"/></svg>`
});
