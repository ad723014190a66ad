import { ReactWidget, settingsIcon } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import type { Message } from '@lumino/messaging';
import React from 'react';

import type { IKernelUse } from '../types';
import { Charts } from './charts';
import { Checks } from './checks';
import { healthIcon, statusIcons } from './icons';
import type { IKernelActions } from './kernels';
import { Kernels } from './kernels';
import {
  beside,
  cpuShare,
  diskShare,
  gpuMemory,
  levelOf,
  memoryShare,
  worst
} from './levels';
import type { HealthSamples } from './model';
import type { HealthPreferences } from './preferences';
import type { Status } from '../types';
import type { HealthWords } from './words';

/** How the server is, live. Asks for figures, and draws them, while it is seen. */
export class HealthPanel extends ReactWidget {
  constructor(private readonly _options: HealthPanel.IOptions) {
    super();
    const { model, preferences, words } = _options;
    this.id = HealthPanel.ID;
    this.addClass('cj-Health');
    this.title.icon = healthIcon;
    this.title.caption = words.trans.__('Health');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', words.trans.__('Health'));
    model.changed.connect(this._onChanged, this);
    preferences.changed.connect(this._onChanged, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    const { model, preferences } = this._options;
    model.changed.disconnect(this._onChanged, this);
    preferences.changed.disconnect(this._onChanged, this);
    this._watch(false);
    super.dispose();
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._watch(this.isVisible);
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._watch(true);
    this.update();
  }

  protected override onBeforeHide(msg: Message): void {
    super.onBeforeHide(msg);
    this._watch(false);
  }

  protected override onBeforeDetach(msg: Message): void {
    this._watch(false);
    super.onBeforeDetach(msg);
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this._heading.current?.focus();
  }

  protected override render(): JSX.Element {
    const { model, preferences, words, openSettings } = this._options;
    const { trans } = words;
    const { samples, checks, trouble } = model;
    const level = this._level();
    const Icon = statusIcons[level];
    return (
      <div className="cj-Health-content">
        <div className="cj-Health-header">
          <h2 className="cj-Health-heading" tabIndex={-1} ref={this._heading}>
            {trans.__('Health')}
          </h2>
          {samples.length > 0 && trouble === null && (
            <span
              className="cj-Health-overall"
              data-cj-level={level}
              role="status"
            >
              <Icon.react tag="span" className="cj-Health-sign" />
              {words.status(level)}
            </span>
          )}
          {openSettings && (
            <button
              type="button"
              className="cj-Health-button"
              aria-label={trans.__('Settings of Health')}
              title={trans.__('Settings of Health')}
              onClick={openSettings}
            >
              <settingsIcon.react tag="span" />
            </button>
          )}
        </div>
        <div className="cj-Health-body">
          {trouble !== null && (
            <p className="cj-Health-trouble" role="status">
              {words.trouble(trouble)}
            </p>
          )}
          {this._failure !== '' && (
            <p className="cj-Health-trouble" role="alert">
              {this._failure}
            </p>
          )}
          {samples.length === 0 && trouble === null && (
            <p className="cj-Health-none">{trans.__('Looking…')}</p>
          )}
          {trouble !== 'missing' && trouble !== 'refused' && (
            <>
              <Checks checks={checks} words={words} />
              <Charts
                samples={samples}
                preferences={preferences}
                words={words}
              />
              {samples.length > 0 && (
                <section aria-label={trans.__('Kernels')}>
                  <h3 className="cj-Health-subheading">
                    {trans.__('Kernels')}
                  </h3>
                  <Kernels
                    samples={samples}
                    words={words}
                    actions={this._actions}
                    ending={this._ending}
                  />
                </section>
              )}
            </>
          )}
        </div>
      </div>
    );
  }

  /** The worst of what the server says and of what the user's thresholds say. */
  private _level(): Status {
    const { model, preferences } = this._options;
    const { latest, checks } = model;
    if (!latest) {
      return 'pass';
    }
    return worst(
      ...beside(checks).map(({ status }) => status),
      levelOf(memoryShare(latest), preferences.thresholds('memory')),
      levelOf(cpuShare(latest), preferences.thresholds('cpu')),
      levelOf(gpuMemory(latest.gpus), preferences.thresholds('gpuMemory')),
      ...latest.disks.map(disk =>
        levelOf(diskShare(disk), preferences.thresholds('disk'))
      )
    );
  }

  private _watch(wanted: boolean): void {
    if (!wanted) {
      this._watcher?.dispose();
      this._watcher = null;
    } else {
      this._watcher ??= this._options.model.watch('live');
    }
  }

  private _onChanged(): void {
    // What nobody sees is drawn when it is seen.
    if (this.isVisible && !document.hidden) {
      this.update();
    }
  }

  private readonly _actions: IKernelActions = {
    nameOf: kernel => this._options.kernels.nameOf(kernel),
    canOpen: kernel => this._options.kernels.canOpen(kernel),
    open: kernel => this._options.kernels.open(kernel),
    shutDown: kernel => void this._shutDown(kernel)
  };

  private async _shutDown(kernel: IKernelUse): Promise<void> {
    const { kernels, model, words } = this._options;
    try {
      if (!(await kernels.confirm(kernel)) || this.isDisposed) {
        return;
      }
      this._failure = '';
      this._ending.add(kernel.id);
      this.update();
      await kernels.shutDown(kernel);
      await model.refresh();
      // Its row, and the button in it, are about to go.
      if (!this.isDisposed && this.isVisible) {
        this._heading.current?.focus();
      }
    } catch (error) {
      this._ending.delete(kernel.id);
      this._failure = words.trans.__(
        'The kernel could not be shut down: %1',
        error instanceof Error ? error.message : String(error)
      );
    }
    if (!this.isDisposed) {
      this.update();
    }
  }

  private readonly _ending = new Set<string>();
  private _failure = '';
  private readonly _heading = React.createRef<HTMLHeadingElement>();
  private _watcher: IDisposable | null = null;
}

export namespace HealthPanel {
  export const ID = 'cloudru-health';

  /** What can be done with a kernel. */
  export interface IKernels extends Pick<
    IKernelActions,
    'nameOf' | 'canOpen' | 'open'
  > {
    /** Ask the user; whether they agree. */
    confirm: (kernel: IKernelUse) => Promise<boolean>;
    /** Rejects with the server's error. */
    shutDown: (kernel: IKernelUse) => Promise<void>;
  }

  export interface IOptions {
    model: HealthSamples;
    preferences: HealthPreferences;
    words: HealthWords;
    kernels: IKernels;
    openSettings: (() => void) | null;
  }
}
