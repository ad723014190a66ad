/** How the keyboard moves in the menu of roots: rows are `[data-cj-item]`, with actions beside them. */

/** Keys that follow each other faster than this, in ms, are one word. */
const PAUSE = 800;

const ROW = '[data-cj-item]';
const ITEM = '[role^="menuitem"]';

/** Do what a key says; false for a key that says nothing here. */
export function moveFocus(menu: HTMLElement, key: string): boolean {
  const rows = [...menu.querySelectorAll<HTMLElement>(ROW)];
  const focused = document.activeElement as HTMLElement | null;
  const row = focused?.parentElement?.querySelector<HTMLElement>(ROW);
  const index = row ? rows.indexOf(row) : -1;
  const beside = [
    ...(focused?.parentElement?.querySelectorAll<HTMLElement>(ITEM) ?? [])
  ];
  const place = focused ? beside.indexOf(focused) : -1;
  switch (key) {
    case 'ArrowDown':
      rows[(index + 1) % rows.length]?.focus();
      return true;
    case 'ArrowUp':
      rows[(Math.max(index, 0) + rows.length - 1) % rows.length]?.focus();
      return true;
    case 'Home':
      rows[0]?.focus();
      return true;
    case 'End':
      rows.at(-1)?.focus();
      return true;
    case 'ArrowRight':
      beside[Math.min(place + 1, beside.length - 1)]?.focus();
      return true;
    case 'ArrowLeft':
      beside[Math.max(place - 1, 0)]?.focus();
      return true;
    case 'Enter':
    case ' ':
      focused?.click();
      return true;
    default:
      return false;
  }
}

/** Goes to the row whose label begins with what is typed. */
export class TypeAhead {
  /** False for a key that is no text. */
  press(menu: HTMLElement, event: KeyboardEvent): boolean {
    const { key } = event;
    if (key.length !== 1 || event.ctrlKey || event.altKey || event.metaKey) {
      return false;
    }
    const isNew = event.timeStamp - this._last > PAUSE;
    this._last = event.timeStamp;
    const letter = key.toLocaleLowerCase();
    // The same letter again is the next row that begins with it.
    this._typed =
      isNew || this._typed === letter ? letter : this._typed + letter;
    const rows = [...menu.querySelectorAll<HTMLElement>(ROW)];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const from = this._typed.length === 1 ? at + 1 : Math.max(at, 0);
    const found = [...rows.slice(from), ...rows.slice(0, from)].find(row =>
      row.dataset.cjItem?.toLocaleLowerCase().startsWith(this._typed)
    );
    found?.focus();
    return true;
  }

  private _last = -Infinity;
  private _typed = '';
}
