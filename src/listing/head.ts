import type { IHead } from '../core/tokens';

/** What an answer says of its view besides the rows. */
export function headOf(answer: IHead): IHead {
  const { generation, total, unfiltered, complete, mode, progress } = answer;
  const { scanned, match, deferred, writable, watched } = answer;
  return {
    generation,
    total,
    unfiltered,
    scanned,
    progress,
    complete,
    mode,
    match,
    deferred,
    writable,
    watched
  };
}

/** Whether the server is still scanning or sorting. */
export function isBusy({ complete, mode, progress }: IHead): boolean {
  return !complete || mode === 'preview' || (progress !== null && progress < 1);
}
