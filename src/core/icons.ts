import { folderIcon, homeIcon, LabIcon } from '@jupyterlab/ui-components';

import type { IRoot } from './tokens';

/** The icon of a root: what the operator says, where JupyterLab has an icon of that name. */
export function iconOfRoot(root: IRoot): LabIcon {
  return root.icon
    ? LabIcon.resolve({ icon: root.icon })
    : root.default
      ? homeIcon
      : folderIcon;
}
