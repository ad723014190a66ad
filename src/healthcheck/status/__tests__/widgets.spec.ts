import { nullTranslator } from '@jupyterlab/translation';
import { framePromise } from '@jupyterlab/testing';
import { Widget } from '@lumino/widgets';
import { act } from 'react-dom/test-utils';

import type { IKernelUse, ISample } from '../../types';
import { StatusItem } from '../item';
import { HealthSamples } from '../model';
import { HealthPanel } from '../panel';
import { HealthPreferences } from '../preferences';
import { HealthWords } from '../words';
import {
  answerOf,
  checkOf,
  FakeApi,
  GB,
  kernelOf,
  sampleOf,
  setHidden
} from './samples';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

const words = new HealthWords(nullTranslator);

const GPU = {
  index: 0,
  name: 'A100',
  used: 10 * GB,
  total: 80 * GB,
  utilisation: 0.5,
  temperature: 40,
  power_watts: 100
};
const DISK = {
  root: 'home',
  title: 'Home',
  free: 5 * GB,
  total: 100 * GB,
  free_inodes: null,
  total_inodes: null
};

let api: FakeApi;
let model: HealthSamples;
let preferences: HealthPreferences;

beforeEach(() => {
  api = new FakeApi();
  model = new HealthSamples({ api });
  preferences = new HealthPreferences(null);
});

afterEach(() => {
  model.dispose();
  setHidden(false);
});

async function give(
  sample: ISample,
  more: Parameters<typeof answerOf>[1] = {}
): Promise<void> {
  api.answer = answerOf([sample], more);
  await act(async () => {
    await model.refresh();
    await framePromise();
  });
}

describe('StatusItem', () => {
  let item: StatusItem;
  let opened: number;

  beforeEach(async () => {
    opened = 0;
    item = new StatusItem({ model, preferences, words, open: () => opened++ });
    Widget.attach(item, document.body);
    await model.refresh();
  });

  afterEach(() => item.dispose());

  function part(what: string): HTMLElement | null {
    return item.node.querySelector(`[data-cj-what="${what}"]`);
  }

  it('shows what there is, and opens the panel', async () => {
    await give(sampleOf(1));
    expect(part('memory')?.textContent).toBe('5.1 / 8 GB');
    expect(part('memory')?.dataset.cjLevel).toBe('pass');
    expect(part('cpu')?.textContent).toBe('CPU 25%');
    expect(part('gpu')).toBeNull();
    expect(part('disk')).toBeNull();
    item.node.querySelector('button')?.click();
    expect(opened).toBe(1);
  });

  it('keeps the order when a figure comes later', async () => {
    await give(sampleOf(1, { disks: [DISK] }));
    await give(sampleOf(2, { disks: [DISK], gpus: [GPU] }));
    const texts = [...item.node.querySelectorAll('.cj-HealthItem-part')]
      .map(node => node.textContent)
      .filter(text => text !== '');
    expect(texts).toEqual(['5.1 / 8 GB', 'CPU 25%', 'GPU 50%', 'Disk 95%']);
    await give(sampleOf(3));
    expect(part('gpu')).toBeNull();
  });

  it('warns by a sign and in words, not by the colour alone', async () => {
    const memory = { ...sampleOf(1).memory, used: 7.5 * GB };
    await give(sampleOf(1, { memory }));
    expect(part('memory')?.dataset.cjLevel).toBe('fail');
    expect(part('memory')?.querySelector('svg')).not.toBeNull();
    const label = item.node.querySelector('button')?.getAttribute('aria-label');
    expect(label).toContain('Problem: Memory: 7.5 of 8 GB');
    await give(sampleOf(2));
    expect(part('memory')?.querySelector('svg')).toBeNull();
  });

  it('says what the GPU is short of', async () => {
    await give(sampleOf(1, { gpus: [{ ...GPU, used: 79 * GB }] }));
    expect(part('gpu')?.textContent).toBe('GPU memory 99%');
  });

  it('counts what else is wrong', async () => {
    await give(sampleOf(1), { checks: [checkOf()] });
    expect(part('state')?.textContent).toBe('1 problem');
    expect(item.node.querySelector('button')?.title).toContain(
      'Problem: The GPU is lost.'
    );
  });

  it('touches the page only where a figure has changed', async () => {
    await give(sampleOf(1));
    const records: MutationRecord[] = [];
    const observer = new MutationObserver(all => records.push(...all));
    observer.observe(item.node, {
      attributes: true,
      characterData: true,
      childList: true,
      subtree: true
    });
    await give(sampleOf(2));
    await give(sampleOf(3));
    expect(records.filter(r => r.attributeName !== 'hidden')).toEqual([]);
    observer.disconnect();
  });

  it('gives way where the server tells nothing', async () => {
    expect(item.isActive).toBe(true);
    api.error = new Error('down');
    await model.refresh();
    expect(item.isActive).toBe(true);
    expect(item.node.querySelector('button')?.title).toContain(
      'does not answer'
    );
  });
});

