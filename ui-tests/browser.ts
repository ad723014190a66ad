import { expect } from '@jupyterlab/galata';
import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Locator, Request } from '@playwright/test';

/** The height of a row, in CSS pixels; only its order of magnitude matters here. */
const ROW_HEIGHT = 24;

/** The file browser of the page, as a user sees it. */
export class Browser {
  constructor(readonly page: IJupyterLabPageFixture) {
    this.panel = page.locator('#filebrowser');
    this.content = this.panel.locator('.jp-DirListing-content');
    this.rows = this.content.locator('.jp-DirListing-item');
    this.footer = this.panel.locator('.cj-Footer');
    this.filter = this.panel.locator(
      'input[placeholder="Filter files by name"]'
    );
  }

  readonly panel: Locator;
  /** What scrolls. */
  readonly content: Locator;
  /** The nodes of rows: those on the screen and a few around. */
  readonly rows: Locator;
  readonly footer: Locator;
  readonly filter: Locator;

  /** The row with exactly this name, if it is drawn. */
  row(name: string): Locator {
    return this.rows.filter({
      has: this.page.getByText(name, { exact: true })
    });
  }

  /** The header of a column, which sorts by it. */
  header(column: 'name' | 'modified' | 'filesize'): Locator {
    return this.panel.locator(`.jp-DirListing-headerItem.jp-id-${column}`);
  }

  /** Go to a directory, and wait until the browser shows it. */
  async open(path: string): Promise<void> {
    await this.page.evaluate(
      target =>
        window.jupyterapp.commands.execute('filebrowser:go-to-path', {
          path: target,
          dontShowBrowser: true
        }),
      `/${path}`
    );
    await expect
      .poll(() => this.page.filebrowser.getCurrentDirectory())
      .toBe(path);
  }

  /** The names of the rows that are wholly on the screen, from top to bottom. */
  visibleNames(): Promise<string[]> {
    return this.content.evaluate(content => {
      const box = content.getBoundingClientRect();
      return [...content.querySelectorAll('.jp-DirListing-item')]
        .map(row => ({ row, box: row.getBoundingClientRect() }))
        .filter(
          item =>
            item.box.height > 0 &&
            item.box.top >= box.top - 1 &&
            item.box.bottom <= box.bottom + 1
        )
        .sort((a, b) => a.box.top - b.box.top)
        .map(
          item =>
            item.row.querySelector('.jp-DirListing-itemText')?.textContent ?? ''
        );
    });
  }

  /** Wait until the rows on the screen are these and no hole is among them; gives their names. */
  async expectVisible(...names: string[]): Promise<string[]> {
    await expect
      .poll(() => this.visibleNames())
      .toEqual(expect.arrayContaining(names));
    return this.visibleNames();
  }

  /** Wait until the first row on the screen has this name. */
  async expectFirst(name: string): Promise<void> {
    await expect.poll(async () => (await this.visibleNames())[0]).toBe(name);
  }

  /** Wait until the last row on the screen has this name. */
  async expectLast(name: string): Promise<void> {
    await expect
      .poll(async () => (await this.visibleNames()).at(-1))
      .toBe(name);
  }

  /** How many rows fit on the screen. */
  async capacity(): Promise<number> {
    const height = await this.content.evaluate(node => node.clientHeight);
    return Math.ceil(height / ROW_HEIGHT);
  }

  /** Drag the scrollbar: 0 is the top, 1 the end. */
  async scrollTo(fraction: number): Promise<void> {
    await this.content.evaluate((node, share) => {
      node.scrollTop = share * (node.scrollHeight - node.clientHeight);
    }, fraction);
  }

  /** Select the row of this name, which must be drawn. */
  async select(
    name: string,
    modifiers: ('Shift' | 'ControlOrMeta')[] = []
  ): Promise<void> {
    await this.row(name).click({ modifiers });
  }

  /** The name of the row that has the keyboard focus. */
  focusedName(): Promise<string | null> {
    return this.page.evaluate(
      () =>
        document.activeElement
          ?.closest('.jp-DirListing-item')
          ?.querySelector('.jp-DirListing-itemText')?.textContent ?? null
    );
  }

  async expectFocused(name: string): Promise<void> {
    await expect.poll(() => this.focusedName()).toBe(name);
  }

  /** The paths that the browser says are selected, on the screen or not. */
  selectedPaths(): Promise<string[]> {
    return this.page.evaluate(() => {
      const widgets = [...window.jupyterapp.shell.widgets('left')];
      const browser = widgets.find(widget => widget.id === 'filebrowser') as
        { selectedItems(): Iterable<{ path: string }> } | undefined;
      return [...(browser?.selectedItems() ?? [])].map(item => item.path);
    });
  }

  execute(
    command: string,
    args: Record<string, string | boolean> = {}
  ): Promise<void> {
    return this.page.evaluate(
      async ([id, options]) => {
        await window.jupyterapp.commands.execute(id, options);
      },
      [command, args] as const
    );
  }

  /** Start a command that waits for the user. */
  launch(
    command: string,
    args: Record<string, string | boolean> = {}
  ): Promise<void> {
    return this.page.evaluate(
      ([id, options]) => {
        void window.jupyterapp.commands.execute(id, options);
      },
      [command, args] as const
    );
  }

  /** Show the filter box and type. */
  async filterBy(text: string): Promise<void> {
    if (!(await this.filter.isVisible())) {
      await this.execute('filebrowser:toggle-file-filter');
    }
    await this.filter.fill(text);
  }
}

/** What a page asked the server for. */
export class Traffic {
  constructor(page: IJupyterLabPageFixture) {
    page.on('request', request => this._requests.push(request));
  }

  /** Requests for a directory with all that is in it, through the contents manager. */
  get wholeDirectories(): string[] {
    return this._requests
      .filter(request => request.method() === 'GET')
      .map(request => request.url())
      .filter(url => {
        const { pathname, searchParams } = new URL(url);
        return (
          pathname.includes('/api/contents') &&
          searchParams.get('content') !== '0' &&
          searchParams.get('type') !== 'file' &&
          searchParams.get('type') !== 'notebook'
        );
      });
  }

  /** The requests made so far whose path ends so. */
  of(ending: string): Request[] {
    return this._requests.filter(request =>
      new URL(request.url()).pathname.endsWith(ending)
    );
  }

  clear(): void {
    this._requests.length = 0;
  }

  private readonly _requests: Request[] = [];
}
