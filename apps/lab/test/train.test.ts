// Train here: digits are learnt, the network is changed, stopped, gone on with, kept in files and in links; drawings and folders.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nn, readCheckpoint } from 'neocog';
import type { Page } from 'playwright';
import sharp from 'sharp';
import { expect } from 'vitest';
import { said } from './bench.ts';
import { axe, onPage, useLab } from './visit.ts';

const lab = useLab();

/** Learns in a second or two. */
const quick = 'net=conv_4_3_2_relu_norm,max_2&batch=64';

const patience = { timeout: 60_000 };
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const standingText = async (page: Page): Promise<string> =>
  ((await page.getByTestId('standing').textContent()) ?? '').replace(/\s+/g, ' ').trim();
/** Percent of the pictures held out that are right; NaN before the first pass. */
const standing = async (page: Page): Promise<number> => Number.parseFloat(await standingText(page));

/** Lets it learn to the end, which may be there before one could look whether it has begun. */
async function learn(page: Page, name = 'Start'): Promise<void> {
  const end = page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        let hasBegun = false;
        const look = (): void => {
          const learns = [...document.querySelectorAll('button')].some(
            (b) => b.textContent?.trim() === 'Stop',
          );
          if (hasBegun && !learns) resolve();
          hasBegun ||= learns;
        };
        const options = { subtree: true, childList: true, characterData: true, attributes: true };
        new MutationObserver(look).observe(document.body, options);
      }),
  );
  await button(page, name).click();
  await end;
  await button(page, 'Go on').waitFor();
}

onPage(
  'digits are learnt to 95 % before one’s eyes, with curves, confusion, mistakes and a table',
  async () => {
    const { page, faults } = await lab.visit({ hash: '/train?passes=3' });
    const kernel = page
      .getByRole('grid', { name: '8 kernels of the first convolution' })
      .getByRole('gridcell');
    const map = page.getByRole('grid', { name: '8 maps of conv1' }).getByRole('gridcell');
    const seen = () => Promise.all([kernel, map].map((cell) => cell.getAttribute('aria-label')));
    const before = await seen();
    await button(page, 'Start').click();
    await page.getByTestId('standing').filter({ hasText: /\d %/ }).waitFor();
    const now = await seen();
    expect([now[0] === before[0], now[1] === before[1]]).toEqual([false, false]);
    await button(page, 'Go on').waitFor();
    expect(await standing(page)).toBeGreaterThanOrEqual(95);
    expect(await said(page)).toMatch(/^It has learnt\. 9[\d.]+ % of the pictures held out are right/);
    await page.getByText('The curves as a table').click();
    const table = page.getByRole('region', { name: 'The curves as a table' });
    await expect.poll(() => table.getByRole('row').count(), patience).toBe(4);
    const wrong = await page.getByRole('heading', { name: /^Mistakes: \d+ of 1000$/ }).textContent();
    const count = Number(/\d+/.exec(wrong ?? '')?.[0]);
    expect(count).toBe(1000 - Math.round(10 * (await standing(page))));
    const matrix = page.getByRole('grid', { name: /^Confusion matrix/ });
    const cells = await matrix
      .getByRole('gridcell')
      .evaluateAll((all) => all.map((cell) => cell.getAttribute('aria-label') ?? ''));
    const counts = cells.map((text) => Number(/(\d+)(?: right)?$/.exec(text)?.[1]));
    const right = cells.map((text, i) => (text.endsWith('right') ? (counts[i] ?? 0) : 0));
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    expect([cells.length, sum(counts), sum(right)]).toEqual([100, 1000, 1000 - count]);
    const most = counts.reduce(
      (best, value, i) => (right[i] === 0 && value > (counts[best] ?? 0) ? i : best),
      1,
    );
    await matrix.getByRole('gridcell').nth(most).click();
    await page.getByRole('heading', { name: /^\d taken for \d$/ }).waitFor();
    const pad = page.getByRole('application', { name: /^Drawing pad/ });
    await pad.press('ArrowUp');
    for (let i = 0; i < 7; i++) await pad.press('ArrowUp');
    await pad.press(' ');
    for (let i = 0; i < 16; i++) await pad.press('ArrowDown');
    await page.getByTestId('said').filter({ hasText: '1' }).waitFor();
    await button(page, 'Clear').click();
    await page.getByTestId('said').filter({ hasText: '…' }).waitFor();
    await page.getByRole('combobox', { name: 'Layer whose maps are shown' }).selectOption('conv2');
    await page.getByRole('grid', { name: '16 maps of conv2' }).waitFor();
    await page.waitForFunction(() => location.hash.includes('layer=conv2'));
    expect(faults).toEqual([]);
  },
);

