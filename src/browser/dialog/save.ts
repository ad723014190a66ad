import { Dialog } from '@jupyterlab/apputils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { Context } from '@jupyterlab/docregistry';
import type { ITranslator } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';
import type { Message } from '@lumino/messaging';
import { PanelLayout, Widget } from '@lumino/widgets';

import { bundle } from '../../core/i18n';
import { whyUnchangeable } from '../../core/rootpaths';
import type { IRoots } from '../../core/tokens';
import { CONTEXT_METHODS, missingMembers } from '../internals';
import { RootSelect } from './roots';

/** What JupyterLab's documents are saved under another name by. */
type SaveAs = Context<DocumentRegistry.IModel>['saveAs'];

/**
 * Let the dialog that asks for a new path of a document choose the root, and refuse one that is closed.
 *
 * It stays JupyterLab's in all else: a line for the path. Disposing brings the stock dialog back.
 */
export function installSaveDialogs(
  roots: IRoots,
  translator: ITranslator
): IDisposable {
  const prototype = Context.prototype as unknown as { saveAs: SaveAs };
  if (missingMembers(prototype, CONTEXT_METHODS).length > 0) {
    console.warn('cloudru-jlab: the dialog to save as is JupyterLab’s own.');
    return new DisposableDelegate(() => undefined);
  }
  const stock = prototype.saveAs;
  prototype.saveAs = async function (
    this: Context<DocumentRegistry.IModel>
  ): Promise<boolean> {
    const onAdded = (_: unknown, dialog: Dialog<unknown>): void => {
      if (roots.roots.length > 1 && equip(dialog, roots, translator)) {
        Dialog.tracker.widgetAdded.disconnect(onAdded);
      }
    };
    await this.ready;
    Dialog.tracker.widgetAdded.connect(onAdded);
    try {
      return await stock.call(this);
    } finally {
      Dialog.tracker.widgetAdded.disconnect(onAdded);
    }
  };
  return new DisposableDelegate(() => {
    prototype.saveAs = stock;
  });
}

/** Add the choice of the root to a dialog that asks for a path; false for any other dialog. */
function equip(
  dialog: Dialog<unknown>,
  roots: IRoots,
  translator: ITranslator
): boolean {
  const found = findInput(dialog);
  if (!found) {
    return false;
  }
  const { layout, index, input } = found;
  const select = new RootSelect({
    roots,
    translator,
    label: bundle(translator).__('Save in'),
    isForWriting: true
  });
  const guard = new PathGuard({ dialog, input, roots, translator });
  layout.insertWidget(index, select);
  layout.insertWidget(index + 2, guard);
  select.showRootOf(input.value);
  input.addEventListener('input', () => {
    select.showRootOf(input.value);
    guard.check();
  });
  select.chosen.connect((_, root) => {
    // The name stays, at the top of the other root: its folders need not be those of this one.
    const inside = roots.rootOf(input.value)?.inside ?? input.value;
    const name = inside.slice(inside.lastIndexOf('/') + 1);
    input.value = root.prefix ? `${root.prefix}/${name}` : name;
    select.showRootOf(input.value);
    guard.check();
  });
  guard.check();
  return true;
}

/** Says why a path cannot be saved to, and keeps the dialog from being accepted meanwhile. */
class PathGuard extends Widget {
  constructor(private readonly _options: PathGuard.IOptions) {
    super();
    this.addClass('cj-Dialog-refusal');
    this.node.setAttribute('role', 'alert');
    this.hide();
  }

  check(): void {
    const { dialog, input, roots, translator } = this._options;
    const path = input.value.replace(/^\/+/, '');
    const closed = whyUnchangeable(roots, path, bundle(translator));
    this._isRefused = closed !== null;
    this.node.textContent = closed ?? '';
    this.setHidden(closed === null);
    const accept = dialog.node.querySelector<HTMLButtonElement>(
      'button.jp-mod-accept'
    );
    if (accept) {
      accept.disabled = this._isRefused;
    }
  }

  handleEvent(event: Event): void {
    const isEnter =
      (event as KeyboardEvent).key === 'Enter' &&
      event.target === this._options.input;
    if (isEnter && this._isRefused) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    // The dialog takes Enter as its default button while the event is on its way down.
    document.addEventListener('keydown', this, true);
  }

  protected override onBeforeDetach(msg: Message): void {
    document.removeEventListener('keydown', this, true);
    super.onBeforeDetach(msg);
  }

  private _isRefused = false;
}

namespace PathGuard {
  export interface IOptions {
    dialog: Dialog<unknown>;
    input: HTMLInputElement;
    roots: IRoots;
    translator: ITranslator;
  }
}

interface IFoundInput {
  layout: PanelLayout;
  index: number;
  input: HTMLInputElement;
}

/** The dialog's body, where that is nothing but a line of text. */
function findInput(widget: Widget): IFoundInput | null {
  const { layout } = widget;
  if (!(layout instanceof PanelLayout)) {
    return null;
  }
  for (const [index, child] of layout.widgets.entries()) {
    if (child.node instanceof HTMLInputElement) {
      return { layout, index, input: child.node };
    }
    const found = findInput(child);
    if (found) {
      return found;
    }
  }
  return null;
}
