/*
 * Drives Chromium for the benchmarks: one JSON command a line on stdin, one JSON answer a line on stdout.
 * Every time is taken inside the page (page_clock.js), in milliseconds.
 */
/* global document, requestAnimationFrame, window -- of the page */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';

import * as health from './health_page.mjs';

// The browser tests' own copy: the benchmarks bring no packages.
const require = createRequire(
  new URL('../ui-tests/package.json', import.meta.url)
);
const { chromium } = require('playwright-core');

const CLOCK = readFileSync(new URL('page_clock.js', import.meta.url), 'utf8');
const START_TIMEOUT_MS = 120_000;
const SETTLE_MS = 200;

const pages = new Map();
let browser;

/** A page of its own profile on one server. */
class Page {
  static async open({ url, token, workspace, weigh }) {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      extraHTTPHeaders: { Authorization: `token ${token}` }
    });
    const page = new Page(context, await context.newPage());
    await context.addInitScript(CLOCK);
    page.cdp = await context.newCDPSession(page.tab);
    await page.cdp.send('Network.enable');
    page.cdp.on('Network.loadingFinished', event => {
      page.requests += 1;
      page.bytes += event.encodedDataLength;
    });
    const weighed = [];
    if (weigh) {
      page.tab.on('response', response => weighed.push(response));
    }
    await page.tab.goto(`${url}lab/workspaces/${workspace}`, {
      waitUntil: 'commit'
    });
    const started = await page.started();
    return { page, started, weighed };
  }

  constructor(context, tab) {
    this.context = context;
    this.tab = tab;
    this.requests = 0;
    this.bytes = 0;
    tab.setDefaultTimeout(START_TIMEOUT_MS);
  }

  /** When the first row stood and when JupyterLab called itself restored, from navigation on. */
  async started() {
    await this.tab.waitForFunction(
      () => window.bench?.started.firstRow && window.bench.started.restored,
      undefined,
      { timeout: START_TIMEOUT_MS, polling: 100 }
    );
    return this.tab.evaluate(() => ({ ...window.bench.started }));
  }

  settle(ms = SETTLE_MS) {
    return new Promise(resolve => setTimeout(resolve, ms));
  }

  /** Double click on a folder until the first of its rows is painted. */
  async enter({ folder, starts, timeoutMs }) {
    await this.settle();
    const measured = this.tab.evaluate(
      async ([starts, timeoutMs]) => {
        const { painted, nameAt } = window.bench;
        const clicked = new Promise(resolve => {
          document.addEventListener('dblclick', e => resolve(e.timeStamp), {
            capture: true,
            once: true
          });
        });
        const from = await clicked;
        const { at, value } = await painted(() => {
          const first = nameAt(0);
          return starts.some(start => first?.startsWith(start)) && first;
        }, timeoutMs);
        return { ms: at - from, first: value };
      },
      [starts, timeoutMs]
    );
    await this.tab
      .locator('.jp-DirListing-item', { hasText: new RegExp(`^${folder}`) })
      .first()
      .dblclick();
    return measured;
  }

  /** Switches to another root until a row whose name starts with one of `starts` is painted at the top. */
  async switchRoot({ root, starts, timeoutMs }) {
    await this.settle();
    return this.tab.evaluate(
      async ([root, starts, timeoutMs]) => {
        const { painted, nameAt } = window.bench;
        const from = performance.now();
        void window.jupyterapp.commands.execute('roots:switch', { root });
        const { at } = await painted(() => {
          const first = nameAt(0);
          return starts.some(start => first?.startsWith(start));
        }, timeoutMs);
        return { ms: at - from };
      },
      [root, starts, timeoutMs]
    );
  }

  /** The root again, through the breadcrumbs. */
  async leave({ folder }) {
    await this.tab.locator('.jp-BreadCrumbs-home').first().click();
    await this.tab
      .locator('.jp-DirListing-item', { hasText: new RegExp(`^${folder}`) })
      .first()
      .waitFor();
  }

  /** Waits until the directory's first row in stock order stands at the top; how long that took from now. */
  async ordered({ first, timeoutMs }) {
    return this.tab.evaluate(
      async ([first, timeoutMs]) => {
        const from = performance.now();
        const { painted, nameAt } = window.bench;
        const { at } = await painted(() => nameAt(0) === first, timeoutMs);
        return { ms: at - from };
      },
      [first, timeoutMs]
    );
  }

  /**
   * Moves the scrollbar to each of `places` (0 to 1) and waits until every visible row is the right one there, give or take
   * the share `tolerated` of all rows.
   * `families` are the [before, after, size] of the names in their order, from which a name gives its row.
   */
  async jumps({ places, families, tolerated, timeoutMs }) {
    const ms = [];
    const since = await this.tab.evaluate(() => performance.now());
    for (const place of places) {
      const { took } = await this.tab.evaluate(
        async ([place, families, tolerated, timeoutMs]) => {
          const { painted, nameAt, visibleNames, content } = window.bench;
          const total = families.reduce((sum, [, , size]) => sum + size, 0);
          const indexOf = name => {
            let base = 0;
            for (const [before, after, size] of families) {
              if (name.startsWith(before) && name.endsWith(after)) {
                return base + Number(name.slice(before.length, -after.length));
              }
              base += size;
            }
            return NaN;
          };
          const list = content();
          const from = performance.now();
          list.scrollTop = place * (list.scrollHeight - list.clientHeight);
          // Beyond what an element can measure the scrollbar is scaled, and not evenly. The places are far enough apart
          // that the rows of the one before do not pass.
          const near = row =>
            Math.abs(row - place * total) <= 50 + total * tolerated;
          const check = () => {
            if (!near(indexOf(nameAt(0.5)))) {
              return false;
            }
            const rows = visibleNames().map(indexOf);
            return (
              rows.length > 0 &&
              rows.every((row, i) => row === rows[0] + i && near(row))
            );
          };
          try {
            const { at } = await painted(check, timeoutMs);
            return { took: at - from };
          } catch {
            const seen = visibleNames().slice(0, 3).join(', ');
            throw new Error(`After a jump to ${place} there stand: ${seen}`);
          }
        },
        [place, families, tolerated, timeoutMs]
      );
      ms.push(took);
      await this.settle(SETTLE_MS + 100 * Math.random());
    }
    return { ms, longTasks: await this.#longTasks(since) };
  }

  /** Types a filter; from the last key until its first match stands at the top. Then clears it. */
  async filter({ text, first, all, timeoutMs }) {
    const box = this.tab.getByPlaceholder('Filter files by name').first();
    await box.click();
    const expect = name =>
      this.tab.evaluate(
        async ([name, timeoutMs]) => {
          const { painted, nameAt } = window.bench;
          let from = performance.now();
          const seen = event => {
            from = event.timeStamp;
          };
          document.addEventListener('keydown', seen, { capture: true });
          const { at } = await painted(() => nameAt(0) === name, timeoutMs);
          document.removeEventListener('keydown', seen, { capture: true });
          return { ms: at - from };
        },
        [name, timeoutMs]
      );
    const filtered = expect(first);
    await this.tab.keyboard.type(text, { delay: 60 });
    const answer = await filtered;
    await this.settle();
    const cleared = expect(all);
    await this.tab.keyboard.press('ControlOrMeta+a');
    await this.tab.keyboard.press('Backspace');
    return { ms: answer.ms, cleared: (await cleared).ms };
  }

  /** Leaves the page alone; what it does by itself. */
  async idle({ seconds }) {
    const { requests, bytes } = this;
    const since = await this.tab.evaluate(() => performance.now());
    await this.settle(seconds * 1000);
    return {
      longTasks: await this.#longTasks(since),
      requests: this.requests - requests,
      bytes: this.bytes - bytes
    };
  }

  /** Tasks of more than 50 ms since a moment of the page. */
  #longTasks(since) {
    return this.tab.evaluate(
      since =>
        window.bench.longTasks
          .filter(task => task.start >= since)
          .map(task => task.ms),
      since
    );
  }

  /** Live JavaScript objects of the page after a collection, in bytes. */
  async heap() {
    await this.cdp.send('HeapProfiler.collectGarbage');
    const { usedSize } = await this.cdp.send('Runtime.getHeapUsage');
    return { bytes: usedSize };
  }

  /** Moves the scrollbar and waits until no visible row is blank. */
  async scroll({ place }) {
    await this.tab.evaluate(async place => {
      const { painted, visibleNames, content } = window.bench;
      const list = content();
      list.scrollTop = place * (list.scrollHeight - list.clientHeight);
      await painted(() => visibleNames().every(Boolean), 20000);
    }, place);
    await this.settle();
  }

  visible() {
    return this.tab.evaluate(() => window.bench.visibleNames());
  }

  /** From an action until `name` stands right below `above`. */
  async #stands({ name, above, event, timeoutMs }) {
    return this.tab.evaluate(
      async ([name, above, event, timeoutMs]) => {
        const { painted, visibleNames } = window.bench;
        let from = performance.now();
        if (event) {
          document.addEventListener(
            event,
            seen => {
              from = seen.timeStamp;
            },
            { capture: true, once: true }
          );
        }
        const { at } = await painted(() => {
          const names = visibleNames();
          const index = names.indexOf(name);
          return index > 0 && names[index - 1] === above;
        }, timeoutMs);
        return { at: performance.timeOrigin + at, ms: at - from };
      },
      [name, above, event, timeoutMs]
    );
  }

  /** A file made through JupyterLab (`file` null) or by another program, until its row stands in its place. */
  async create({ path, name, above, file, timeoutMs }) {
    if (file) {
      const seen = this.#stands({ name, above, timeoutMs });
      await this.settle();
      const from = performance.timeOrigin + performance.now();
      writeFileSync(file, '');
      return { ms: (await seen).at - from };
    }
    const seen = this.#stands({ name, above, timeoutMs });
    const from = await this.tab.evaluate(target => {
      const now = performance.timeOrigin + performance.now();
      void window.jupyterapp.serviceManager.contents.save(target, {
        type: 'file',
        format: 'text',
        content: ''
      });
      return now;
    }, `${path}/${name}`);
    return { ms: (await seen).at - from };
  }

  /** F2, a new name and Enter, until the row stands in its new place. */
  async rename({ from, to, above, timeoutMs }) {
    await this.tab
      .locator('.jp-DirListing-item', { hasText: from })
      .first()
      .click();
    await this.tab.keyboard.press('F2');
    const editor = this.tab.locator('.jp-DirListing-editor');
    await editor.fill(to);
    const seen = this.#stands({ name: to, above, event: 'keydown', timeoutMs });
    await this.settle();
    await editor.press('Enter');
    return { ms: (await seen).ms };
  }

  /** From now on notes when each toast was first painted, as milliseconds since the epoch, and how many stood at once. */
  async watchToasts() {
    await this.tab.waitForSelector('#cj-notification-alerts', {
      state: 'attached'
    });
    await this.tab.evaluate(() => {
      const seen = {};
      window.benchToasts = { seen, most: 0, since: performance.now() };
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        const at = performance.timeOrigin + performance.now();
        const toasts = document.querySelectorAll(
          '.Toastify__toast .jp-toast-message, .cj-Alert-title'
        );
        for (const { firstChild } of toasts) {
          // The title; a line break and the body follow.
          seen[firstChild.textContent] ??= at;
        }
        const { most } = window.benchToasts;
        window.benchToasts.most = Math.max(most, toasts.length);
        requestAnimationFrame(frame);
      };
      const frame = () => channel.port2.postMessage(null);
      requestAnimationFrame(frame);
    });
  }

  /** When a toast was first painted; waits for it. */
  async toastPainted({ title, timeoutMs }) {
    const handle = await this.tab.waitForFunction(
      title => window.benchToasts.seen[title],
      title,
      { timeout: timeoutMs, polling: 20 }
    );
    return { at: await handle.jsonValue() };
  }

  /** Waits until no toast stands there. */
  async toastsGone() {
    await this.tab.waitForFunction(
      () => document.querySelector('.Toastify__toast') === null
    );
  }

  /** The titles in the page's history, newest first, once there are `count`; what happened since `watchToasts`. */
  async noticed({ count, timeoutMs }) {
    const handle = await this.tab.waitForFunction(
      count => {
        const { _plugins } = window.jupyterapp.pluginRegistry;
        const { all } = _plugins.get('cloudru-jlab:notifications').service;
        return all.length === count && all.map(({ title }) => title);
      },
      count,
      { timeout: timeoutMs, polling: 50 }
    );
    const titles = await handle.jsonValue();
    const { most, since } = await this.tab.evaluate(() => window.benchToasts);
    return { titles, most, longTasks: await this.#longTasks(since) };
  }

  async close() {
    await this.context.close();
    return {};
  }
}

