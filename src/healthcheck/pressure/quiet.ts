import type { DocumentRegistry } from '@jupyterlab/docregistry';

/**
 * The private members of a document's context that open a dialog while it is saved. Where one of them is gone, nothing
 * is saved quietly: a test compares the list with the real class.
 */
export const DIALOG_MEMBERS = ['_handleError', '_raiseConflict'] as const;

/** What stock's own save rejects with when its user cancels: nothing more is said then. */
function declined(): Error {
  const error = new Error('The file has changed on disk.');
  error.name = 'ModalCancelError';
  return error;
}

/**
 * Save a document as `context.save()` does, but without a dialog, whatever happens: the file changed on disk, or the
 * server refuses it.
 *
 * Rejects when it was not saved. A save that the user asks for meanwhile waits for this one: it would take what this
 * one writes for somebody else's change, and ask.
 */
export async function saveQuietly(
  context: DocumentRegistry.Context
): Promise<void> {
  if (!DIALOG_MEMBERS.every(name => name in context)) {
    throw new Error('The document cannot be saved without dialogs.');
  }
  const quiet = new Proxy(context, {
    get: (target, name) => {
      switch (name) {
        case '_handleError':
          return () => Promise.resolve();
        case '_raiseConflict':
          return () => Promise.reject(declined());
        default:
          return Reflect.get(target, name, quiet) as unknown;
      }
    },
    set: (target, name, value) => Reflect.set(target, name, value, target)
  });
  // Outputs and key strokes that arrive while it is sent are not in the file: stock would call the document clean.
  let edits = 0;
  const count = (): void => {
    edits++;
  };
  const begin = (_: unknown, state: DocumentRegistry.SaveState): void => {
    if (state === 'started') {
      edits = 0;
    }
  };
  const { model } = context;
  const save = context.save;
  const own = Object.getOwnPropertyDescriptor(context, 'save');
  context.saveState.connect(begin);
  model.contentChanged.connect(count);
  const saving = save.call(quiet);
  const after = saving.catch(() => undefined);
  context.save = () => after.then(() => save.call(context));
  try {
    await saving;
    if (edits > 0 && !context.isDisposed) {
      model.dirty = true;
    }
  } finally {
    if (own) {
      Object.defineProperty(context, 'save', own);
    } else {
      Reflect.deleteProperty(context, 'save');
    }
    context.saveState.disconnect(begin);
    model.contentChanged.disconnect(count);
  }
}
