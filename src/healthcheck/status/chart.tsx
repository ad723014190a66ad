import React from 'react';

import type { Status } from '../types';
import type { IThresholds } from './levels';
import { statusIcons } from './icons';

/** What a chart shows, in ms. */
export const SPAN = 5 * 60_000;

/** Two samples further apart than this are not joined, in ms. */
const GAP = 20_000;

const WIDTH = 300;
const HEIGHT = 48;

/** A moment, ms of the epoch, and what was measured then. */
export type Point = readonly [time: number, value: number | null];

export interface ILine {
  readonly points: readonly Point[];
  /** The lines of a chart differ in this, and not in the colour alone. */
  readonly dashed?: boolean;
}

export interface IChartProps {
  title: string;
  /** The figure of now. */
  figure: string;
  /** The text alternative of the picture. */
  description: string;
  lines: readonly ILine[];
  /** The value at the top. */
  top: number;
  /** Shares of the top. */
  thresholds?: IThresholds;
  level: Status;
  status: string;
}

/** A figure over the last minutes. What is not on the screen is not drawn. */
export function Chart(props: IChartProps): JSX.Element {
  const { title, figure, description, level, status } = props;
  const Icon = statusIcons[level];
  return (
    <div className="cj-Chart" data-cj-level={level}>
      <div className="cj-Chart-head">
        <h3 className="cj-Chart-title" title={title}>
          {title}
        </h3>
        <span className="cj-Chart-figure">
          {level !== 'pass' && (
            <Icon.react tag="span" className="cj-Health-sign" title={status} />
          )}
          {figure}
        </span>
      </div>
      <Plot {...props} label={`${title}. ${description}`} />
    </div>
  );
}

interface IPlotProps extends Pick<IChartProps, 'lines' | 'top' | 'thresholds'> {
  label: string;
  height?: number;
}

/** The lines alone. */
export function Plot(props: IPlotProps): JSX.Element {
  const { label, lines, top, thresholds, height = HEIGHT } = props;
  const svg = React.useRef<SVGSVGElement>(null);
  const isSeen = useSeen(svg);
  const drawn = React.useRef<readonly string[]>([]);
  if (isSeen) {
    const newest = Math.max(
      ...lines.map(({ points }) => points.at(-1)?.[0] ?? 0)
    );
    drawn.current = lines.map(({ points }) =>
      pathOf(points, newest, top, height)
    );
  }
  const bounds = thresholds
    ? (['warning', 'problem'] as const).filter(
        name => thresholds[name] > 0 && thresholds[name] < 1
      )
    : [];
  return (
    <svg
      ref={svg}
      className="cj-Plot"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${height}`}
      preserveAspectRatio="none"
      style={{ height }}
    >
      {bounds.map(name => {
        const y = height * (1 - (thresholds?.[name] ?? 0));
        return (
          <line
            key={name}
            className={`cj-Plot-bound cj-mod-${name}`}
            x1={0}
            x2={WIDTH}
            y1={y}
            y2={y}
          />
        );
      })}
      {drawn.current.map((path, index) => (
        <path
          key={index}
          className={`cj-Plot-line${lines[index]?.dashed ? ' cj-mod-dashed' : ''}`}
          d={path}
        />
      ))}
    </svg>
  );
}

/** The line through the points of the last minutes; a hole where nothing is known. */
export function pathOf(
  points: readonly Point[],
  newest: number,
  top: number,
  height: number
): string {
  const parts: string[] = [];
  let before = -Infinity;
  for (const [time, value] of points) {
    const x = WIDTH * (1 - (newest - time) / SPAN);
    if (x < 0) {
      continue;
    }
    if (value === null) {
      before = -Infinity;
      continue;
    }
    const share = top > 0 ? Math.min(Math.max(value / top, 0), 1) : 0;
    const y = 1 + (height - 2) * (1 - share);
    parts.push(
      `${time - before > GAP ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`
    );
    before = time;
  }
  return parts.join('');
}

/** Whether an element is on the screen, or close to it. */
function useSeen(node: React.RefObject<Element>): boolean {
  const [isSeen, setSeen] = React.useState(
    typeof IntersectionObserver === 'undefined'
  );
  React.useEffect(() => {
    if (!node.current || typeof IntersectionObserver === 'undefined') {
      return;
    }
    const observer = new IntersectionObserver(
      entries => setSeen(entries.at(-1)?.isIntersecting ?? true),
      { rootMargin: '50px' }
    );
    observer.observe(node.current);
    return () => observer.disconnect();
  }, [node]);
  return isSeen;
}
