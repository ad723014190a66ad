/*
 * What the benchmark of the healthcheck asks of a page (browser.mjs): typing, what the page costs, what stands on it.
 */
/* global document, window -- of the page */

/** Opens a document and puts the cursor into its first editor. */
export async function openDocument(page, { path, timeoutMs }) {
  await page.tab.evaluate(async path => {
    const { commands } = window.jupyterapp;
    const widget = await commands.execute('docmanager:open', { path });
    await widget.context.ready;
    await widget.sessionContext?.ready;
  }, path);
  const editor = page.tab
    .locator('.jp-MainAreaWidget:not(.lm-mod-hidden) .cm-content')
    .first();
  await editor.waitFor({ timeout: timeoutMs });
  await editor.click();
}

/** Presses keys one by one; milliseconds from each key's event until its letter is painted. */
export async function keys(page, { count, timeoutMs, pauseMs }) {
  const ms = [];
  for (let turn = 0; turn < count; turn++) {
    if (turn % 60 === 59) {
      await page.tab.keyboard.press('Enter');
      await page.settle(pauseMs);
    }
    const seen = page.tab.evaluate(async timeoutMs => {
      const { painted } = window.bench;
      const editor = document.activeElement?.closest('.cm-content');
      if (!editor) {
        throw new Error('No editor has the focus');
      }
      const before = editor.textContent.length;
      let from = null;
      document.addEventListener(
        'keydown',
        event => {
          from = event.timeStamp;
        },
        { capture: true, once: true }
      );
      window.benchListens = true;
      const { at } = await painted(
        () => from !== null && editor.textContent.length > before,
        timeoutMs
      );
      return at - from;
    }, timeoutMs);
    await page.tab.waitForFunction(() => window.benchListens);
    await page.tab.keyboard.press('x');
    ms.push(await seen);
    await page.tab.evaluate(() => {
      window.benchListens = false;
    });
    await page.settle(pauseMs * (0.5 + Math.random()));
  }
  return { ms };
}

/** Types bursts of letters, far enough apart to be put into the journal one by one; what the journal measured. */
export async function bursts(page, { count, letters, pauseMs }) {
  await page.tab.evaluate(() => {
    const seen = {};
    window.benchMeasures = seen;
    new PerformanceObserver(list => {
      for (const { name, duration } of list.getEntries()) {
        (seen[name] ??= []).push(duration);
      }
    }).observe({ type: 'measure' });
  });
  for (let turn = 0; turn < count; turn++) {
    await page.tab.keyboard.type('x'.repeat(letters));
    await page.settle(pauseMs);
    if (turn % 10 === 9) {
      await page.tab.keyboard.press('Enter');
    }
  }
  return page.tab.evaluate(() => window.benchMeasures);
}

/** Processor time so far, in seconds: of the page's main thread, and of all renderers. */
export async function spent(page) {
  await page.cdp.send('Performance.enable');
  const { metrics } = await page.cdp.send('Performance.getMetrics');
  const main = metrics.find(({ name }) => name === 'TaskDuration').value;
  const session = await page.context.browser().newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const renderers = processInfo
    .filter(({ type }) => type === 'renderer')
    .reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  return { main, renderers };
}

/** Waits until an element is visible, or is not; when that was, in milliseconds since the epoch. */
export async function stands(page, { selector, text, visible, timeoutMs }) {
  const one = text
    ? page.tab.locator(selector, { hasText: text })
    : page.tab.locator(selector);
  await one.first().waitFor({
    state: visible ? 'visible' : 'hidden',
    timeout: timeoutMs
  });
  return { at: Date.now() };
}
