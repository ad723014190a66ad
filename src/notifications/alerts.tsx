import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon, ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

/** A button of an alert. */
export interface IButton {
  readonly label: string;
  readonly run: () => void;
}

export interface IAlert {
  readonly id: string;
  readonly title: string;
  readonly body: string;
  readonly buttons: readonly IButton[];
}

/**
 * A corner of the page, above JupyterLab's toasts: critical notifications, which do-not-disturb does not keep away, and how many
 * there are besides those that are shown.
 */
export class Alerts extends ReactWidget {
  constructor(private readonly _options: Alerts.IOptions) {
    super();
    this.id = 'cj-notification-alerts';
    this.addClass('cj-Alerts');
    this.addClass('jp-ThemedContainer');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute(
      'aria-label',
      _options.trans.__('Important notifications')
    );
    this.node.addEventListener('keydown', this._onKeyDown);
    this.node.addEventListener('focusin', this._onFocusIn);
  }

  get alerts(): readonly IAlert[] {
    return this._alerts;
  }
  set alerts(alerts: readonly IAlert[]) {
    if (alerts.length > 0 || this._alerts.length > 0) {
      this._alerts = alerts;
      this._draw();
    }
  }

  /** How many have no toast of their own; 0 says nothing. */
  get more(): number {
    return this._more;
  }
  set more(more: number) {
    if (more !== this._more) {
      this._more = more;
      this._draw();
    }
  }

  /** Keep clear of what stands in the corner, in pixels. */
  set above(height: number) {
    this.node.style.setProperty('--cj-toasts-height', `${height}px`);
  }

  override dispose(): void {
    this.node.removeEventListener('keydown', this._onKeyDown);
    this.node.removeEventListener('focusin', this._onFocusIn);
    super.dispose();
  }

  /** Move the focus to the first alert; whether there is one. */
  focus(): boolean {
    const button = this.node.querySelector<HTMLElement>('.cj-Alert-close');
    button?.focus();
    return !!button;
  }

  protected override render(): JSX.Element {
    const { trans, showMore } = this._options;
    const more =
      this._more > 0
        ? trans._n('%1 more notification', '%1 more notifications', this._more)
        : null;
    return (
      <>
        <div className="cj-Alerts-more" role="status">
          {more !== null && (
            <>
              <button
                type="button"
                className="cj-Alerts-moreButton"
                onClick={showMore}
                title={trans.__('Show all notifications')}
              >
                {more}
              </button>
              <CloseButton
                title={trans.__('Hide')}
                onClick={() => this._close(null)}
              />
            </>
          )}
        </div>
        {this._alerts.map(({ id, title, body, buttons }) => (
          <div key={id} className="cj-Alert" role="alert" data-id={id}>
            <div className="cj-Alert-text">
              <strong>{trans.__('Critical')}</strong>
              <div className="cj-Alert-title">{title}</div>
              {body && <div className="cj-Alert-body">{body}</div>}
            </div>
            <CloseButton
              title={trans.__('Dismiss notification')}
              className="cj-Alert-close"
              onClick={() => this._close(id)}
            />
            {buttons.length > 0 && (
              <div className="cj-Alert-buttons">
                {buttons.map(({ label, run }, index) => (
                  <button
                    key={index}
                    type="button"
                    className="jp-toast-button"
                    onClick={run}
                  >
                    {label}
                  </button>
                ))}
              </div>
            )}
          </div>
        ))}
      </>
    );
  }

  private _draw(): void {
    const isEmpty = this._alerts.length === 0 && this._more === 0;
    this.node.classList.toggle('cj-mod-empty', isEmpty);
    this.update();
  }

  private readonly _onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !(event.target instanceof Element)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    this._close(
      event.target.closest<HTMLElement>('.cj-Alert')?.dataset['id'] ?? null
    );
  };

  private readonly _onFocusIn = ({ relatedTarget }: FocusEvent): void => {
    if (
      relatedTarget instanceof HTMLElement &&
      !this.node.contains(relatedTarget)
    ) {
      this._cameFrom = relatedTarget;
    }
  };

  /** Close an alert, or with null what tells of more; the focus goes on to the next, or back to where it came from. */
  private _close(id: string | null): void {
    if (this.node.contains(document.activeElement)) {
      const others = [
        ...this.node.querySelectorAll<HTMLElement>('.cj-Alert')
      ].filter(({ dataset }) => dataset['id'] !== id);
      const next = others[0]?.querySelector<HTMLElement>('.cj-Alert-close');
      (next ?? this._cameFrom)?.focus();
    }
    if (id === null) {
      this._options.forgetMore();
    } else {
      this._options.close(id);
    }
  }

  private _alerts: readonly IAlert[] = [];
  private _cameFrom: HTMLElement | null = null;
  private _more = 0;
}

export namespace Alerts {
  export interface IOptions {
    trans: TranslationBundle;
    /** The user closes one. */
    close: (id: string) => void;
    /** The user wants to see those that are not shown. */
    showMore: () => void;
    /** The user knows that there are more. */
    forgetMore: () => void;
  }
}

function CloseButton(props: {
  title: string;
  className?: string;
  onClick: () => void;
}): JSX.Element {
  const { title, className = '', onClick } = props;
  return (
    <button
      type="button"
      className={`cj-Alerts-close ${className}`}
      title={title}
      aria-label={title}
      onClick={onClick}
    >
      <closeIcon.react className="jp-icon-hover" tag="span" />
    </button>
  );
}
