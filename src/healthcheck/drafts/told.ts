const KEY = 'cloudru-jlab:drafts:told';
const MOST = 200;

/** Ids that outlast the page, in the browser; where it keeps nothing, those of the page. */
export class Told {
  has(id: string): boolean {
    return this._page.has(id) || kept().includes(id);
  }

  add(id: string): void {
    this._page.add(id);
    try {
      localStorage.setItem(KEY, JSON.stringify([...kept(), id].slice(-MOST)));
    } catch {
      // Told again after the next start.
    }
  }

  private readonly _page = new Set<string>();
}

function kept(): string[] {
  try {
    const ids: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(ids) ? ids.map(String) : [];
  } catch {
    return [];
  }
}
