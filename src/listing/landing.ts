import type { IAnchor, ILocation } from '../core/tokens';
import type { IPage } from './api';
import { covers, indexIn } from './rows';

/** First row and, exclusive, last. */
export type Window = readonly [number, number];

export interface ILandingOptions {
  /** The row that is to stay in its place on the screen. */
  anchor: IAnchor | null;
  /** The rows that are kept current. */
  window: Window;
  page: (window: Window) => Promise<IPage>;
  locate: (name: string) => Promise<ILocation>;
}

/** Where the rows on the screen are in the current generation. */
export interface ILanding {
  page: IPage;
  window: Window;
  /** The anchor's row, or null where there is none any more. */
  to: number | null;
}

/** Ask for the current generation around its anchor; null where it was outdated before the answers were together. */
export async function land(options: ILandingOptions): Promise<ILanding | null> {
  const { anchor } = options;
  let { window } = options;
  let page = await options.page(window);
  const { generation } = page;
  let to = anchor && indexIn(page, anchor.path);
  if (anchor && to === null) {
    const found = await options.locate(anchor.name);
    if (found.generation !== generation) {
      return null;
    }
    to = found.index;
  }
  if (anchor && to !== null) {
    const by = to - anchor.index;
    window = [Math.max(0, window[0] + by), Math.max(1, window[1] + by)];
    if (!covers(page, ...window)) {
      page = await options.page(window);
      if (page.generation !== generation) {
        return null;
      }
    }
  }
  return { page, window, to };
}
