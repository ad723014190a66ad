import { expect, test } from '../big';
import type { Browser } from '../browser';
import { nameAt, TOTAL } from '../files';

const ROWS = new Map(
  Array.from({ length: TOTAL }, (_, index) => [nameAt(index), index])
);

/** Wait until the rows on the screen are those that belong where the list is scrolled to; gives the first. */
async function expectRowsOfPlace(files: Browser): Promise<number> {
  let first = -1;
  await expect
    .poll(async () => {
      const names = await files.visibleNames();
      first = ROWS.get(names[0] ?? '') ?? -1;
      const { height, top } = await files.content.evaluate(content => ({
        height:
          content
            .querySelector('.jp-DirListing-item')
            ?.getBoundingClientRect().height ?? NaN,
        top: content.scrollTop
      }));
      const isRun = names.every((name, i) => name === nameAt(first + i));
      // The first row that is wholly on the screen.
      return isRun && Math.abs(first - top / height) <= 1;
    })
    .toBe(true);
  return first;
}

test('The mouse wheel turns through 100,000 files', async ({
  big,
  files,
  page
}) => {
  await files.open(big);
  await files.expectFirst('alpha');
  await files.content.hover();
  let before = 0;
  for (const distance of [120, 1200, 12_000]) {
    await page.mouse.wheel(0, distance);
    await expect
      .poll(async () => ROWS.get((await files.visibleNames())[0] ?? ''))
      .toBeGreaterThan(before);
    before = await expectRowsOfPlace(files);
  }
  expect(before).toBeGreaterThan(300);
  await page.mouse.wheel(0, -100_000);
  await files.expectFirst('alpha');
});

test.describe('On a touch screen', () => {
  test.use({ hasTouch: true });

  test('a finger moves the rows of 100,000 files', async ({
    big,
    files,
    page
  }) => {
    await files.open(big);
    await files.expectFirst('alpha');
    const box = (await files.content.boundingBox())!;
    // Galata's page is another object than Playwright's own.
    const context = page.context();
    const session = await context.newCDPSession(context.pages()[0]!);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', y?: number) =>
      session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: y === undefined ? [] : [{ x: box.x + box.width / 2, y }]
      });
    const LOW = 0.9;
    const HIGH = 0.1;
    /** Move a finger over the rows, from here to there in shares of their height, so many times. */
    const swipe = async (
      from: number,
      to: number,
      times: number
    ): Promise<void> => {
      for (let time = 0; time < times; time++) {
        await touch('touchStart', box.y + box.height * from);
        for (let step = 1; step <= 8; step++) {
          const share = from + ((to - from) * step) / 8;
          await touch('touchMove', box.y + box.height * share);
        }
        await touch('touchEnd');
      }
    };
    await swipe(LOW, HIGH, 1);
    const near = await expectRowsOfPlace(files);
    expect(near).toBeGreaterThan(10);
    await swipe(LOW, HIGH, 10);
    const far = await expectRowsOfPlace(files);
    expect(far).toBeGreaterThan(near + 100);
    // It was a movement, no choice.
    expect(await files.selectedPaths()).toEqual([]);
    // How far the rows glide on is the browser's affair.
    await expect(async () => {
      await swipe(HIGH, LOW, 5);
      expect((await files.visibleNames())[0]).toBe('alpha');
    }).toPass();
    await files.row('beta').tap();
    await expect.poll(() => files.selectedPaths()).toEqual([`${big}/beta`]);
  });
});
