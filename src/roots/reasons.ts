import type { IDisposable } from '@lumino/disposable';

/** An item of a menu that is switched off. */
const SWITCHED_OFF = '.lm-Menu-item[aria-disabled="true"][data-command]';

/** Says in the menus why an item is switched off: Lumino draws no captions there. */
export class MenuReasons implements IDisposable {
  constructor(private readonly _reason: (command: string) => string | null) {
    for (const type of EVENTS) {
      document.addEventListener(type, this, true);
    }
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      for (const type of EVENTS) {
        document.removeEventListener(type, this, true);
      }
    }
  }

  handleEvent(event: Event): void {
    const item =
      event.target instanceof Element
        ? event.target.closest<HTMLElement>(SWITCHED_OFF)
        : null;
    if (item?.dataset.command) {
      item.title = this._reason(item.dataset.command) ?? '';
    }
  }

  private _isDisposed = false;
}

/** By pointer, and by keyboard. */
const EVENTS = ['pointerover', 'focusin'] as const;
