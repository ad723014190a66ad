import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Debouncer } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { bundle, formatCount } from '../../core/i18n';
import type { IExcerpt } from './contents';

/** How long typing must pause before the server is asked, in ms. */
const TYPING_PAUSE = 100;

/** Says how much of a directory a dialog shows, and searches the rest. Hidden where all of it is shown. */
export class DialogSearch extends Widget {
  constructor(translator: ITranslator) {
    super();
    this._translator = translator;
    this._trans = bundle(translator);
    this.addClass('cj-Dialog-search');
    this._input = document.createElement('input');
    this._input.type = 'search';
    this._input.className = 'jp-mod-styled';
    this._input.placeholder = this._trans.__('Search this directory');
    this._input.setAttribute('aria-label', this._input.placeholder);
    this._status = document.createElement('div');
    this._status.className = 'cj-Dialog-status';
    this._status.setAttribute('role', 'status');
    this.node.append(this._input, this._status);
    this._typed = new Debouncer(
      () => this._queried.emit(this._input.value),
      TYPING_PAUSE
    );
    this.hide();
  }

  /** The user searches for this. */
  get queried(): ISignal<this, string> {
    return this._queried;
  }

  /** The user is done typing and wants to go to the rows. */
  get left(): ISignal<this, void> {
    return this._left;
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._typed.dispose();
    Signal.clearData(this);
    super.dispose();
  }

  /** Tell what is shown. */
  describe(excerpt: IExcerpt | null): void {
    if (this.isDisposed) {
      return;
    }
    const searching = this._input.value !== '';
    this.setHidden(
      !searching && (!excerpt || excerpt.total <= excerpt.examined)
    );
    this._status.textContent = excerpt ? this._text(excerpt, searching) : '';
  }

  handleEvent(event: Event): void {
    if (event.type === 'input') {
      // Disposal rejects what waits.
      this._typed.invoke().catch(() => undefined);
    } else if (event.type === 'keydown') {
      this._evtKeydown(event as KeyboardEvent);
    }
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._input.addEventListener('input', this);
    // The dialog takes Enter as its default button while the event is on its way down.
    document.addEventListener('keydown', this, true);
  }

  protected override onBeforeDetach(msg: Message): void {
    this._input.removeEventListener('input', this);
    document.removeEventListener('keydown', this, true);
    super.onBeforeDetach(msg);
  }

  private _evtKeydown(event: KeyboardEvent): void {
    if (
      event.target === this._input &&
      (event.key === 'Enter' || event.key === 'ArrowDown')
    ) {
      event.preventDefault();
      event.stopPropagation();
      this._left.emit();
    }
  }

  private _text(excerpt: IExcerpt, searching: boolean): string {
    const { shown, examined, total, complete } = excerpt;
    const count = (value: number) => formatCount(value, this._translator);
    if (!complete) {
      return this._trans._n(
        'Reading: %2 item so far',
        'Reading: %2 items so far',
        total,
        count(total)
      );
    }
    if (total <= examined) {
      return this._trans._n('%2 match', '%2 matches', shown, count(shown));
    }
    if (shown < examined) {
      return this._trans._n(
        '%2 suitable among the first %3 of %4 item: type to search',
        '%2 suitable among the first %3 of %4 items: type to search',
        total,
        count(shown),
        count(examined),
        count(total)
      );
    }
    return searching
      ? this._trans._n(
          'First %2 of %3 match: type more to narrow',
          'First %2 of %3 matches: type more to narrow',
          total,
          count(shown),
          count(total)
        )
      : this._trans._n(
          'First %2 of %3 item: type to search',
          'First %2 of %3 items: type to search',
          total,
          count(shown),
          count(total)
        );
  }

  private _input: HTMLInputElement;
  private _left = new Signal<this, void>(this);
  private _queried = new Signal<this, string>(this);
  private _status: HTMLElement;
  private _trans: TranslationBundle;
  private _translator: ITranslator;
  private _typed: Debouncer;
}
