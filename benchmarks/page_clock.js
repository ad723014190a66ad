/*
 * Runs inside the page before JupyterLab does, and answers the driver's questions (window.bench).
 *
 * A moment counts as painted when a check holds in the first task after a frame: the frame with that content has then
 * been handed to the compositor. Times are performance.now() of the page, in milliseconds.
 */
/* global document, requestAnimationFrame, window -- of the page */
(() => {
  const CONTENT = '.jp-FileBrowser .jp-DirListing-content';
  const longTasks = [];
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) {
      longTasks.push({ start: entry.startTime, ms: entry.duration });
    }
  }).observe({ type: 'longtask', buffered: true });

  /** Resolves after the first frame whose content passes `check`, with the time and what `check` gave. */
  function painted(check, timeoutMs) {
    const deadline = performance.now() + timeoutMs;
    return new Promise((resolve, reject) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        // Before the check: looking at the page costs time, too.
        const now = performance.now();
        const value = check();
        if (value) {
          resolve({ at: now, value });
        } else if (now > deadline) {
          reject(new Error(`Not painted within ${timeoutMs} ms`));
        } else {
          requestAnimationFrame(frame);
        }
      };
      const frame = () => channel.port2.postMessage(null);
      requestAnimationFrame(frame);
    });
  }

  const content = () => document.querySelector(CONTENT);

  const textOf = item =>
    item?.querySelector('.jp-DirListing-itemText')?.textContent ?? '';

  const itemAt = (x, y) =>
    document.elementFromPoint(x, y)?.closest('.jp-DirListing-item');

  /** The name that stands at a `share` (0 to 1) of the panel's height: cheap enough to ask in every frame. */
  function nameAt(share) {
    const list = content();
    if (!list) {
      return '';
    }
    const box = list.getBoundingClientRect();
    return textOf(
      itemAt(box.left + 60, box.top + 4 + share * (box.height - 8))
    );
  }

  /**
   * The names that stand fully in the visible part, from top to bottom; an empty string where a row is blank.
   * Asks the renderer what stands at each place, so that a row that is covered, misplaced or not there shows.
   */
  function visibleNames() {
    const list = content();
    const row = list?.querySelector('.jp-DirListing-item');
    if (!row) {
      return [];
    }
    const box = list.getBoundingClientRect();
    const height = row.getBoundingClientRect().height;
    const left = box.left + 60;
    const top =
      itemAt(left, box.top + 1)?.getBoundingClientRect().top ?? box.top;
    let y = top < box.top - 1 ? top + 1.5 * height : top + 0.5 * height;
    const names = [];
    for (; y < box.bottom - height / 2; y += height) {
      names.push(textOf(itemAt(left, y)));
    }
    if (list.scrollHeight <= list.clientHeight + 1) {
      // The list ends before the panel does: what is empty there is no row.
      while (names.length > 0 && names[names.length - 1] === '') {
        names.pop();
      }
    }
    return names;
  }

  const started = { firstRow: null, restored: null };
  void painted(() => content()?.querySelector('.jp-DirListing-item'), 120000)
    .then(({ at }) => {
      started.firstRow = at;
    })
    .catch(() => undefined);
  const waitForApp = () => {
    const app = window.jupyterapp;
    if (app) {
      void app.restored.then(() => {
        started.restored = performance.now();
      });
    } else {
      setTimeout(waitForApp, 5);
    }
  };
  waitForApp();

  window.bench = { painted, nameAt, visibleNames, content, longTasks, started };
})();
