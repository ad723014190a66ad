import React from 'react';

import type { ISample } from '../types';
import type { IChartProps, Point } from './chart';
import { Chart, SPAN } from './chart';
import {
  cpuShare,
  diskShare,
  gpuMemoryShare,
  levelOf,
  memoryShare
} from './levels';
import type { HealthPreferences } from './preferences';
import type { HealthWords } from './words';

/** The event loop answers late from here on, in ms. */
const LATE = { warning: 250, problem: 1000 };

export interface IChartsProps {
  samples: readonly ISample[];
  preferences: HealthPreferences;
  words: HealthWords;
}

/** One chart for each component that has figures. */
export function Charts({
  samples,
  preferences,
  words
}: IChartsProps): JSX.Element | null {
  const latest = samples.at(-1);
  if (!latest) {
    return null;
  }
  const begin = Date.parse(latest.time) - SPAN;
  const times = samples.map(({ time }) => Date.parse(time));
  const series = (of: (sample: ISample) => number | null): Point[] => {
    const points: Point[] = [];
    samples.forEach((sample, index) => {
      const time = times[index] ?? 0;
      if (time >= begin) {
        points.push([time, of(sample)]);
      }
    });
    return points;
  };
  const props = { latest, series, preferences, words };
  return (
    <>
      <Memory {...props} />
      <Cpu {...props} />
      {latest.gpus.map(({ index }) => (
        <Gpu key={`gpu-${index}`} index={index} {...props} />
      ))}
      {latest.disks.map(({ root }) => (
        <Disk key={`disk-${root}`} root={root} {...props} />
      ))}
      <Loop {...props} />
    </>
  );
}

interface IProps {
  latest: ISample;
  series: (of: (sample: ISample) => number | null) => Point[];
  preferences: HealthPreferences;
  words: HealthWords;
}

function Memory({ latest, series, preferences, words }: IProps): JSX.Element {
  const { memory } = latest;
  const points = series(({ memory: { used } }) => used);
  const thresholds = preferences.thresholds('memory');
  return (
    <Figure
      words={words}
      title={
        memory.container
          ? words.trans.__('Memory')
          : words.trans.__('Memory of the machine')
      }
      figure={words.ratio(memory.used, memory.limit)}
      lines={[{ points }]}
      read={value => words.bytes(value)}
      top={memory.limit}
      thresholds={thresholds}
      level={levelOf(memoryShare(latest), thresholds)}
    />
  );
}

function Cpu({ latest, series, preferences, words }: IProps): JSX.Element {
  const { used, limit } = latest.cpu;
  const points = series(({ cpu }) => cpu.used);
  const thresholds = preferences.thresholds('cpu');
  return (
    <Figure
      words={words}
      title={words.trans.__('CPU')}
      figure={words.trans.__(
        '%1 of %2 cores',
        words.cores(used),
        words.cores(limit)
      )}
      lines={[{ points }]}
      read={value => words.cores(value)}
      top={limit}
      thresholds={thresholds}
      level={levelOf(cpuShare(latest), thresholds)}
    />
  );
}

function Gpu(props: IProps & { index: number }): JSX.Element | null {
  const { index, latest, series, preferences, words } = props;
  const { trans } = words;
  const find = (sample: ISample): ISample['gpus'][number] | undefined =>
    sample.gpus.find(gpu => gpu.index === index);
  const gpu = find(latest);
  if (!gpu) {
    return null;
  }
  const thresholds = preferences.thresholds('gpuMemory');
  const filled = series(sample => {
    const one = find(sample);
    return one ? gpuMemoryShare(one) : null;
  });
  const busy = series(sample => find(sample)?.utilisation ?? null);
  const more = [
    gpu.utilisation === null
      ? ''
      : trans.__('busy %1 (dashed)', words.percent(gpu.utilisation)),
    gpu.temperature === null
      ? ''
      : trans.__('%1 °C', words.cores(Math.round(gpu.temperature))),
    gpu.power_watts === null
      ? ''
      : trans.__('%1 W', words.cores(Math.round(gpu.power_watts)))
  ].filter(text => text !== '');
  return (
    <Figure
      words={words}
      title={trans.__('GPU %1: %2', gpu.index, gpu.name)}
      figure={
        gpu.used !== null && gpu.total !== null
          ? words.ratio(gpu.used, gpu.total)
          : ''
      }
      more={more.join(' · ')}
      lines={[{ points: filled }, { points: busy, dashed: true }]}
      read={value => words.percent(value)}
      top={1}
      thresholds={thresholds}
      level={levelOf(gpuMemoryShare(gpu), thresholds)}
    />
  );
}

function Disk(props: IProps & { root: string }): JSX.Element | null {
  const { root, latest, series, preferences, words } = props;
  const find = (sample: ISample): ISample['disks'][number] | undefined =>
    sample.disks.find(disk => disk.root === root);
  const disk = find(latest);
  if (!disk) {
    return null;
  }
  const { free, total } = disk;
  const share = diskShare(disk);
  const thresholds = preferences.thresholds('disk');
  return (
    <Figure
      words={words}
      title={words.trans.__('Disk: %1', disk.title || disk.root)}
      figure={
        free === null || total === null || share === null
          ? words.trans.__('unknown')
          : `${words.ratio(total - free, total)} · ${words.percent(share)}`
      }
      lines={[
        {
          points: series(sample => {
            const one = find(sample);
            return one ? diskShare(one) : null;
          })
        }
      ]}
      read={value => words.percent(value)}
      top={1}
      thresholds={thresholds}
      level={levelOf(share, thresholds)}
    />
  );
}

function Loop({ latest, series, words }: IProps): JSX.Element {
  const points = series(({ loop_ms }) => loop_ms);
  const highest = Math.max(...points.map(([, value]) => value ?? 0));
  const { loop_ms } = latest;
  return (
    <Figure
      words={words}
      title={words.trans.__('Server response')}
      figure={words.milliseconds(loop_ms)}
      lines={[{ points }]}
      read={value => words.milliseconds(value)}
      top={Math.max(highest, 100)}
      level={
        loop_ms >= LATE.problem
          ? 'fail'
          : loop_ms >= LATE.warning
            ? 'warn'
            : 'pass'
      }
    />
  );
}

interface IFigureProps extends Omit<IChartProps, 'description' | 'status'> {
  words: HealthWords;
  more?: string;
  read: (value: number) => string;
}

/** A chart with the text that stands for it. */
function Figure(props: IFigureProps): JSX.Element {
  const { words, more = '', read, lines, figure, level } = props;
  const values = (lines[0]?.points ?? [])
    .map(([, value]) => value)
    .filter(value => value !== null);
  const description =
    values.length > 0
      ? words.trans.__(
          'Now %1. In the last five minutes at least %2, at most %3.',
          figure,
          read(Math.min(...values)),
          read(Math.max(...values))
        )
      : words.trans.__('Nothing is known yet.');
  const status = words.status(level);
  return (
    <>
      <Chart
        {...props}
        status={status}
        description={
          level === 'pass' ? description : `${status}. ${description}`
        }
      />
      {more !== '' && <p className="cj-Chart-more">{more}</p>}
    </>
  );
}
