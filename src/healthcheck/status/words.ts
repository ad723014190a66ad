import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';

import { bundle, formatBytes, languageOf } from '../../core/i18n';
import { inLanguage } from '../language';
import type { Component, ICheck, IWords, Status } from '../types';
import type { Trouble } from './model';

/** How many units a number of bytes can stand in: bytes to petabytes, as `formatBytes` has them. */
const UNITS = 6;

/** How figures, states and components are named. */
export class HealthWords {
  constructor(private readonly _translator: ITranslator) {
    this.trans = bundle(_translator);
    this.language = languageOf(_translator);
    this._percent = this._numbers({
      style: 'percent',
      maximumFractionDigits: 0
    });
    this._cores = this._numbers({ maximumFractionDigits: 1 });
    this._whole = this._numbers({ maximumFractionDigits: 0 });
    this._clock = this._dates({ timeStyle: 'short' });
    this._day = this._dates({ dateStyle: 'medium', timeStyle: 'short' });
  }

  readonly trans: TranslationBundle;
  /** BCP 47 tag of the interface. */
  readonly language: string;

  bytes(amount: number): string {
    return formatBytes(amount, this._translator);
  }

  /** Both in the unit of the whole: 5.1 / 8 GB. */
  ratio(part: number, whole: number): string {
    return this.trans._p(
      'used / limit',
      '%1 / %2',
      this._inUnitOf(part, whole),
      this.bytes(whole)
    );
  }

  /** As a sentence has it: 5.1 of 8 GB. */
  of(part: number, whole: number): string {
    return this.trans._p(
      'used of limit',
      '%1 of %2',
      this._inUnitOf(part, whole),
      this.bytes(whole)
    );
  }

  percent(share: number): string {
    return this._percent.format(share);
  }

  /** A number of processor cores, without a unit. */
  cores(count: number): string {
    return this._cores.format(count);
  }

  milliseconds(count: number): string {
    return this.trans.__(
      '%1 ms',
      this._cores.format(count < 10 ? count : Math.round(count))
    );
  }

  /** When something began: the time alone if it was today. */
  since(time: string): string {
    const date = new Date(time);
    if (Number.isNaN(date.valueOf())) {
      return '';
    }
    const isToday = date.toDateString() === new Date().toDateString();
    return (isToday ? this._clock : this._day).format(date);
  }

  status(status: Status): string {
    switch (status) {
      case 'fail':
        return this.trans._p('state of a component', 'Problem');
      case 'warn':
        return this.trans._p('state of a component', 'Warning');
      case 'pass':
      default:
        return this.trans._p('state of a component', 'All well');
    }
  }

  component(component: Component): string {
    const { trans } = this;
    switch (component) {
      case 'memory':
        return trans.__('Memory');
      case 'cpu':
        return trans.__('CPU');
      case 'event_loop':
        return trans.__('Server response');
      case 'disk':
        return trans.__('Disk');
      case 'descriptors':
        return trans.__('Open files');
      case 'gpu':
        return trans.__('GPU');
      case 'gateway':
        return trans.__('Gateway');
      case 'kernel':
        return trans.__('Kernel');
      case 'feature':
      default:
        return trans.__('Part of the server');
    }
  }

  /** What a kernel does, as Jupyter calls it; empty where there is nothing to say. */
  kernelState(state: string): string {
    const { trans } = this;
    switch (state) {
      case 'busy':
        return trans._p('kernel', 'busy');
      case 'idle':
        return trans._p('kernel', 'idle');
      case 'starting':
        return trans._p('kernel', 'starting');
      case 'restarting':
      case 'autorestarting':
        return trans._p('kernel', 'restarting');
      case 'dead':
        return trans._p('kernel', 'dead');
      case 'unknown':
      default:
        return '';
    }
  }

  /** What a check says, in the language of the interface, else in English. */
  check({ message, advice, texts }: ICheck): IWords {
    return inLanguage(texts, this.language) ?? { message, advice };
  }

  trouble(trouble: Trouble): string {
    switch (trouble) {
      case 'missing':
        return this.trans.__('This server does not tell how it is.');
      case 'refused':
        return this.trans.__('You may not see how this server is.');
      case 'unreachable':
      default:
        return this.trans.__(
          'The server does not answer: the figures are of before.'
        );
    }
  }

  private _inUnitOf(part: number, whole: number): string {
    let rank = 0;
    let scale = 1;
    while (whole / scale >= 1000 && rank < UNITS - 1) {
      scale *= 1024;
      rank++;
    }
    const amount = part / scale;
    return (amount < 100 && rank > 0 ? this._cores : this._whole).format(
      amount
    );
  }

  private _numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
    try {
      return new Intl.NumberFormat(this.language, options);
    } catch {
      // A language tag that the browser does not know.
      return new Intl.NumberFormat(undefined, options);
    }
  }

  private _dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    try {
      return new Intl.DateTimeFormat(this.language, options);
    } catch {
      return new Intl.DateTimeFormat(undefined, options);
    }
  }

  private readonly _clock: Intl.DateTimeFormat;
  private readonly _cores: Intl.NumberFormat;
  private readonly _day: Intl.DateTimeFormat;
  private readonly _percent: Intl.NumberFormat;
  private readonly _whole: Intl.NumberFormat;
}
