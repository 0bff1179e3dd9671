// Train here: digits are learnt, the network is changed, stopped, gone on with, kept in files and in links.

import type { Page } from 'playwright';
import { expect } from 'vitest';
import { axe, onPage, useLab } from './visit.ts';

const lab = useLab();

const start = (page: Page) => page.getByRole('button', { name: 'Start', exact: true });
const goOn = (page: Page) => page.getByRole('button', { name: 'Go on', exact: true });
/** Percent of the pictures held out that are right; NaN before the first pass. */
const standing = async (page: Page): Promise<number> =>
  Number(
    /^[\d.]+/.exec(((await page.getByTestId('standing').textContent()) ?? '').trim())?.[0] ?? Number.NaN,
  );

onPage('digits are learnt to 95 %, with curves, confusion and mistakes', async () => {
  const { page, faults } = await lab.visit({ hash: '/train?passes=4' });
  await start(page).click();
  await goOn(page).waitFor();
  expect(await standing(page)).toBeGreaterThanOrEqual(95);
  await page.getByText('The curves as a table').click();
  expect(await page.getByRole('region', { name: 'The curves as a table' }).getByRole('row').count()).toBe(5);
  const wrong = page.getByRole('heading', { name: /^Mistakes: \d+ of 1000$/ });
  const count = Number(/\d+/.exec((await wrong.textContent()) ?? '')?.[0]);
  expect(count).toBe(1000 - Math.round(10 * (await standing(page))));
  const cells = await page
    .getByRole('grid', { name: /^Confusion matrix/ })
    .getByRole('gridcell')
    .evaluateAll((all) => all.map((cell) => cell.getAttribute('aria-label') ?? ''));
  const right = cells.flatMap((text) =>
    /: (\d+) right$/.exec(text) ? [Number(/(\d+) right$/.exec(text)?.[1])] : [],
  );
  expect([cells.length, right.reduce((a, b) => a + b, 0)]).toEqual([100, 1000 - count]);
  expect(faults).toEqual([]);
});

for (const [width, dark] of [
  [1440, false],
  [360, true],
] as const) {
  onPage(`axe finds nothing and nothing scrolls sideways, ${width} pixels`, async () => {
    const { page, faults } = await lab.visit({ hash: '/train?passes=1&batch=128', width, dark });
    await start(page).click();
    await goOn(page).waitFor();
    await page.getByRole('grid', { name: /^Confusion matrix/ }).waitFor();
    await page.getByText('The curves as a table').click();
    expect(await axe(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    expect(faults).toEqual([]);
  });
}
