import { MAX_HEIGHT, Scroller } from '../scroll';

const VIEWPORT = 600;

/** A browser's element: it rounds and clamps positions. */
class Element {
  constructor(readonly scroller: Scroller) {}

  get max(): number {
    return Math.max(0, this.scroller.height - this.scroller.viewport);
  }

  /** The user or the program scrolls to a position. */
  to(position: number): void {
    this._at = Math.max(0, Math.min(position, this.max));
    if (this.scroller.scrolled(this._at)) {
      this.rest();
    }
  }

  by(step: number): void {
    this.to(this._at + step);
  }

  /** Nothing moves for a while. */
  rest(): void {
    this.scroller.settle();
    this.follow();
  }

  follow(): void {
    const { scrollTop } = this.scroller;
    this._at = Math.max(0, Math.min(Math.round(scrollTop), this.max));
    this.scroller.adopt(this._at);
  }

  private _at = 0;
}

function make(total: number, rowHeight = 24): [Scroller, Element] {
  const scroller = new Scroller();
  scroller.measure(total, rowHeight, VIEWPORT);
  return [scroller, new Element(scroller)];
}

/** A repeatable sequence of numbers between 0 and 1. */
function* randoms(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state / 2_147_483_648;
  }
}

describe('Scroller', () => {
  it('is the plain scroll position while all rows fit', () => {
    const [scroller, element] = make(10_000);
    element.to(1234);
    expect(scroller.top).toBe(1234);
    expect(scroller.place(100)).toBe(2400);
    expect(scroller.height).toBe(240_000);
  });

  it.each([1_000_000, 6_000_000, 50_000_000])(
    'never makes the element higher than a browser can (%i rows)',
    total => {
      const [scroller] = make(total);
      expect(scroller.height).toBe(MAX_HEIGHT);
    }
  );

  it.each([1, 25, 26, 10_000, 625_000, 625_001, 1_000_000, 6_000_000])(
    'goes exactly to any of %i rows',
    total => {
      const [scroller, element] = make(total);
      const random = randoms(total);
      for (let i = 0; i < 500; i++) {
        const row = Math.floor(random.next().value * total);
        scroller.reveal(row);
        element.follow();
        expect(row).toBeGreaterThanOrEqual(scroller.firstVisible);
        expect(row).toBeLessThan(scroller.lastVisible);
        // Its place in the element is where the viewport is.
        const place = scroller.place(row) - scroller.scrollTop;
        expect(place).toBeGreaterThan(-0.51);
        expect(place + scroller.rowHeight).toBeLessThan(
          Math.max(VIEWPORT, scroller.rowHeight) + 0.51
        );
      }
    }
  );

  it.each([1_000_000, 6_000_000])(
    'moves row by row from anywhere (%i rows)',
    total => {
      const [scroller, element] = make(total);
      const random = randoms(7);
      for (let i = 0; i < 200; i++) {
        const start = Math.floor(random.next().value * (total - 200)) + 100;
        scroller.moveTo(start * scroller.rowHeight);
        element.follow();
        const direction = random.next().value < 0.5 ? -1 : 1;
        for (let step = 1; step <= 50; step++) {
          element.by(direction * scroller.rowHeight);
          if (step % 7 === 0) {
            element.rest();
          }
        }
        // To the pixel, however often the scroll bar was put in its place meanwhile.
        const moved = scroller.top - start * scroller.rowHeight;
        const wanted = direction * 50 * scroller.rowHeight;
        expect(Math.abs(moved - wanted)).toBeLessThan(8);
      }
    }
  );

  it.each([625_001, 1_000_000, 6_000_000])(
    'reaches both ends by small steps without a rest (%i rows)',
    total => {
      const [scroller, element] = make(total);
      scroller.moveTo((total - 50_000) * scroller.rowHeight);
      element.follow();
      for (let i = 0; i < 50_000; i++) {
        element.by(100);
      }
      expect(scroller.lastVisible).toBe(total);
      scroller.moveTo(50_000 * scroller.rowHeight);
      element.follow();
      for (let i = 0; i < 50_000; i++) {
        element.by(-100);
      }
      expect(scroller.top).toBe(0);
      expect(scroller.scrollTop).toBe(0);
    }
  );

  it('reaches both ends by the scroll bar', () => {
    const [scroller, element] = make(6_000_000);
    element.to(element.max);
    expect(scroller.lastVisible).toBe(6_000_000);
    element.to(0);
    expect(scroller.firstVisible).toBe(0);
  });

  it('goes forward when the scroll bar goes forward', () => {
    const [scroller, element] = make(6_000_000);
    let last = -1;
    for (let at = 0; at <= element.max; at += 10_000) {
      element.to(at);
      expect(scroller.top).toBeGreaterThan(last);
      last = scroller.top;
    }
  });

  it('moves no row when it settles', () => {
    const [scroller, element] = make(6_000_000);
    element.to(7_000_000);
    for (let i = 0; i < 100; i++) {
      element.by(120);
    }
    const { top } = scroller;
    element.rest();
    expect(Math.abs(scroller.top - top)).toBeLessThan(0.51);
    // The difference is made good: the same place is found again by the scroll bar.
    const { scrollTop } = scroller;
    element.to(0);
    element.to(scrollTop);
    expect(Math.abs(scroller.top - top)).toBeLessThan(10);
  });

  it('keeps the first row when the row height changes', () => {
    const [scroller] = make(1_000_000);
    scroller.reveal(500_000);
    const { firstVisible } = scroller;
    scroller.measure(1_000_000, 27, VIEWPORT);
    expect(Math.abs(scroller.firstVisible - firstVisible)).toBeLessThan(2);
  });

  it('stays within the rows when they become fewer', () => {
    const [scroller, element] = make(1_000_000);
    scroller.reveal(999_999);
    element.follow();
    scroller.measure(100, 24, VIEWPORT);
    expect(scroller.lastVisible).toBe(100);
    expect(scroller.scrollTop).toBe(100 * 24 - VIEWPORT);
  });
});
