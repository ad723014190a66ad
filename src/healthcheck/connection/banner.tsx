import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

/** A button of the banner. */
export interface IChoice {
  readonly label: string;
  readonly run: () => void;
  readonly isBusy?: boolean;
}

/** What the banner says. */
export interface INews {
  readonly tone: 'down' | 'back' | 'lost';
  readonly title: string;
  readonly body: string;
  readonly choices: readonly IChoice[];
}

/** A bar above everything else of the page, as high as its text needs. */
export class Banner extends ReactWidget {
  constructor(trans: TranslationBundle) {
    super();
    this.id = 'cj-connection';
    this.addClass('cj-Connection');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Connection to the server'));
    this.node.addEventListener('focusin', this._onFocusIn);
    this._resized = new ResizeObserver(() => this._fit());
    this.hide();
  }

  /** Null says nothing, and takes no room. */
  get news(): INews | null {
    return this._news;
  }
  set news(news: INews | null) {
    this._news = news;
    if (news === null && this.node.contains(document.activeElement)) {
      this._cameFrom?.focus();
    }
    this.setHidden(news === null);
    this.update();
  }

  override dispose(): void {
    this._resized.disconnect();
    this.node.removeEventListener('focusin', this._onFocusIn);
    super.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this._resized.observe(this.node);
  }

  protected override render(): JSX.Element {
    const news = this._news;
    return (
      <div
        ref={this._measured}
        className={`cj-Connection-bar cj-mod-${news?.tone ?? 'none'}`}
      >
        <div role="alert" className="cj-Connection-text">
          {news?.tone === 'down' && <Text news={news} />}
        </div>
        <div role="status" className="cj-Connection-text">
          {news && news.tone !== 'down' && <Text news={news} />}
        </div>
        <div className="cj-Connection-choices">
          {news?.choices.map(({ label, run, isBusy = false }, index) => (
            <button
              // Not the label: it changes, and the button must keep the focus.
              key={index}
              type="button"
              className="cj-Connection-choice"
              // A disabled button would lose the focus.
              aria-disabled={isBusy}
              onClick={() => !isBusy && run()}
            >
              {label}
            </button>
          ))}
        </div>
      </div>
    );
  }

  private readonly _measured = (bar: HTMLElement | null): void => {
    if (this._bar) {
      this._resized.unobserve(this._bar);
    }
    this._bar = bar;
    if (bar) {
      this._resized.observe(bar);
    }
  };

  /** JupyterLab's layout asks a widget's style for its height, and not its content. */
  private _fit(): void {
    const height = `${this._bar?.offsetHeight ?? 0}px`;
    if (this.isVisible && this.node.style.minHeight !== height) {
      this.node.style.minHeight = height;
      if (this.parent) {
        MessageLoop.postMessage(this.parent, Widget.Msg.FitRequest);
      }
    }
  }

  private readonly _onFocusIn = ({ relatedTarget }: FocusEvent): void => {
    if (
      relatedTarget instanceof HTMLElement &&
      !this.node.contains(relatedTarget)
    ) {
      this._cameFrom = relatedTarget;
    }
  };

  private _bar: HTMLElement | null = null;
  private _cameFrom: HTMLElement | null = null;
  private _news: INews | null = null;
  private readonly _resized: ResizeObserver;
}

function Text({ news }: { news: INews }): JSX.Element {
  return (
    <>
      <strong>{news.title}</strong>
      {news.body && <span> {news.body}</span>}
    </>
  );
}
