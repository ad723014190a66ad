import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { PluginIds } from '../../core/ids';
import type { IThresholds, Measured } from './levels';

/** What the status bar may show. */
export type Shown = 'memory' | 'cpu' | 'gpu' | 'disk';

const DEFAULTS: Readonly<Record<Measured, IThresholds>> = {
  memory: { warning: 0.8, problem: 0.9 },
  // Busy processors are what one wants of them, mostly.
  cpu: { warning: 1, problem: 1 },
  disk: { warning: 0.9, problem: 0.97 },
  gpuMemory: { warning: 0.9, problem: 0.97 }
};

/** What the user has set; defaults until it is known, and without settings. */
export class HealthPreferences {
  constructor(registry: ISettingRegistry | null) {
    this.ready = this._load(registry);
  }

  /** They are known, or cannot be. Never rejects. */
  readonly ready: Promise<void>;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  thresholds(measured: Measured): IThresholds {
    return this._thresholds[measured];
  }

  shows(what: Shown): boolean {
    return this._shown[what];
  }

  private async _load(registry: ISettingRegistry | null): Promise<void> {
    try {
      const settings = await registry?.load(PluginIds.healthcheck);
      if (settings) {
        settings.changed.connect(() => this._read(settings));
        this._read(settings);
      }
    } catch (error) {
      console.warn('cloudru-jlab: no settings of the healthcheck.', error);
    }
  }

  private _read({ composite }: ISettingRegistry.ISettings): void {
    const number = (name: string, otherwise: number): number => {
      const value = composite[name];
      return typeof value === 'number' ? value : otherwise;
    };
    const read = (measured: Measured): IThresholds => ({
      warning: number(`${measured}Warning`, DEFAULTS[measured].warning),
      problem: number(`${measured}Problem`, DEFAULTS[measured].problem)
    });
    this._thresholds = {
      memory: read('memory'),
      cpu: read('cpu'),
      disk: read('disk'),
      gpuMemory: read('gpuMemory')
    };
    this._shown = {
      memory: composite['showMemory'] !== false,
      cpu: composite['showCpu'] !== false,
      gpu: composite['showGpu'] !== false,
      disk: composite['showDisk'] !== false
    };
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private _shown: Readonly<Record<Shown, boolean>> = {
    memory: true,
    cpu: true,
    gpu: true,
    disk: true
  };
  private _thresholds = DEFAULTS;
}
