import type { IDisposable } from '@lumino/disposable';
import type { Message } from '@lumino/messaging';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import type { Status } from '../types';
import type { IFigure } from './figures';
import { figuresOf } from './figures';
import { healthIcon, statusIcons } from './icons';
import { beside, worst } from './levels';
import type { HealthSamples } from './model';
import type { HealthPreferences, Shown } from './preferences';
import type { HealthWords } from './words';

/** Memory, processors, GPUs and disks in the status bar. Asks for figures while it is seen. */
export class StatusItem extends Widget {
  constructor(private readonly _options: StatusItem.IOptions) {
    super();
    const { model, preferences, open } = _options;
    this.addClass('cj-HealthItem');
    this._button = document.createElement('button');
    this._button.type = 'button';
    this._button.className = 'cj-HealthItem-button jp-StatusBar-TextItem';
    this._button.addEventListener('click', open);
    this._first = new Part('state');
    this._button.append(this._first.node);
    this.node.append(this._button);
    model.changed.connect(this._draw, this);
    preferences.changed.connect(this._draw, this);
    this._draw();
  }

  /** Whether there is anything to be told. */
  get isActive(): boolean {
    return this._options.model.trouble !== 'missing';
  }

  get activeChanged(): ISignal<this, void> {
    return this._activeChanged;
  }

  override dispose(): void {
    const { model, preferences } = this._options;
    model.changed.disconnect(this._draw, this);
    preferences.changed.disconnect(this._draw, this);
    this._watch(false);
    Signal.clearData(this);
    super.dispose();
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._watch(this.isVisible);
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._watch(true);
    this._draw();
  }

  protected override onBeforeHide(msg: Message): void {
    super.onBeforeHide(msg);
    this._watch(false);
  }

  protected override onBeforeDetach(msg: Message): void {
    super.onBeforeDetach(msg);
    this._watch(false);
  }

  private _watch(wanted: boolean): void {
    if (!wanted) {
      this._watcher?.dispose();
      this._watcher = null;
    } else {
      this._watcher ??= this._options.model.watch('leisurely');
    }
  }

  private _draw(): void {
    if (this._wasActive !== this.isActive) {
      this._wasActive = this.isActive;
      this._activeChanged.emit();
    }
    if (this.isHidden || document.hidden) {
      return;
    }
    const { model, preferences, words } = this._options;
    const { latest, trouble } = model;
    const figures = latest ? figuresOf(latest, preferences, words) : [];
    const others = trouble === null ? beside(model.checks) : [];
    this._drawState(
      figures,
      others.length,
      worst(...others.map(c => c.status))
    );
    for (const what of ['memory', 'cpu', 'gpu', 'disk'] as const) {
      this._drawFigure(
        what,
        figures.find(figure => figure.what === what)
      );
    }
    const told = [
      ...(trouble === null ? [] : [words.trouble(trouble)]),
      ...figures.map(({ long, level }) =>
        level === 'pass' ? long : `${words.status(level)}: ${long}`
      ),
      ...others.map(
        check => `${words.status(check.status)}: ${words.check(check).message}`
      )
    ];
    this._button.classList.toggle('cj-mod-stale', trouble !== null);
    set(this._button, 'title', told.join('\n'));
    set(
      this._button,
      'aria-label',
      words.trans.__('Health. %1', told.join('. '))
    );
  }

  /** The first part says what no figure says, or that there are none. */
  private _drawState(
    figures: readonly IFigure[],
    others: number,
    level: Status
  ): void {
    const { words } = this._options;
    const text =
      others > 0
        ? level === 'fail'
          ? words.trans._n('%1 problem', '%1 problems', others)
          : words.trans._n('%1 warning', '%1 warnings', others)
        : figures.length === 0
          ? words.trans.__('Health')
          : '';
    this._first.draw(text, others > 0 ? level : 'pass', null);
    this._first.sign(others > 0 ? level : null, text !== '');
  }

  private _drawFigure(what: Shown, figure: IFigure | undefined): void {
    let part = this._parts.get(what);
    if (!figure) {
      part?.node.remove();
      this._parts.delete(what);
      return;
    }
    if (!part) {
      part = new Part(what);
      this._parts.set(what, part);
      const after = ORDER.slice(ORDER.indexOf(what) + 1)
        .map(other => this._parts.get(other)?.node)
        .find(node => node !== undefined);
      this._button.insertBefore(part.node, after ?? null);
    }
    part.draw(figure.text, figure.level, figure.share);
    part.sign(figure.level === 'pass' ? null : figure.level, false);
  }

  private readonly _activeChanged = new Signal<this, void>(this);
  private readonly _button: HTMLButtonElement;
  private readonly _first: Part;
  private readonly _parts = new Map<Shown, Part>();
  private _wasActive = true;
  private _watcher: IDisposable | null = null;
}

export namespace StatusItem {
  export interface IOptions {
    model: HealthSamples;
    preferences: HealthPreferences;
    words: HealthWords;
    open: () => void;
  }
}

const ORDER: readonly Shown[] = ['memory', 'cpu', 'gpu', 'disk'];

/** A figure of the item: a sign where it is not well, a text, and maybe a bar. Touches the page only where it changes. */
class Part {
  constructor(what: string) {
    this.node = document.createElement('span');
    this.node.className = 'cj-HealthItem-part';
    this.node.dataset.cjWhat = what;
    this._sign = document.createElement('span');
    this._sign.className = 'cj-HealthItem-sign';
    this._text = document.createElement('span');
    this.node.append(this._sign, this._text);
  }

  readonly node: HTMLElement;

  draw(text: string, level: Status, share: number | null): void {
    if (this._text.textContent !== text) {
      this._text.textContent = text;
    }
    this.node.hidden = text === '';
    if (this.node.dataset.cjLevel !== level) {
      this.node.dataset.cjLevel = level;
    }
    if (share !== null && !this._bar) {
      const frame = document.createElement('span');
      frame.className = 'cj-HealthItem-bar';
      this._bar = document.createElement('span');
      frame.append(this._bar);
      this.node.append(frame);
    }
    // Whole percents: less is not seen.
    const width = `${Math.round((share ?? 0) * 100)}%`;
    if (this._bar && this._bar.style.width !== width) {
      this._bar.style.width = width;
    }
  }

  /** Show the sign of a state; with none, the feature's own, or nothing. */
  sign(level: Status | null, own: boolean): void {
    const wanted = level ?? (own ? 'own' : '');
    if (this._signed !== wanted) {
      this._signed = wanted;
      this._sign.replaceChildren();
      const icon = level ? statusIcons[level] : own ? healthIcon : null;
      if (icon) {
        icon.element({ container: this._sign, tag: 'span' });
      }
    }
  }

  private _bar: HTMLElement | null = null;
  private readonly _sign: HTMLElement;
  private _signed = '';
  private readonly _text: HTMLElement;
}

function set(node: HTMLElement, name: string, value: string): void {
  if (node.getAttribute(name) !== value) {
    node.setAttribute(name, value);
  }
}
