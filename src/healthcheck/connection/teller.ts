import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import type { IConnection, IReturn } from '../../core/health';
import type { Banner, IChoice, INews } from './banner';

/** How long it is said that the server is back, in ms. */
const SHORT = 4_000;

/** Decides what the banner says. */
export class Teller implements IDisposable {
  constructor(private readonly _options: Teller.IOptions) {
    const { connection } = _options;
    connection.changed.connect(this._onChanged, this);
    connection.returned.connect(this._onReturned, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
    Signal.clearData(this);
    this._options.banner.dispose();
  }

  private _onChanged(): void {
    const { connection } = this._options;
    clearTimeout(this._timer);
    if (connection.reach === 'reachable') {
      // That it is back is said when it is known whether it is the same.
      this._say(this._standing);
    } else {
      this._isTrying = false;
      this._tellOutage();
    }
  }

  private _onReturned(_: IConnection, { restarted, outage }: IReturn): void {
    const { connection, hadKernels, trans } = this._options;
    if (restarted && hadKernels()) {
      this._standing = {
        tone: 'lost',
        title: trans.__(
          'The server was restarted: the kernels’ variables are gone.'
        ),
        body: trans.__('Run the cells that you need again.'),
        choices: [{ label: trans.__('Dismiss'), run: () => this._dismiss() }]
      };
    }
    if (connection.reach !== 'reachable') {
      // Gone again; what stands is said when it is back.
      return;
    }
    clearTimeout(this._timer);
    if (this._standing || outage === 0) {
      this._say(this._standing);
      return;
    }
    this._say({
      tone: 'back',
      title: trans.__('The server answers again.'),
      body: '',
      choices: []
    });
    this._timer = setTimeout(() => this._say(null), SHORT);
  }

  private _tellOutage(): void {
    const { connection, hasDrafts, restart, timeOf, trans } = this._options;
    const since = timeOf(connection.since ?? Date.now());
    const title =
      connection.reach === 'offline'
        ? trans.__('This computer has been offline since %1.', since)
        : connection.reach === 'stalled'
          ? trans.__('The server has not answered since %1.', since)
          : trans.__('The server has been unreachable since %1.', since);
    const kept = hasDrafts()
      ? trans.__('Your edits are kept as drafts.')
      : trans.__('Keep this page open: your unsaved edits are in it.');
    const running = trans.__('Kernels may go on running.');
    const choices: IChoice[] = [
      {
        label: this._isTrying ? trans.__('Trying…') : trans.__('Try now'),
        run: () => void this._try(),
        isBusy: this._isTrying
      }
    ];
    const again = restart();
    if (again && connection.reach !== 'offline') {
      choices.push({ label: trans.__('Restart server'), run: again });
    }
    this._say({ tone: 'down', title, body: `${kept} ${running}`, choices });
  }

  private async _try(): Promise<void> {
    const { connection } = this._options;
    this._isTrying = true;
    this._tellOutage();
    await connection.check();
    this._isTrying = false;
    if (!this._isDisposed && connection.reach !== 'reachable') {
      this._tellOutage();
    }
  }

  private _dismiss(): void {
    this._standing = null;
    this._say(null);
  }

  private _say(news: INews | null): void {
    const { banner, place } = this._options;
    if (news && !banner.isAttached) {
      place(banner);
    }
    banner.news = news;
  }

  private _isDisposed = false;
  private _isTrying = false;
  /** What is said until the user has read it. */
  private _standing: INews | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

export namespace Teller {
  export interface IOptions {
    banner: Banner;
    connection: IConnection;
    /** Whether kernels were running under a server that is no more. */
    hadKernels: () => boolean;
    /** Whether unsaved edits are kept. */
    hasDrafts: () => boolean;
    /** Put the banner on the page. */
    place: (banner: Banner) => void;
    /** What starts the server again; null where the page cannot. */
    restart: () => (() => void) | null;
    /** A moment, given in ms of the epoch, as the user's language writes it. */
    timeOf: (moment: number) => string;
    trans: TranslationBundle;
  }
}
