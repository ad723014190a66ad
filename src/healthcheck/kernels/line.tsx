import { closeIcon, ReactWidget } from '@jupyterlab/ui-components';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

export interface IButton {
  readonly label: string;
  readonly title?: string;
  readonly run: () => void;
}

/** What stands in a line at the top of a notebook or console. */
export interface ILine {
  readonly title: string;
  /** Sentences. */
  readonly text: readonly string[];
  readonly advice: string;
  readonly buttons: readonly IButton[];
}

/** A line at the top of a panel, above its content: never in the way, and there until it is dismissed. */
export class Line extends ReactWidget {
  constructor(private readonly _options: Line.IOptions) {
    super();
    this.addClass('cj-KernelLine');
    this.node.addEventListener('keydown', this._onKeyDown);
    if (typeof ResizeObserver === 'function') {
      this._observer = new ResizeObserver(() => this._measure());
    }
  }

  get line(): ILine {
    return this._line;
  }
  set line(line: ILine) {
    this._line = line;
    this.update();
  }

  override dispose(): void {
    this._observer?.disconnect();
    this.node.removeEventListener('keydown', this._onKeyDown);
    super.dispose();
  }

  protected override render(): JSX.Element {
    const { title, text, advice, buttons } = this._line;
    return (
      <div className="cj-KernelLine-content" ref={this._watch}>
        <div className="cj-KernelLine-text" role="alert">
          <strong className="cj-KernelLine-title">{title}</strong>
          {text.map((sentence, index) => (
            <span key={index}> {sentence}</span>
          ))}
          {advice && <div className="cj-KernelLine-advice">{advice}</div>}
        </div>
        <div className="cj-KernelLine-buttons">
          {buttons.map(button => (
            <button
              key={button.label}
              type="button"
              className="cj-KernelLine-button"
              title={button.title ?? ''}
              onClick={button.run}
            >
              {button.label}
            </button>
          ))}
        </div>
        <button
          type="button"
          className="cj-KernelLine-close"
          title={this._options.dismiss}
          aria-label={this._options.dismiss}
          onClick={this._options.close}
        >
          <closeIcon.react className="jp-icon-hover" tag="span" />
        </button>
      </div>
    );
  }

  private readonly _onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      this._options.close();
    }
  };

  private readonly _watch = (content: HTMLElement | null): void => {
    this._observer?.disconnect();
    this._content = content;
    if (content) {
      this._observer?.observe(content);
      this._measure();
    }
  };

  /** The layout of a panel gives a widget the height that its style demands. */
  private _measure(): void {
    const height = this._content?.offsetHeight ?? 0;
    if (this.isDisposed || height === this._height) {
      return;
    }
    this._height = height;
    this.node.style.minHeight = `${height}px`;
    if (this.parent) {
      MessageLoop.postMessage(this.parent, Widget.Msg.FitRequest);
    }
  }

  private _content: HTMLElement | null = null;
  private _height = 0;
  private _line: ILine = { title: '', text: [], advice: '', buttons: [] };
  private readonly _observer: ResizeObserver | null = null;
}

export namespace Line {
  export interface IOptions {
    /** The name of the button that dismisses it. */
    dismiss: string;
    close: () => void;
  }
}