describe('HealthPanel', () => {
  let panel: HealthPanel;
  let agrees: boolean;
  let failure: Error | null;
  let ended: string[];
  let openedPaths: string[];

  beforeEach(async () => {
    agrees = true;
    failure = null;
    ended = [];
    openedPaths = [];
    panel = new HealthPanel({
      model,
      preferences,
      words,
      openSettings: () => undefined,
      kernels: {
        nameOf: () => 'Python 3',
        canOpen: ({ path }: IKernelUse) => path !== '',
        open: ({ path }: IKernelUse) => void openedPaths.push(path),
        confirm: () => Promise.resolve(agrees),
        shutDown: ({ id }: IKernelUse) => {
          ended.push(id);
          return failure ? Promise.reject(failure) : Promise.resolve();
        }
      }
    });
    await act(async () => {
      Widget.attach(panel, document.body);
      await model.refresh();
      await framePromise();
    });
  });

  afterEach(() => act(() => panel.dispose()));

  async function settle(): Promise<void> {
    await act(async () => {
      await framePromise();
      await framePromise();
    });
  }

  it('draws a chart for each component, with a text that says the same', async () => {
    await give(sampleOf(1, { disks: [DISK], gpus: [GPU] }));
    const labels = [
      ...panel.node.querySelectorAll('.cj-Chart svg.cj-Plot')
    ].map(node => node.getAttribute('aria-label') ?? '');
    expect(labels.map(label => label.split('.')[0])).toEqual([
      'Memory',
      'CPU',
      'GPU 0: A100',
      'Disk: Home',
      'Server response'
    ]);
    expect(labels[0]).toContain('Now 5.1 / 8 GB');
    expect(labels[3]).toContain('Warning');
    expect(panel.node.querySelectorAll('[role=img]')).toHaveLength(5);
  });

  it('says what is wrong and what to do, the worst first', async () => {
    await give(sampleOf(1), {
      checks: [
        checkOf({ component: 'disk', status: 'warn', message: 'Almost full.' }),
        checkOf(),
        checkOf({ component: 'cpu', id: 'cpu', status: 'pass' })
      ]
    });
    const rows = [...panel.node.querySelectorAll('.cj-Health-check')].map(
      node => node.textContent ?? ''
    );
    expect(rows[0]).toMatch(/Problem: GPU · 0.*The GPU is lost\.Restart/);
    expect(rows[1]).toContain('Almost full.');
    expect(panel.node.querySelector('summary')?.textContent).toBe(
      '1 check passes'
    );
    expect(
      panel.node.querySelector('.cj-Health-overall')?.textContent
    ).toContain('Problem');
  });

  it('lists the kernels, the largest first, and opens their notebooks', async () => {
    const kernels = [
      kernelOf('small'),
      // The session's name is of before a rename.
      kernelOf('large', { memory: 3 * GB, title: 'Untitled.ipynb' }),
      kernelOf('far', { memory: null, cpu: null, remote: true, path: '' })
    ];
    await give(sampleOf(1, { kernels }));
    const rows = [...panel.node.querySelectorAll('.cj-Health-kernel')];
    expect(rows.map(row => row.getAttribute('data-cj-kernel'))).toEqual([
      'large',
      'small',
      'far'
    ]);
    expect(rows[0]?.textContent).toMatch(/large\.ipynb.*Python 3.*idle.*3 GB/);
    rows[0]?.querySelector<HTMLElement>('.cj-Health-link')?.click();
    expect(openedPaths).toEqual(['large.ipynb']);
    expect(rows[2]?.querySelector('.cj-Health-link')).toBeNull();
  });

  it('shuts a kernel down after a question', async () => {
    await give(sampleOf(1, { kernels: [kernelOf('one')] }));
    const button = panel.node.querySelector<HTMLButtonElement>(
      '.cj-Health-kernel .cj-Health-button'
    );
    expect(button?.getAttribute('aria-label')).toBe(
      'Shut down the kernel of one.ipynb'
    );
    agrees = false;
    button?.click();
    await settle();
    expect(ended).toEqual([]);
    agrees = true;
    api.answer = answerOf([sampleOf(2)]);
    button?.click();
    await settle();
    expect(ended).toEqual(['one']);
    expect(panel.node.textContent).toContain('No kernel runs.');
  });

  it('says why a kernel was not shut down, and lets try again', async () => {
    await give(sampleOf(1, { kernels: [kernelOf('one')] }));
    failure = new Error('Forbidden');
    const button = panel.node.querySelector<HTMLButtonElement>(
      '.cj-Health-kernel .cj-Health-button'
    );
    button?.click();
    await settle();
    expect(panel.node.querySelector('[role=alert]')?.textContent).toContain(
      'Forbidden'
    );
    expect(button?.disabled).toBe(false);
  });

  it('draws nothing while it is hidden', async () => {
    await give(sampleOf(1));
    panel.hide();
    await give(sampleOf(2, { kernels: [kernelOf('one')] }));
    expect(panel.node.textContent).toContain('No kernel runs.');
    await act(async () => {
      panel.show();
      await framePromise();
      await framePromise();
    });
    expect(panel.node.textContent).toContain('one.ipynb');
  });
});
