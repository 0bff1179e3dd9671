// The shell: addresses, colours, keys, offline, isolation; nothing from elsewhere.

import { expect } from 'vitest';
import { onPage, useLab } from './visit.ts';

const lab = useLab();

onPage('opens with the first view, in any folder, and asks nobody else', async () => {
  const { page, faults } = await lab.visit();
  expect(await page.title()).toBe('Layer · neocog Lab');
  expect(await page.locator('nav a[aria-current=page]').textContent()).toBe('Layer');
  expect(faults).toEqual([]);
});

onPage('an address that names no view opens the first', async () => {
  const { page, faults } = await lab.visit({ hash: '/nothing?a=b' });
  expect([await page.title(), faults]).toEqual(['Layer · neocog Lab', []]);
});

onPage('colours: the system’s, then the visitor’s, which stay', async () => {
  const { page } = await lab.visit({ dark: true });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await page.getByRole('button', { name: /^Colours/ }).click();
  const light = await ground();
  expect(light).not.toBe(dark);
  await page.reload();
  await page.locator('h1').waitFor();
  expect(await ground()).toBe(light);
});

onPage('the first key leads past the header', async () => {
  const { page } = await lab.visit();
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent?.trim())).toBe('Skip to the view');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
});

onPage('a view that is left at once, with its worker at work, leaves nothing behind', async () => {
  const { page, faults } = await lab.visit();
  const names = ['Filters', 'Look inside', 'Train', 'Teach', 'Layer'];
  for (const moment of [0, 30, 100, 300])
    for (const name of names) {
      await page.getByRole('link', { name, exact: true }).click();
      await page.waitForTimeout(moment);
    }
  await page.locator('h1').waitFor();
  expect(faults).toEqual([]);
});

onPage('after the first visit it works offline, and is isolated without the host’s help', async () => {
  const { page, context, faults } = await lab.visit();
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await context.setOffline(true);
  await page.reload();
  await page.locator('h1').waitFor();
  expect(await page.evaluate(() => [crossOriginIsolated, typeof SharedArrayBuffer])).toEqual([
    true,
    'function',
  ]);
  expect(faults).toEqual([]);
});
