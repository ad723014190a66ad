import { closeIcon } from '@jupyterlab/ui-components';
import React from 'react';

import type { IKernelUse, ISample } from '../types';
import type { Point } from './chart';
import { Plot, SPAN } from './chart';
import type { HealthWords } from './words';

export interface IKernelActions {
  /** What a kernel is called: that of its spec, where it is known. */
  nameOf: (kernel: IKernelUse) => string;
  canOpen: (kernel: IKernelUse) => boolean;
  open: (kernel: IKernelUse) => void;
  shutDown: (kernel: IKernelUse) => void;
}

export interface IKernelsProps {
  samples: readonly ISample[];
  words: HealthWords;
  actions: IKernelActions;
  /** Those that are being shut down. */
  ending: ReadonlySet<string>;
}

/** The kernels and what they use, the largest first. */
export function Kernels(props: IKernelsProps): JSX.Element {
  const { samples, words, actions, ending } = props;
  const { trans } = words;
  const kernels = [...(samples.at(-1)?.kernels ?? [])].sort(
    (a, b) => (b.memory ?? -1) - (a.memory ?? -1)
  );
  if (kernels.length === 0) {
    return <p className="cj-Health-none">{trans.__('No kernel runs.')}</p>;
  }
  return (
    <table className="cj-Health-kernels">
      <thead>
        <tr>
          <th scope="col">{trans.__('Notebook')}</th>
          <th scope="col">{trans.__('Memory')}</th>
          <th scope="col" title={trans.__('Processor cores in use')}>
            {trans.__('CPU')}
          </th>
          <th scope="col">
            <span className="cj-Health-spoken">{trans.__('Actions')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {kernels.map(kernel => (
          <Kernel
            key={kernel.id}
            kernel={kernel}
            samples={samples}
            words={words}
            actions={actions}
            isEnding={ending.has(kernel.id)}
          />
        ))}
      </tbody>
    </table>
  );
}

function Kernel({
  kernel,
  samples,
  words,
  actions,
  isEnding
}: Omit<IKernelsProps, 'ending'> & {
  kernel: IKernelUse;
  isEnding: boolean;
}): JSX.Element {
  const { trans } = words;
  const { memory, cpu, gpu_memory, remote, path } = kernel;
  const title = titleOf(kernel, words);
  const label = trans.__('Shut down the kernel of %1', title);
  return (
    <tr className="cj-Health-kernel" data-cj-kernel={kernel.id}>
      <th scope="row" className="cj-Health-kernelName">
        {actions.canOpen(kernel) ? (
          <button
            type="button"
            className="cj-Health-link"
            title={path}
            onClick={() => actions.open(kernel)}
          >
            {title}
          </button>
        ) : (
          <span title={path}>{title}</span>
        )}
        <div className="cj-Health-kernelMore">
          {[
            actions.nameOf(kernel),
            words.kernelState(kernel.state),
            remote ? trans.__('remote') : '',
            gpu_memory === null
              ? ''
              : trans.__('GPU memory: %1', words.bytes(gpu_memory))
          ]
            .filter(text => text !== '')
            .join(' · ')}
        </div>
      </th>
      <td>
        {memory === null ? '–' : words.bytes(memory)}
        {memory !== null && (
          <Spark kernel={kernel} samples={samples} words={words} />
        )}
      </td>
      <td>{cpu === null ? '–' : words.cores(cpu)}</td>
      <td>
        <button
          type="button"
          className="cj-Health-button"
          aria-label={label}
          title={label}
          disabled={isEnding}
          onClick={() => actions.shutDown(kernel)}
        >
          <closeIcon.react tag="span" />
        </button>
      </td>
    </tr>
  );
}

/** A kernel's memory in the last minutes, against the most that it had then. */
function Spark({
  kernel: { id },
  samples,
  words
}: {
  kernel: IKernelUse;
  samples: readonly ISample[];
  words: HealthWords;
}): JSX.Element {
  const begin = Date.parse(samples.at(-1)?.time ?? '') - SPAN;
  const points: Point[] = [];
  for (const { time, kernels } of samples) {
    const moment = Date.parse(time);
    if (moment >= begin) {
      const kernel = kernels.find(one => one.id === id);
      points.push([moment, kernel?.memory ?? null]);
    }
  }
  const highest = Math.max(...points.map(([, value]) => value ?? 0));
  return (
    <Plot
      label={words.trans.__(
        'Memory in the last five minutes: at most %1',
        words.bytes(highest)
      )}
      lines={[{ points }]}
      top={highest}
      height={16}
    />
  );
}

/** What a kernel's row is called: its document, or that it has none. */
export function titleOf(
  { path, title }: IKernelUse,
  words: HealthWords
): string {
  const base = path.split('/').at(-1) ?? '';
  // The name of a session may be of before a rename; a console's path is no file's.
  const best = base.includes('.') ? base : title || base;
  return best || words.trans.__('No notebook');
}
