import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { describePath } from '../../core/rootpaths';
import type { IRoots } from '../../core/tokens';

/** JupyterLab's command for one item of the menu of recent documents. */
const OPEN_RECENT = 'recentmenu:open-recent';

/**
 * Name recent documents and folders as users know them. JupyterLab puts the folder of the server before their paths, which
 * other roots do not lie in.
 */
export function nameRecents(commands: CommandRegistry, roots: IRoots): void {
  const { label } = commands;
  commands.label = (id, args) =>
    (id === OPEN_RECENT ? nameOf(args, roots) : null) ??
    label.call(commands, id, args);
}

/** What to call the document of some arguments; null where JupyterLab's name is right. */
function nameOf(
  args: ReadonlyPartialJSONObject | undefined,
  roots: IRoots
): string | null {
  const recent = args?.recent as ReadonlyPartialJSONObject | undefined;
  const path = recent?.path;
  return typeof path === 'string' && roots.rootOf(path)?.root.prefix
    ? describePath(roots, path)
    : null;
}