onPage('it is stopped, gone on with, saved, and goes on elsewhere from the file', async () => {
  const { page, faults } = await lab.visit({ hash: `/train?${quick}&passes=30` });
  await button(page, 'Start').click();
  await page
    .getByTestId('standing')
    .filter({ hasText: /2 passes/ })
    .waitFor();
  await button(page, 'Stop').click();
  await button(page, 'Go on').waitFor();
  const stopped = await standingText(page);
  await page.getByRole('spinbutton', { name: 'Passes' }).fill('1');
  await learn(page, 'Go on');
  const passes = async (where: Page): Promise<number> =>
    Number(/(\d+) pass/.exec(await standingText(where))?.[1]);
  const done = Number(/(\d+) pass/.exec(stopped)?.[1]) + 1;
  expect(await passes(page)).toBe(done);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    button(page, 'Save to a file').click(),
  ]);
  const file = await download.path();
  const kept = await readCheckpoint(new Uint8Array(readFileSync(file)));
  expect([kept.epochs.length, kept.callbacks.lab?.values.data]).toEqual([done, 'digits']);

  const other = await lab.visit({ hash: '/train' });
  const files = { name: 'mine.safetensors', mimeType: '', buffer: readFileSync(file) };
  await other.page.getByLabel('Open a file').setInputFiles(files);
  await other.page
    .getByTestId('standing')
    .filter({ hasText: `${done} passes` })
    .waitFor();
  await expect.poll(() => standing(other.page), patience).toBe(await standing(page));
  await other.page.waitForFunction(() => location.hash.includes('conv_4_3_2_relu_norm'));
  await other.page.getByRole('spinbutton', { name: 'Passes' }).fill('1');
  await learn(other.page, 'Go on');
  expect(await passes(other.page)).toBe(done + 1);

  const broken = { ...files, name: 'cut.safetensors', buffer: files.buffer.subarray(0, 900) };
  await other.page.getByLabel('Open a file').setInputFiles(broken);
  await other.page.getByRole('alert').filter({ hasText: 'cut.safetensors' }).waitFor();
  expect(await passes(other.page)).toBe(done + 1);
  expect([...faults, ...other.faults]).toEqual([]);
});

onPage('what was learnt stays while other views are looked at, on the first visit too', async () => {
  const { page, faults } = await lab.visit({ hash: `/train?${quick}&passes=1` });
  await learn(page);
  const before = await standingText(page);
  // From now on loading the page anew would isolate it.
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await page.getByRole('link', { name: 'Look inside' }).click();
  await page.getByRole('heading', { level: 1, name: 'Look inside' }).waitFor();
  await page.getByRole('link', { name: 'Train', exact: true }).click();
  await button(page, 'Go on').waitFor();
  expect(await standingText(page)).toBe(before);
  expect(faults).toEqual([]);
});

