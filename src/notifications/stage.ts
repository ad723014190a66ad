import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

const CONTAINER = 'react-toastify-container';
const STACK = '.Toastify__toast-container';
const TOAST = '.Toastify__toast';
const CLOSE = '.jp-Notification-Toast-Close';

/**
 * JupyterLab's toasts as they stand on the page.
 *
 * JupyterLab tells neither when a toast has closed by itself nor when the user closed it: its nodes do. The id of a node is that of
 * the notification in JupyterLab's manager.
 */
export class ToastStage implements IDisposable {
  constructor() {
    const { signal } = this._life;
    const listen = { capture: true, signal };
    document.addEventListener('click', this._onClick, listen);
    document.addEventListener('keydown', this._onKeyDown, listen);
    document.addEventListener('focusin', this._onFocusIn, listen);
    this._toasts = new MutationObserver(() => this._update());
    this._resized = new ResizeObserver(() => this._measure());
    this._body = new MutationObserver(() => this._find());
    this._body.observe(document.body, { childList: true });
    this._find();
  }

  /** Some toast has come or gone. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The user has closed a toast; carries its id. */
  get closed(): ISignal<this, string> {
    return this._closed;
  }

  /** The stack of toasts has another height, in pixels. */
  get resized(): ISignal<this, number> {
    return this._height;
  }

  get isDisposed(): boolean {
    return this._life.signal.aborted;
  }

  dispose(): void {
    this._life.abort();
    this._body.disconnect();
    this._toasts.disconnect();
    this._resized.disconnect();
    Signal.clearData(this);
  }

  /** How many of the toasts that were announced are to come, stand there, or are on their way out. */
  get occupied(): number {
    return this._mine.size;
  }

  /** Announce a toast that JupyterLab was asked for. */
  enter(id: string): void {
    this._mine.set(id, document.getElementById(id) !== null);
  }

  /** Whether an announced toast has not left wholly. */
  holds(id: string): boolean {
    return this._mine.has(id);
  }

  /** Give up an announced toast that has not come; whether it had not. */
  giveUp(id: string): boolean {
    return this._mine.get(id) === false && this._mine.delete(id);
  }

  /** Whether a toast stands there, and is not about to go. */
  has(id: string): boolean {
    const node = this._container && document.getElementById(id);
    return !!node && this._isStanding(node);
  }

  /** Move the focus to the newest toast; whether there is one. */
  focus(): boolean {
    const toasts = [
      ...(this._container?.querySelectorAll<HTMLElement>(TOAST) ?? [])
    ];
    const toast = toasts.find(node => this._isStanding(node));
    const button = toast?.querySelector<HTMLElement>(CLOSE);
    button?.focus();
    return !!button;
  }

  private _isStanding(node: HTMLElement): boolean {
    return node.matches(TOAST) && !node.className.includes('-exit');
  }

  /** JupyterLab makes the container with its first toast. */
  private _find(): void {
    this._container = document.getElementById(CONTAINER);
    if (this._container) {
      this._body.disconnect();
      this._toasts.observe(this._container, {
        attributes: true,
        attributeFilter: ['class'],
        childList: true,
        subtree: true
      });
      this._update();
    }
  }

  private _update(): void {
    const stack = this._container?.querySelector(STACK) ?? null;
    if (stack !== this._stack) {
      this._resized.disconnect();
      this._stack = stack;
      if (stack) {
        this._resized.observe(stack);
      }
      this._measure();
    }
    for (const [id, hasCome] of this._mine) {
      const isThere = document.getElementById(id) !== null;
      if (isThere) {
        this._mine.set(id, true);
      } else if (hasCome) {
        this._mine.delete(id);
      }
    }
    this._changed.emit();
  }

  private _measure(): void {
    const height = this._stack?.getBoundingClientRect().height ?? 0;
    this._height.emit(height);
  }

  private _toastOf(target: EventTarget | null): HTMLElement | null {
    const toast =
      target instanceof Element ? target.closest<HTMLElement>(TOAST) : null;
    return toast && this._container?.contains(toast) ? toast : null;
  }

  private readonly _onClick = ({ target }: MouseEvent): void => {
    const toast = this._toastOf(target);
    if (toast && (target as Element).closest(CLOSE)) {
      this._leave(toast);
      this._closed.emit(toast.id);
    }
  };

  private readonly _onKeyDown = (event: KeyboardEvent): void => {
    const toast = event.key === 'Escape' ? this._toastOf(event.target) : null;
    const button = toast?.querySelector<HTMLElement>(CLOSE);
    if (button) {
      event.preventDefault();
      event.stopPropagation();
      button.click();
    }
  };

  private readonly _onFocusIn = (event: FocusEvent): void => {
    const from = event.relatedTarget;
    if (
      this._toastOf(event.target) &&
      !this._toastOf(from) &&
      from instanceof HTMLElement
    ) {
      this._cameFrom = from;
    }
  };

  /** The focus must not be lost with the toast that has it. */
  private _leave(toast: HTMLElement): void {
    if (!toast.contains(document.activeElement)) {
      return;
    }
    const others = [
      ...(this._container?.querySelectorAll<HTMLElement>(TOAST) ?? [])
    ].filter(other => other !== toast && this._isStanding(other));
    const next = others[0]?.querySelector<HTMLElement>(CLOSE);
    (next ?? this._cameFrom)?.focus();
  }

  private readonly _body: MutationObserver;
  private _cameFrom: HTMLElement | null = null;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _closed = new Signal<this, string>(this);
  private _container: HTMLElement | null = null;
  private readonly _height = new Signal<this, number>(this);
  private readonly _life = new AbortController();
  /** The announced toasts, and whether they have come. */
  private readonly _mine = new Map<string, boolean>();
  private readonly _resized: ResizeObserver;
  private _stack: Element | null = null;
  private readonly _toasts: MutationObserver;
}
