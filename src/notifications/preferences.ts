import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { PluginIds } from '../core/ids';
import type { Severity } from './types';

/** JupyterLab's own settings of notifications, with do-not-disturb. */
const JUPYTERLAB = '@jupyterlab/apputils-extension:notification';

/** What the user has set: ours, and JupyterLab's do-not-disturb. Defaults until it is known, and without settings. */
export class Preferences {
  constructor(private readonly _registry: ISettingRegistry | null) {
    this.ready = this._load();
  }

  /** They are known, or cannot be. Never rejects. */
  readonly ready: Promise<void>;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get minimumSeverity(): Severity {
    return (this._ours?.composite['minimumSeverity'] ?? 'info') as Severity;
  }

  get browserNotifications(): boolean {
    return this._ours?.composite['browserNotifications'] === true;
  }

  get doNotDisturb(): boolean {
    return this._theirs?.composite['doNotDisturbMode'] === true;
  }

  async setBrowserNotifications(on: boolean): Promise<void> {
    await this._ours?.set('browserNotifications', on);
  }

  private async _load(): Promise<void> {
    [this._ours, this._theirs] = await Promise.all([
      this._settings(PluginIds.notifications),
      this._settings(JUPYTERLAB)
    ]);
    this._changed.emit();
  }

  private async _settings(
    id: string
  ): Promise<ISettingRegistry.ISettings | null> {
    try {
      const settings = (await this._registry?.load(id)) ?? null;
      settings?.changed.connect(() => this._changed.emit());
      return settings;
    } catch (error) {
      // An operator may have switched the plugin off.
      console.warn(`cloudru-jlab: no settings of ${id}.`, error);
      return null;
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private _ours: ISettingRegistry.ISettings | null = null;
  private _theirs: ISettingRegistry.ISettings | null = null;
}