onPage(
  'layers are changed: shapes and parameters follow, what does not fit is told, and it begins anew',
  async () => {
    const { page, faults } = await lab.visit({ hash: `/train?${quick}&passes=1` });
    const out = (name: string) => page.getByTestId(`out-${name}`);
    const problem = page.getByTestId('network-problem');
    await out('pool1').filter({ hasText: '4×7×7' }).waitFor();
    await page.getByRole('spinbutton', { name: 'Filters' }).fill('6');
    await page.getByRole('spinbutton', { name: 'Kernel' }).fill('5');
    const conv = new nn.Conv2d(1, 6, 5, { bias: false });
    await out('conv1')
      .filter({ hasText: `6×14×14 · ${conv.weight.size + 12} parameters` })
      .waitFor();
    await page.getByRole('spinbutton', { name: 'Kernel' }).fill('12');
    await page.getByText('Kernel is “12”; give a whole number from 1 to 11').waitFor();
    await page.getByRole('spinbutton', { name: 'Kernel' }).fill('5');
    await page.getByRole('spinbutton', { name: 'Size' }).fill('8');
    await page.getByRole('combobox', { name: 'Layer to add' }).selectOption('max');
    await button(page, 'Add').click();
    await problem.filter({ hasText: 'Layer 3: A window of 2×2 does not fit into maps of 1×1' }).waitFor();
    expect(await button(page, 'Start').isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Remove pool2' }).click();
    await page.getByRole('spinbutton', { name: 'Size' }).fill('2');
    await page.waitForFunction(() => location.hash.includes('net=conv_6_5_2_relu_norm,max_2'));
    await learn(page);
    await page.getByText('Batch norm').click();
    await page.getByText('The settings are not those of the network that has learnt.').waitFor();
    await button(page, 'Back to its settings').click();
    await page.waitForFunction(() => location.hash.includes('norm'));
    await page.getByText('Residual').click();
    await learn(page, 'Begin anew with them');
    await page
      .getByRole('list', { name: 'Lines of the curves' })
      .getByText('earlier: without residuals')
      .waitFor();
    await page.getByRole('combobox', { name: 'Layer to add' }).selectOption('linear');
    await button(page, 'Add').click();
    await page.getByRole('spinbutton', { name: 'Units' }).fill('256');
    await learn(page, 'Begin anew with them');
    await button(page, 'Put it into the link').click();
    await page
      .getByTestId('link')
      .filter({ hasText: /would make a link of [\d.]+ kB, and at most 32 kB/ })
      .waitFor();
    expect(new URL(page.url()).hash).not.toContain('model=');
    expect(faults).toEqual([]);
  },
);

onPage('a rate that is too large is told, and the network is as it was before', async () => {
  const hash = '/train?net=conv_4_3_2_none,max_2&optimiser=sgd&rate=10&batch=64&passes=1';
  const { page, faults } = await lab.visit({ hash });
  await button(page, 'Start').click();
  await page.getByRole('alert').filter({ hasText: 'lower the learning rate' }).waitFor();
  await page.getByRole('slider', { name: 'Learning rate' }).fill('6');
  await learn(page);
  expect(await standing(page)).toBeGreaterThan(60);
  expect(faults).toEqual([]);
});

onPage('a network is put into a link, which runs it and goes on in a fresh profile and offline', async () => {
  const { page, faults } = await lab.visit({ hash: `/train?${quick}&passes=1` });
  await learn(page);
  await button(page, 'Put it into the link').click();
  await page
    .getByTestId('link')
    .filter({ hasText: /The link holds the network: [\d.]+ kB, its weights in (8|16) bits/ })
    .waitFor();
  await page.waitForFunction(() => location.hash.includes('model='));
  const link = new URL(page.url()).hash.slice(1);
  const right = Number(
    /so ([\d.]+) % are right/.exec((await page.getByTestId('link').textContent()) ?? '')?.[1],
  );

  const fresh = await lab.visit({ hash: link });
  const opened = async (): Promise<void> => {
    await expect.poll(() => standing(fresh.page), patience).toBe(right);
    await fresh.page.getByRole('grid', { name: '4 kernels of the first convolution' }).waitFor();
  };
  await opened();
  // The pictures that it learns from are kept by the service worker, which comes after them.
  const isKept = (): Promise<boolean> =>
    fresh.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      return (await caches.match('./data/digits-set.png')) !== undefined;
    });
  await expect.poll(isKept, patience).toBe(true);
  await fresh.context.setOffline(true);
  await fresh.page.reload();
  await opened();
  await learn(fresh.page, 'Go on');
  expect(await standing(fresh.page)).toBeGreaterThan(right - 5);
  expect(await standingText(fresh.page)).toContain('2 passes');

  const damaged = await lab.visit({ hash: link.replace(/model=(.{200})./, 'model=$1_') });
  await damaged.page.getByRole('alert').filter({ hasText: 'The network in the link is damaged' }).waitFor();
  await damaged.page.waitForFunction(() => !location.hash.includes('model='));
  await button(damaged.page, 'Start').waitFor();
  expect([...faults, ...fresh.faults, ...damaged.faults]).toEqual([]);
});

/** Draws a line of points from 0 to 1 on the pad. */
async function draw(page: Page, name: RegExp, points: readonly (readonly [number, number])[]): Promise<void> {
  const box = (await page.getByRole('application', { name }).boundingBox())!;
  const at = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
  await page.mouse.move(...at(points[0]!));
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 6 });
  await page.mouse.up();
}

