import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import type { IDeath } from '../types';
import type { Deaths } from './deaths';
import { showDiagnosis } from './diagnosis';
import { KernelFollower } from './follower';
import type { IButton, ILine } from './line';
import { Line } from './line';
import type { KernelMemory } from './memory';
import type { IKernelPanel } from './panels';
import { indexOf, isNotebook, labelOf } from './panels';
import { restartAndRunAbove, RUN_ALL_ABOVE } from './rerun';
import { certaintyOf, explain, mayLive } from './words';

/** When to look for the explanation of a death, in ms from when it was heard of; the server rings besides. */
const LOOKS = [0, 300, 1_000, 2_000];
/** After this the reason is not known, in ms. */
const PATIENCE = 3_000;
/** Once more, in ms: the server may be slow. */
const LATE_LOOK = 10_000;
/** What is running is written down this long after it began, in ms: most cells are over by then. */
const PAUSE = 250;

/** Says in one notebook or console why its kernel died. */
export class PanelWatch implements IDisposable {
  constructor(
    private readonly _panel: IKernelPanel,
    private readonly _options: PanelWatch.IOptions
  ) {
    this._follower = new KernelFollower(_panel.sessionContext);
    this._follower.changed.connect(this._onChanged, this);
    this._follower.died.connect(this._onDied, this);
    this._follower.gone.connect(this._onGone, this);
    _options.deaths.arrived.connect(this._onArrived, this);
    _options.deaths.withdrawn.connect(this._onWithdrawn, this);
    window.addEventListener('pagehide', this._remember);
    void this._catchUp();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._remember();
    window.removeEventListener('pagehide', this._remember);
    clearTimeout(this._remembering);
    this._looking.forEach(timer => clearTimeout(timer));
    this._options.deaths.arrived.disconnect(this._onArrived, this);
    this._options.deaths.withdrawn.disconnect(this._onWithdrawn, this);
    this._follower.dispose();
    this._line?.dispose();
    Signal.clearData(this);
  }

  /** There is evidence of what the line tells, or told. */
  get hasDiagnosis(): boolean {
    return this._death !== null;
  }

  /** Show the evidence, where there is any. */
  diagnose(): void {
    const { language, trans } = this._options;
    const cell = labelOf(this._panel, this._cell, trans);
    if (this._death) {
      void showDiagnosis({ death: this._death, cell, language, trans });
    }
  }

  /** Tell of what happened while the page was away. */
  private async _catchUp(): Promise<void> {
    const { deaths, memory } = this._options;
    const { sessionContext, revealed } = this._panel;
    const seen = memory.seen(sessionContext.path);
    await Promise.all([deaths.ready, revealed.catch(() => undefined)]);
    if (this._isDisposed) {
      return;
    }
    this._isCaughtUp = true;
    const missed = deaths.all.filter(
      ({ kernel_id, seq, cause }) =>
        kernel_id === seen?.kernel &&
        (seq > seen.seq || deaths.last < seen.seq) &&
        cause !== 'child_out_of_memory'
    );
    const death = missed[missed.length - 1];
    if (death && !this._line) {
      this._cell = seen?.cell ?? null;
      this._tell(death, true);
    }
    this._remember();
  }

  private _onChanged(): void {
    clearTimeout(this._remembering);
    this._remembering = window.setTimeout(this._remember, PAUSE);
  }

  private _onDied(_: unknown, cell: string | null): void {
    const early = this._early;
    this._early = null;
    if (early !== null && Date.now() - early < LATE_LOOK) {
      // The explanation was faster.
      return;
    }
    this._isAwaited = true;
    this._cell = cell;
    this._look(() => this._tellUnknown());
  }

  private _onGone(): void {
    // The server has been started anew, or somebody shut the kernel down: it knows.
    this._look(() => undefined);
  }

  private _look(giveUp: () => void): void {
    this._looking.forEach(timer => clearTimeout(timer));
    const look = (): void => void this._options.deaths.refresh();
    this._looking = [
      ...[...LOOKS, LATE_LOOK].map(delay => window.setTimeout(look, delay)),
      window.setTimeout(() => {
        if (this._isAwaited) {
          this._isAwaited = false;
          giveUp();
        }
      }, PATIENCE)
    ];
  }

  private _onArrived(_: Deaths, fresh: readonly IDeath[]): void {
    const mine = fresh.filter(
      ({ id, kernel_id }) =>
        (kernel_id && kernel_id === this._follower.kernel) ||
        // What has become of the kernel that stood here when its gateway fell silent.
        (this._line && id === this._death?.id)
    );
    // A process of the kernel is not the kernel.
    const child = mine.find(({ cause }) => cause === 'child_out_of_memory');
    const own = mine.filter(({ cause }) => cause !== 'child_out_of_memory');
    const death = own[own.length - 1];
    if (death && mayLive(death)) {
      this._cell = this._follower.cell;
      this._isAwaited = false;
      this._tell(death, false);
    } else if (death) {
      const isHeard = this._isAwaited || this._isUnexplained;
      if (!isHeard) {
        this._early = Date.now();
        const cell = this._follower.stop();
        // What ran when the gateway fell silent has perhaps been given up since.
        this._cell = cell ?? (death.id === this._death?.id ? this._cell : null);
      }
      this._isAwaited = false;
      this._tell(death, false);
    } else if (child && !this._isAwaited) {
      this._cell = this._follower.cell;
      this._tell(child, false);
    }
    this._remember();
  }

