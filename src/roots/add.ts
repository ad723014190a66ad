import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import type { INewRoot } from '../core/tokens';

/** Ask which folder is to be a root; null when the user has cancelled. */
export async function askForRoot(
  trans: TranslationBundle
): Promise<INewRoot | null> {
  const answer = await showDialog({
    title: trans.__('Add Root'),
    body: new NewRootForm(trans),
    focusNodeSelector: 'input',
    buttons: [
      Dialog.cancelButton(),
      Dialog.okButton({ label: trans.__('Add') })
    ]
  });
  const root = answer.button.accept ? answer.value : null;
  return root?.path ? root : null;
}

class NewRootForm extends Widget implements Dialog.IBodyWidget<INewRoot> {
  constructor(trans: TranslationBundle) {
    super();
    this.addClass('cj-NewRoot');
    this._path = this._field(trans.__('Folder on the server'), 'text');
    this._path.placeholder = trans.__('for example, /mnt/data');
    this._title = this._field(trans.__('Title (optional)'), 'text');
    this._readOnly = this._field(trans.__('Read-only'), 'checkbox');
  }

  getValue(): INewRoot {
    const title = this._title.value.trim();
    return {
      path: this._path.value.trim(),
      ...(title ? { title } : {}),
      readOnly: this._readOnly.checked
    };
  }

  private _field(label: string, type: 'text' | 'checkbox'): HTMLInputElement {
    const node = document.createElement('label');
    const input = document.createElement('input');
    input.type = type;
    if (type === 'text') {
      input.className = 'jp-mod-styled';
      node.append(label, input);
    } else {
      node.append(input, label);
    }
    this.node.append(node);
    return input;
  }

  private readonly _path: HTMLInputElement;
  private readonly _readOnly: HTMLInputElement;
  private readonly _title: HTMLInputElement;
}