onPage('own drawings are learnt, and are there again after another view', async () => {
  const { page, faults } = await lab.visit({
    hash: '/train?data=drawings&net=conv_4_3_2_relu&passes=20&batch=4',
  });
  // A host that sends no headers has the page loaded anew once, with all that is in it.
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await page.reload();
  const across = (i: number): [number, number][] => [
    [0.1, 0.3 + 0.05 * i],
    [0.9, 0.32 + 0.05 * i],
  ];
  const down = (i: number): [number, number][] => across(i).map(([x, y]) => [y, x]);
  await page.getByLabel('Name of class 1').fill('flat');
  await page.getByLabel('Name of class 2').fill('steep');
  for (const [name, line] of [
    ['flat', across],
    ['steep', down],
  ] as const) {
    await page.getByRole('radio', { name, exact: true }).check();
    for (let i = 0; i < 5; i++) {
      await draw(page, /^Drawing for/, line(i));
      await button(page, `Add to ${name}`).click();
    }
  }
  await page
    .getByTestId('pictures')
    .filter({ hasText: '2 classes, 8 pictures of 28×28 to learn from, 2 held out' })
    .waitFor();
  await learn(page);
  expect(await standing(page)).toBe(100);
  await page.getByRole('application', { name: /^Drawing pad/ }).scrollIntoViewIfNeeded();
  await draw(page, /^Drawing pad/, down(2));
  await page.getByTestId('said').filter({ hasText: 'steep' }).waitFor();
  await page.getByRole('link', { name: 'Filters' }).click();
  await page.getByRole('heading', { name: 'Filters', exact: true }).waitFor();
  await page.getByRole('link', { name: 'Train', exact: true }).click();
  await page.getByRole('img', { name: '5 drawings of steep' }).waitFor();
  expect(await standing(page)).toBe(100);
  await learn(page, 'Go on');
  await page.getByRole('radio', { name: 'Digits', exact: true }).check();
  await page.getByText('It has learnt other pictures.').waitFor();
  expect(faults).toEqual([]);
});

/** Drops a folder as a file manager does. */
async function drop(page: Page, folder: string): Promise<void> {
  const box = (await page.getByRole('group', { name: 'Drop a folder of pictures' }).boundingBox())!;
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: box.x + 20, y: box.y + 20, data });
}

onPage('folders of pictures are learnt, and files that cannot be read are named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'neocog-folders-'));
  try {
    for (const [name, colour] of [
      ['red', { r: 220, g: 30, b: 30 }],
      ['blue', { r: 30, g: 30, b: 220 }],
    ] as const) {
      mkdirSync(join(folder, name));
      for (let i = 0; i < 5; i++) {
        const create = { width: 20 + i, height: 24, channels: 3, background: colour } as const;
        await sharp({ create })
          .png()
          .toFile(join(folder, name, `${i}.png`));
      }
    }
    writeFileSync(join(folder, 'red', 'torn.png'), 'no picture');
    writeFileSync(join(folder, 'red', 'notes.txt'), 'no picture either');
    const { page, faults } = await lab.visit({
      hash: '/train?data=folders&net=conv_4_3_2_relu&passes=8&batch=4&side=16',
    });
    await drop(page, folder);
    await page.getByText('red/torn.png').waitFor();
    await page.getByText('One file could not be read as a picture').waitFor();
    await page
      .getByTestId('pictures')
      .filter({ hasText: /2 classes, \d pictures of 16×16 in colours/ })
      .waitFor();
    await learn(page);
    expect(await standing(page)).toBe(100);
    await page.getByText('Grey').click();
    await page
      .getByTestId('pictures')
      .filter({ hasText: /pictures of 16×16 to learn/ })
      .waitFor();
    rmSync(join(folder, 'blue'), { recursive: true });
    await page.getByLabel(/^Choose a folder of pictures/).setInputFiles(folder);
    await page.getByRole('alert').filter({ hasText: 'There is one class, red' }).waitFor();
    expect(faults).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

for (const [width, dark] of [
  [1440, false],
  [360, true],
] as const) {
  onPage(`axe finds nothing and nothing scrolls sideways, ${width} pixels`, async () => {
    const { page, faults } = await lab.visit({ hash: `/train?data=garments&${quick}&passes=1`, width, dark });
    await learn(page);
    await page.getByRole('grid', { name: /^Confusion matrix/ }).waitFor();
    await page.getByText('The curves as a table').click();
    expect(await axe(page)).toEqual([]);
    const over = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(await over()).toBeLessThanOrEqual(0);
    for (const data of ['Drawings', 'Folders']) {
      await page.getByRole('radio', { name: data, exact: true }).check();
      expect(await axe(page)).toEqual([]);
      expect(await over()).toBeLessThanOrEqual(0);
    }
    expect(faults).toEqual([]);
  });
}