/** What the page fetched of `part` at its first load, raw and as gzip would send it. */
async function weigh(responses, part) {
  const files = [];
  for (const response of responses) {
    if (response.url().includes(part) && response.ok()) {
      const body = await response.body();
      files.push({ raw: body.length, gzip: gzipSync(body).length });
    }
  }
  return {
    files: files.length,
    raw: files.reduce((sum, file) => sum + file.raw, 0),
    gzip: files.reduce((sum, file) => sum + file.gzip, 0)
  };
}

async function obey({ do: verb, page: id, ...rest }) {
  if (verb === 'launch') {
    browser = await chromium.launch({
      executablePath: rest.executable,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-quic'
      ]
    });
    return { version: browser.version() };
  }
  if (verb === 'open') {
    const { page, started, weighed } = await Page.open(rest);
    pages.set(id, page);
    return rest.weigh
      ? { ...started, weight: await weigh(weighed, rest.weigh) }
      : started;
  }
  if (verb === 'quit') {
    await browser?.close();
    return {};
  }
  const page = pages.get(id);
  if (verb === 'close') {
    pages.delete(id);
  }
  return verb in health ? health[verb](page, rest) : page[verb](rest);
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await obey(command)) ?? {} };
  } catch (error) {
    answer = { error: String(error?.message ?? error).split('\nCall log')[0] };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  if (command.do === 'quit') {
    break;
  }
}
