import type { ILabShell } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { ILauncher } from '@jupyterlab/launcher';
import { Launcher } from '@jupyterlab/launcher';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';

import { describePath } from '../core/rootpaths';
import type { IRoots } from '../core/tokens';
import type { WriteGuard } from './readonly';

/** A card that is switched off; the stylesheet greys it. */
const OFF = 'cj-mod-closed';

/** Switches off the cards of launchers that would write where nothing can be written, says why, and names the root. */
export class LauncherGuards implements IDisposable {
  constructor(private readonly _options: LauncherGuards.IOptions) {
    const { shell, guard, roots } = _options;
    shell.layoutModified.connect(this._find, this);
    roots.changed.connect(this._update, this);
    guard.changed.connect(this._update, this);
    this._find();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    const { shell, guard, roots } = this._options;
    shell.layoutModified.disconnect(this._find, this);
    roots.changed.disconnect(this._update, this);
    guard.changed.disconnect(this._update, this);
    [...this._guards.values()].forEach(found => found.dispose());
    this._guards.clear();
  }

  private _find(): void {
    for (const widget of this._options.shell.widgets('main')) {
      const launcher: unknown =
        widget instanceof MainAreaWidget ? widget.content : null;
      if (launcher instanceof Launcher && !this._guards.has(launcher)) {
        const guard = new LauncherGuard(launcher, this._options);
        this._guards.set(launcher, guard);
        launcher.disposed.connect(this._drop, this);
      }
    }
  }

  private _drop(launcher: Launcher): void {
    this._guards.get(launcher)?.dispose();
    this._guards.delete(launcher);
  }

  private _update(): void {
    for (const [launcher, guard] of this._guards) {
      guard.update();
      // Captions, which are the titles of some cards, may be others too.
      launcher.update();
    }
  }

  private readonly _guards = new Map<Launcher, LauncherGuard>();
  private _isDisposed = false;
}

export namespace LauncherGuards {
  export interface IOptions {
    shell: ILabShell;
    commands: CommandRegistry;
    guard: WriteGuard;
    roots: IRoots;
  }
}

/**
 * Switches off cards of one launcher.
 *
 * JupyterLab draws cards without asking whether their commands are enabled, and without saying which command a card
 * is of: they are found by their category and label, after each drawing.
 */
class LauncherGuard implements IDisposable {
  constructor(
    private readonly _launcher: Launcher,
    private readonly _options: LauncherGuards.IOptions
  ) {
    this._observer = new MutationObserver(() => this.update());
    for (const type of EVENTS) {
      _launcher.node.addEventListener(type, this, true);
    }
    this.update();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._observer.disconnect();
    for (const type of EVENTS) {
      this._launcher.node.removeEventListener(type, this, true);
    }
    this._cards().forEach(card => switchCard(card, null));
  }

  update(): void {
    this._observer.disconnect();
    const reasons = this._reasons();
    for (const card of this._cards()) {
      const label =
        card.querySelector('.jp-LauncherCard-label')?.textContent ?? '';
      const key = keyOf(card.dataset.category ?? '', label);
      // What has no category is drawn with others.
      const found = reasons.has(key) ? key : keyOf('', label);
      switchCard(card, reasons.get(found) ?? null);
    }
    this._nameFolder();
    this._observer.observe(this._launcher.node, {
      characterData: true,
      childList: true,
      subtree: true
    });
  }

  /** Call the folder above the cards as users know it. */
  private _nameFolder(): void {
    const { cwd, node } = this._launcher;
    const heading = node.querySelector('.jp-Launcher-cwd h3');
    const { roots } = this._options;
    const said = roots.rootOf(cwd)?.root.prefix
      ? describePath(roots, cwd)
      : cwd;
    // JupyterLab writes into the text that is there.
    const text = heading?.firstChild;
    if (text instanceof Text && text.data !== said) {
      text.data = said;
    }
  }

  handleEvent(event: Event): void {
    const card =
      event.target instanceof Element
        ? event.target.closest(`.jp-LauncherCard.${OFF}`)
        : null;
    const isKey = event.type === 'keydown';
    if (card && (!isKey || PRESSES.has((event as KeyboardEvent).key))) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  /** Why cards are switched off, by category and label. */
  private _reasons(): Map<string, string | null> {
    const { commands, guard } = this._options;
    const { model, cwd } = this._launcher;
    const items: Iterable<ILauncher.IItemOptions> = model?.items() ?? [];
    const reasons = new Map<string, string | null>();
    for (const { command, args, category } of items) {
      const all = { ...args, cwd } as ReadonlyPartialJSONObject;
      const key = keyOf(category ?? '', commands.label(command, all));
      // Of two cards that look the same both stay where one of them may.
      const reason = guard.reasonOf(command, all);
      reasons.set(key, reasons.get(key) === null ? null : reason);
    }
    return reasons;
  }

  private _cards(): HTMLElement[] {
    return [
      ...this._launcher.node.querySelectorAll<HTMLElement>('.jp-LauncherCard')
    ];
  }

  private _isDisposed = false;
  private readonly _observer: MutationObserver;
}

const EVENTS = ['click', 'keydown'] as const;

/** The keys that press a card. */
const PRESSES = new Set(['Enter', ' ', 'Spacebar']);

function keyOf(category: string, label: string): string {
  return JSON.stringify([category, label]);
}

/** What a node said before it said why its card is switched off. */
const said = new WeakMap<HTMLElement, { title: string; reason: string }>();

/** Switch a card off for a reason, or on again. */
function switchCard(card: HTMLElement, reason: string | null): void {
  card.classList.toggle(OFF, reason !== null);
  if (reason === null) {
    card.removeAttribute('aria-disabled');
  } else {
    card.setAttribute('aria-disabled', 'true');
  }
  for (const node of [card, ...card.querySelectorAll<HTMLElement>('[title]')]) {
    const before = said.get(node);
    // A title that is another by now was drawn anew by the launcher.
    if (before && node.title === before.reason) {
      node.title = before.title;
    }
    said.delete(node);
    if (reason !== null && node.title !== reason) {
      said.set(node, { title: node.title, reason });
      node.title = reason;
    }
  }
}