  private _onWithdrawn(_: Deaths, withdrawn: readonly IDeath[]): void {
    if (withdrawn.some(({ id }) => id === this._death?.id)) {
      this._death = null;
      this._close();
    }
  }

  private _tell(death: IDeath, wasAway: boolean): void {
    this._death = death;
    this._isUnexplained = false;
    const { language, trans } = this._options;
    const { title, body, advice } = explain(death, language);
    const isDead = death.cause !== 'child_out_of_memory' && !mayLive(death);
    this._show({
      title,
      text: [
        body,
        certaintyOf(death, trans),
        ...this._runningSentence(wasAway)
      ].filter(sentence => sentence !== ''),
      advice,
      buttons: [
        ...(isDead ? this._rerunButton() : []),
        {
          label: trans.__('Open diagnosis'),
          title: trans.__('Show the evidence'),
          run: () => this.diagnose()
        }
      ]
    });
  }

  private _tellUnknown(): void {
    const { trans } = this._options;
    this._death = null;
    this._isUnexplained = true;
    this._show({
      title: trans.__('The kernel died; the reason is not known.'),
      text: [
        trans.__('Its variables are gone.'),
        ...this._runningSentence(false)
      ],
      advice: '',
      buttons: this._rerunButton()
    });
  }

  private _runningSentence(wasAway: boolean): string[] {
    const { trans } = this._options;
    const label = labelOf(this._panel, this._cell, trans);
    if (label !== null) {
      return [
        wasAway
          ? trans.__('Running when this page was left: %1.', label)
          : trans.__('Running at that time: %1.', label)
      ];
    }
    return [];
  }

  private _rerunButton(): IButton[] {
    const { commands, trans } = this._options;
    const panel = this._panel;
    if (!isNotebook(panel) || !commands.hasCommand(RUN_ALL_ABOVE)) {
      return [];
    }
    const isKnown = indexOf(panel, this._cell) >= 0;
    const run = (): void => {
      const index = indexOf(panel, this._cell);
      const isFresh =
        !this._follower.isUsed && (this._death?.restarted ?? true);
      const gone =
        this._death?.restarted === false ? this._death.kernel_id : null;
      const name =
        this._death?.kernel_name ||
        panel.sessionContext.kernelPreference.name ||
        '';
      this._close();
      restartAndRunAbove(commands, panel, {
        index: index < 0 ? panel.content.activeCellIndex : index,
        isFresh,
        gone,
        name
      }).catch(console.warn);
    };
    return [
      {
        label: trans.__('Restart and run all above'),
        title: isKnown
          ? trans.__('Run the cells above the one that ran, without it')
          : trans.__('Run the cells above the selected one'),
        run
      }
    ];
  }

  private _show(line: ILine): void {
    if (!this._line) {
      const close = (): void => this._close();
      const dismiss = this._options.trans.__('Dismiss');
      this._line = new Line({ dismiss, close });
      this._panel.contentHeader.insertWidget(0, this._line);
    }
    this._line.line = line;
  }

  private _close(): void {
    const hadFocus = this._line?.node.contains(document.activeElement);
    this._line?.dispose();
    this._line = null;
    this._isUnexplained = false;
    if (hadFocus) {
      this._panel.activate();
    }
  }

  private readonly _remember = (): void => {
    const { kernel, cell } = this._follower;
    if (this._isCaughtUp && kernel) {
      const { deaths, memory } = this._options;
      // What was not explained yet may be after a reload.
      const running = this._isAwaited ? this._cell : cell;
      memory.save(this._panel.sessionContext.path, {
        kernel,
        seq: deaths.last,
        cell: running
      });
    }
  };

  private _cell: string | null = null;
  private _death: IDeath | null = null;
  /** When an explanation came that no word of the kernel's own went before, ms of the epoch. */
  private _early: number | null = null;
  private readonly _follower: KernelFollower;
  private _isAwaited = false;
  private _isCaughtUp = false;
  private _isDisposed = false;
  private _isUnexplained = false;
  private _line: Line | null = null;
  private _looking: number[] = [];
  private _remembering: number | undefined;
}

export namespace PanelWatch {
  export interface IOptions {
    commands: CommandRegistry;
    deaths: Deaths;
    memory: KernelMemory;
    /** BCP 47 tag of the interface. */
    language: string;
    trans: TranslationBundle;
  }
}
