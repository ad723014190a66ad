import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { Message } from '@lumino/messaging';

import { bundle, formatCount } from '../core/i18n';
import type { IDirectoryView } from '../core/tokens';

/** How long a count must stand before a screen reader is told, in milliseconds. */
const TELL_DELAY = 1500;

/** The line below the rows: how many there are, how many are selected, and what the server is busy with. */
export class Footer extends Widget {
  constructor(private readonly _options: Footer.IOptions) {
    super();
    this.addClass('cj-Footer');
    this._trans = bundle(_options.translator);
    this._text = document.createElement('span');
    this._text.className = 'cj-Footer-text';
    this._actions = document.createElement('span');
    this._actions.className = 'cj-Footer-actions';
    this._spoken = document.createElement('span');
    this._spoken.className = 'cj-Footer-spoken';
    this._spoken.setAttribute('role', 'status');
    this._spoken.setAttribute('aria-live', 'polite');
    this._bar = document.createElement('div');
    this._bar.className = 'cj-Footer-bar';
    this._bar.setAttribute('role', 'progressbar');
    this._bar.setAttribute(
      'aria-label',
      this._trans.__('Reading the directory')
    );
    this._fill = document.createElement('div');
    this._fill.className = 'cj-Footer-fill';
    this._bar.appendChild(this._fill);
    this.node.append(this._bar, this._text, this._actions, this._spoken);
    _options.view.changed.connect(this._onChanged, this);
    this.update();
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    clearTimeout(this._timer);
    this._options.view.changed.disconnect(this._onChanged, this);
    super.dispose();
  }

  protected override onUpdateRequest(msg: Message): void {
    const { view } = this._options;
    const { head } = view;
    this._text.textContent = this._counts();
    const isBusy =
      head !== null &&
      (!head.complete ||
        head.mode === 'preview' ||
        (head.progress !== null && head.progress < 1));
    this._bar.classList.toggle('cj-mod-busy', isBusy);
    this._bar.hidden = !isBusy;
    const progress = isBusy ? head.progress : null;
    this._bar.classList.toggle('cj-mod-unknown', isBusy && progress === null);
    if (progress === null) {
      this._bar.removeAttribute('aria-valuenow');
      this._fill.style.width = '';
    } else {
      const percent = Math.round(progress * 100);
      this._bar.setAttribute('aria-valuenow', String(percent));
      this._fill.style.width = `${percent}%`;
    }
    this._drawActions(isBusy);
    this._tell(isBusy);
  }

  private _counts(): string {
    const { view, selectedCount } = this._options;
    const { head } = view;
    if (!head) {
      return '';
    }
    const total = this._count(head.total);
    const parts: string[] = [];
    if (!head.complete) {
      parts.push(this._trans.__('%1 items so far', this._count(head.scanned)));
    } else if (view.params.filter) {
      parts.push(
        this._trans.__('%1 of %2', total, this._count(head.unfiltered))
      );
    } else {
      parts.push(this._trans._n('%2 item', '%2 items', head.total, total));
    }
    if (head.complete && head.mode === 'preview') {
      parts.push(this._trans.__('sorting…'));
    }
    const selected = selectedCount();
    if (selected > 1) {
      parts.push(this._trans.__('%1 selected', this._count(selected)));
    }
    return parts.join(' · ');
  }

  private _drawActions(isBusy: boolean): void {
    const { view } = this._options;
    const { sort, force } = view.params;
    const isDeferred = view.head?.deferred ?? false;
    const state =
      sort === 'name'
        ? ''
        : isDeferred
          ? 'deferred'
          : isBusy && force
            ? 'sorting'
            : '';
    if (this._actions.dataset.state === state) {
      return;
    }
    this._actions.dataset.state = state;
    this._actions.replaceChildren();
    if (state === 'deferred') {
      this._actions.append(
        this._trans.__('Shown by name.'),
        ' ',
        this._button(this._trans.__('Sort anyway'), () =>
          view.configure({ force: true })
        )
      );
    } else if (state === 'sorting') {
      this._actions.append(
        this._button(this._trans.__('Cancel sorting'), () => view.cancelSort())
      );
    }
  }

  private _button(label: string, act: () => Promise<void>): HTMLElement {
    const button = document.createElement('button');
    button.className = 'cj-Footer-button';
    button.textContent = label;
    button.addEventListener('click', () => {
      // What goes wrong shows in the panel.
      void act().catch(() => undefined);
    });
    return button;
  }

  /** Say the counts once they have settled: neither every step of a scan nor every key of a filter. */
  private _tell(isBusy: boolean): void {
    const text = this._text.textContent ?? '';
    if (isBusy || text === this._told) {
      return;
    }
    this._told = text;
    clearTimeout(this._timer);
    this._timer = window.setTimeout(() => {
      this._spoken.textContent = text;
    }, TELL_DELAY);
  }

  private _count(count: number): string {
    return formatCount(count, this._options.translator);
  }

  private _onChanged(): void {
    this.update();
  }

  private readonly _actions: HTMLElement;
  private readonly _bar: HTMLElement;
  private readonly _fill: HTMLElement;
  private readonly _spoken: HTMLElement;
  private readonly _text: HTMLElement;
  private readonly _trans: TranslationBundle;
  private _timer = -1;
  private _told = '';
}

export namespace Footer {
  export interface IOptions {
    view: IDirectoryView;
    selectedCount: () => number;
    translator: ITranslator;
  }
}
