import type { IDisposable } from '@lumino/disposable';

/** How long after a press rows stay in place: the second click of a double click must meet the same row. */
const PRESS_TIME = 500;

/** How long the pointer must rest before a new order may come, in milliseconds. */
const REST_TIME = 400;

export interface IHoldOptions {
  /** A name is being edited, or rows are being dragged. */
  isBusy: () => boolean;
  /** Nothing holds the rows any more. */
  released: () => void;
}

/** Knows when rows must not change places: under a pressed pointer, an open menu, a rename or a drag. */
export class Hold implements IDisposable {
  constructor(
    private readonly _node: HTMLElement,
    private readonly _options: IHoldOptions
  ) {
    _node.addEventListener('pointerdown', this._onDown, true);
    _node.addEventListener('pointermove', this._onMove, { passive: true });
    _node.addEventListener('pointerleave', this._onLeave);
    _node.addEventListener('contextmenu', this._onMenu);
    document.addEventListener('pointerup', this._onUp, true);
    document.addEventListener('pointercancel', this._onUp, true);
  }

  /** 'hard' is not to be overruled, 'soft' yields to what the user asks for, 'order' concerns a wholly new order alone. */
  get state(): 'hard' | 'soft' | 'order' | null {
    if (this._options.isBusy() || (this._isMenuHere && this.isMenuOpen())) {
      return 'hard';
    }
    const now = performance.now();
    if (this._isPressed || now - this._released < PRESS_TIME) {
      return 'soft';
    }
    if (this._y !== null && now - this._moved < REST_TIME) {
      return 'order';
    }
    return null;
  }

  /** The distance of the pointer from the node's upper edge, or null while it is elsewhere. */
  get pointer(): number | null {
    return this._y === null
      ? null
      : this._y - this._node.getBoundingClientRect().top;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
    this._node.removeEventListener('pointerdown', this._onDown, true);
    this._node.removeEventListener('pointermove', this._onMove);
    this._node.removeEventListener('pointerleave', this._onLeave);
    this._node.removeEventListener('contextmenu', this._onMenu);
    document.removeEventListener('pointerup', this._onUp, true);
    document.removeEventListener('pointercancel', this._onUp, true);
  }

  /** Tells whether JupyterLab's context menu is open. */
  isMenuOpen: () => boolean = () => false;

  /** JupyterLab's context menu has closed. */
  menuClosed(): void {
    // The chosen command runs after that, on the rows that the user saw.
    this._isMenuHere = false;
    this._checkIn(0);
  }

  /** Scrolling closes no menu, but shows that the pointer is not being aimed at a row. */
  scrolled(): void {
    this._moved = -Infinity;
  }

  /** Something that held the rows may be over. */
  check(): void {
    if (!this._isDisposed && this.state === null) {
      this._options.released();
    }
  }

  private _checkIn(delay: number): void {
    clearTimeout(this._timer);
    this._timer = window.setTimeout(() => {
      const { state } = this;
      if (state === 'soft' || state === 'order') {
        this._checkIn(REST_TIME);
      } else {
        this.check();
      }
    }, delay);
  }

  private readonly _onDown = (): void => {
    this._isPressed = true;
    this._isMenuHere = false;
  };

  private readonly _onUp = (): void => {
    if (this._isPressed) {
      this._isPressed = false;
      this._released = performance.now();
      this._checkIn(PRESS_TIME + 1);
    }
  };

  private readonly _onMove = (event: PointerEvent): void => {
    this._y = event.clientY;
    this._moved = performance.now();
    this._checkIn(REST_TIME + 1);
  };

  private readonly _onLeave = (): void => {
    this._y = null;
    this._checkIn(0);
  };

  private readonly _onMenu = (): void => {
    this._isMenuHere = true;
    this._isPressed = false;
  };

  private _isDisposed = false;
  private _isMenuHere = false;
  private _isPressed = false;
  private _moved = -Infinity;
  private _released = -Infinity;
  private _timer = -1;
  private _y: number | null = null;
}
