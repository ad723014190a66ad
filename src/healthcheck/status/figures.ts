import type { ISample, Status } from '../types';
import {
  cpuShare,
  diskShare,
  fullest,
  gpuMemory,
  gpuUse,
  levelOf,
  memoryShare
} from './levels';
import type { HealthPreferences, Shown } from './preferences';
import type { HealthWords } from './words';

/** One figure of the status bar. */
export interface IFigure {
  readonly what: Shown;
  readonly text: string;
  /** In words, for the tooltip and for those who do not see it. */
  readonly long: string;
  /** From 0 to 1, where it is drawn as a bar. */
  readonly share: number | null;
  readonly level: Status;
}

/** What the status bar shows of a sample, as the user has set. */
export function figuresOf(
  sample: ISample,
  preferences: HealthPreferences,
  words: HealthWords
): readonly IFigure[] {
  const all = [memory, cpu, gpu, disk].map(figure =>
    figure(sample, preferences, words)
  );
  return all.filter(
    figure => figure !== null && preferences.shows(figure.what)
  ) as IFigure[];
}

type FigureOf = (
  sample: ISample,
  preferences: HealthPreferences,
  words: HealthWords
) => IFigure | null;

const memory: FigureOf = (sample, preferences, words) => {
  const { used, limit, container } = sample.memory;
  const share = memoryShare(sample);
  const of = words.of(used, limit);
  return {
    what: 'memory',
    text: words.ratio(used, limit),
    long: container
      ? words.trans.__('Memory: %1', of)
      : words.trans.__('Memory of the machine: %1', of),
    share,
    level: levelOf(share, preferences.thresholds('memory'))
  };
};

const cpu: FigureOf = (sample, preferences, words) => {
  const share = cpuShare(sample);
  if (share === null) {
    return null;
  }
  const { used, limit } = sample.cpu;
  return {
    what: 'cpu',
    text: words.trans.__('CPU %1', words.percent(share)),
    long: words.trans.__(
      'CPU: %1 of %2 cores',
      words.cores(used),
      words.cores(limit)
    ),
    share: null,
    level: levelOf(share, preferences.thresholds('cpu'))
  };
};

const gpu: FigureOf = ({ gpus }, preferences, words) => {
  const use = gpuUse(gpus);
  const share = gpuMemory(gpus);
  if (use === null && share === null) {
    return null;
  }
  const { trans } = words;
  const level = levelOf(share, preferences.thresholds('gpuMemory'));
  const filled =
    share === null ? '' : trans.__('GPU memory %1', words.percent(share));
  const busy = use === null ? '' : trans.__('GPU %1', words.percent(use));
  return {
    what: 'gpu',
    // What the colour is about stands there, too.
    text: busy === '' || level !== 'pass' ? filled : busy,
    long: [busy, filled].filter(text => text !== '').join(', '),
    share: null,
    level
  };
};

const disk: FigureOf = ({ disks }, preferences, words) => {
  const root = fullest(disks);
  const share = root && diskShare(root);
  if (!root || share === null) {
    return null;
  }
  const { trans } = words;
  const used = words.percent(share);
  return {
    what: 'disk',
    text: trans.__('Disk %1', used),
    long: trans.__('Disk: %1 of %2 in use', used, root.title || root.root),
    share: null,
    level: levelOf(share, preferences.thresholds('disk'))
  };
};
