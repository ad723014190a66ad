import { LabIcon } from '@jupyterlab/ui-components';

const STAR =
  'M12 17.3l-6.2 3.7 1.6-7L2 9.2l7.2-.6L12 2l2.8 6.6 7.2.6-5.4 4.7 1.6 7z';

function star(name: string, style: string): LabIcon {
  return new LabIcon({
    name: `cloudru-jlab:${name}`,
    svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path ${style} d="${STAR}"/></svg>`
  });
}

/** A folder that is a favourite. */
export const starIcon = star(
  'star',
  'class="jp-icon3 jp-icon-selectable" fill="#616161"'
);

/** A folder that is none. */
export const starOutlineIcon = star(
  'star-outline',
  'class="jp-icon3" style="fill:none" stroke="#616161" stroke-width="2" stroke-linejoin="round"'
);
