import { UUID } from '@lumino/coreutils';

/** A page of another browser that was not heard of for this long is gone, in ms. */
export const GONE_AFTER = 25_000;

/** A page that lives says so this often, in ms, while it is visible. */
export const BEAT = 10_000;

/** The other pages of this browser have this long to say that they live, in ms. */
const ANSWER_WITHIN = 250;

const MOST_PAGES = 50;

interface IWord {
  readonly kind: 'who' | 'here';
  readonly page: string;
}

/** Which pages live: those of this browser say so themselves, of others the server knows when they were last heard of. */
export class Pages {
  constructor(baseUrl: string) {
    this._key = `cloudru-jlab:drafts:pages:${baseUrl}`;
    this._remember();
    if (typeof BroadcastChannel === 'function') {
      this._channel = new BroadcastChannel(this._key);
      this._channel.onmessage = (event: MessageEvent<IWord>) => {
        const { kind, page } = event.data;
        if (kind === 'who') {
          this._say('here');
        } else {
          this._asking.forEach(heard => heard.add(page));
        }
      };
    }
  }

  /** This page's own name, another after each reload. */
  readonly page = UUID.uuid4().replace(/-/g, '');

  /** Those of the drafts whose page is gone; and when to look again for the others, in ms, or null. */
  async gone<T extends { readonly page: string; readonly seen: string | null }>(
    drafts: readonly T[],
    now: string
  ): Promise<{ gone: T[]; again: number | null }> {
    const own = this._own();
    const living = await this._ask();
    const clock = Date.parse(now);
    let again: number | null = null;
    const gone = drafts.filter(({ page, seen }) => {
      if (page === this.page || living.has(page)) {
        return false;
      }
      if (own.includes(page) || seen === null) {
        return true;
      }
      const left = Date.parse(seen) + GONE_AFTER - clock;
      if (left > 0) {
        again = Math.min(again ?? Infinity, left);
        return false;
      }
      return true;
    });
    return { gone, again };
  }

  private async _ask(): Promise<Set<string>> {
    const heard = new Set<string>();
    this._asking.add(heard);
    if (this._channel) {
      this._say('who');
      await new Promise(resolve => setTimeout(resolve, ANSWER_WITHIN));
    }
    this._asking.delete(heard);
    return heard;
  }

  private _say(kind: IWord['kind']): void {
    this._channel?.postMessage({ kind, page: this.page } satisfies IWord);
  }

  /** The pages that this browser has had. */
  private _own(): string[] {
    try {
      const pages: unknown = JSON.parse(
        localStorage.getItem(this._key) ?? '[]'
      );
      return Array.isArray(pages) ? pages.map(String) : [];
    } catch {
      return [];
    }
  }

  private _remember(): void {
    try {
      const pages = [...this._own(), this.page].slice(-MOST_PAGES);
      localStorage.setItem(this._key, JSON.stringify(pages));
    } catch {
      // A browser that keeps nothing: the server's clock has to do.
    }
  }

  private readonly _key: string;
  private _channel: BroadcastChannel | null = null;
  private readonly _asking = new Set<Set<string>>();
}
