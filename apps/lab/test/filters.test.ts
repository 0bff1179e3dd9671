// Filters: what is seen is what the library computes, links show the same, matrices are typed and dragged, a camera is filtered.

import { filters, type PaddingMode, Tensor } from 'neocog';
import type { Page } from 'playwright';
import sharp from 'sharp';
import { expect } from 'vitest';
import { axe, onPage, useLab } from './visit.ts';

const lab = useLab();

const [width, height] = [30, 20];
/** Rows of bytes that no filter leaves as they are. */
const bytes = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * i * 7 + 31 * i) % 251);
const png = (): Promise<Buffer> =>
  sharp(bytes, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
const image = new Tensor(
  Float32Array.from({ length: bytes.length }, (_, i) => {
    const [plane, place] = [Math.floor(i / (width * height)), i % (width * height)];
    return bytes[3 * place + plane]! / 255;
  }),
  [3, height, width],
);

/** Red, green and blue of a canvas, pixel by pixel; one of so many pixels. */
const pixelsOf = (page: Page, id: string, every = 1): Promise<number[]> =>
  page.getByTestId(id).evaluate((element, step) => {
    const canvas = element as HTMLCanvasElement;
    const { width, height } = canvas;
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return Array.from({ length: Math.floor(data.length / 4 / step) }, (_, i) => [
      ...data.subarray(4 * step * i, 4 * step * i + 3),
    ]).flat();
  }, every);
const wanted = (filtered: Tensor): number[] =>
  Array.from({ length: bytes.length }, (_, i) => {
    const value = 255 * filtered.data[(i % 3) * width * height + Math.floor(i / 3)]!;
    return Math.min(255, Math.max(0, Math.round(value)));
  });
const farthest = (a: readonly number[], b: readonly number[]): number =>
  a.length === b.length ? Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) : Number.NaN;

async function give(page: Page): Promise<void> {
  await page.getByLabel(/^Choose a picture/).setInputFiles({
    name: 'own.png',
    mimeType: 'image/png',
    buffer: await png(),
  });
  await page.getByRole('heading', { name: 'own.png' }).waitFor();
}

/** Waits until the canvas shows what is computed here; a failure says what the page tells. */
async function expectShown(page: Page, filtered: Tensor): Promise<void> {
  const difference = async () => farthest(await pixelsOf(page, 'after'), wanted(filtered));
  try {
    await expect.poll(difference, { timeout: 30_000 }).toBeLessThanOrEqual(1);
  } catch (error) {
    const told = await page.getByRole('main').textContent();
    throw new Error(`the canvas shows something else; the page: ${told}`, { cause: error });
  }
}

onPage('what is seen is what the library computes, in every padding mode', async () => {
  const { page, faults } = await lab.visit({ hash: '/filters?chain=gaussianBlur:sigma_2' });
  await give(page);
  for (const paddingMode of ['replicate', 'zeros', 'reflect', 'symmetric', 'circular'] as PaddingMode[]) {
    await page.getByLabel('Outside of the picture lies').selectOption(paddingMode);
    await expectShown(page, filters.gaussianBlur(image, { sigma: 2, paddingMode }));
  }
  await page.getByRole('combobox', { name: 'Filter to add' }).selectOption('scharr');
  await page.getByRole('button', { name: 'Add' }).click();
  const paddingMode = 'circular';
  await expectShown(
    page,
    filters.scharr(filters.gaussianBlur(image, { sigma: 2, paddingMode }), { paddingMode }),
  );
  await page.getByRole('button', { name: 'Earlier' }).nth(1).click();
  await expectShown(
    page,
    filters.gaussianBlur(filters.scharr(image, { paddingMode }), { sigma: 2, paddingMode }),
  );
  await page.getByRole('button', { name: 'Remove' }).first().click();
  await page.getByRole('button', { name: 'Remove' }).click();
  await expectShown(page, image);
  expect(faults).toEqual([]);
});

onPage('a matrix is typed and dragged, and a link shows the same', async () => {
  const { page, faults } = await lab.visit({ hash: '/filters?chain=sharpen' });
  await give(page);
  await page.getByText('Its matrix').click();
  await page.getByRole('button', { name: 'Change the numbers' }).click();
  await expectShown(page, filters.sharpen(image));
  const cell = (row: number, column: number) =>
    page.getByLabel(`row ${row}, column ${column}`, { exact: true });
  await cell(1, 1).fill('0.5');
  await cell(2, 2).scrollIntoViewIfNeeded();
  const box = (await cell(2, 2).boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x, y - 30, { steps: 5 });
  await page.mouse.up();
  await expect.poll(() => cell(2, 2).inputValue()).toBe('5.5');
  const before = filters.kernels.sharpen();
  const rows = before.map((row, r) =>
    row.map((value, c) => (r === 0 && c === 0 ? 0.5 : r === 1 && c === 1 ? value + 0.5 : value)),
  );
  await expectShown(page, filters.apply(image, rows));
  await page.waitForFunction(() => location.hash.includes('own:3_0.5_'));
  const link = new URL(page.url()).hash.slice(1);
  const again = await lab.visit({ hash: link });
  await give(again.page);
  await expectShown(again.page, filters.apply(image, rows));
  await again.page.getByRole('spinbutton', { name: 'Side' }).fill('5');
  const grown = Array.from({ length: 5 }, (_, r) =>
    Array.from({ length: 5 }, (_, c) => rows[r - 1]?.[c - 1] ?? 0),
  );
  await expectShown(again.page, filters.apply(image, grown));
  expect([...faults, ...again.faults]).toEqual([]);
});

onPage('answers of both signs are shown by their size, with grey for 0, or as they are', async () => {
  const { page, faults } = await lab.visit({ hash: '/filters?chain=sobel:direction_x&gain=0.5' });
  await give(page);
  const x = filters.sobel(image, { direction: 'x' });
  const through = (value: (v: number) => number): Tensor => new Tensor(x.data.map(value), x.shape);
  await expectShown(
    page,
    through((v) => Math.abs(v) / 2),
  );
  await page.getByRole('radio', { name: 'Signs' }).check();
  await expectShown(
    page,
    through((v) => v / 4 + 0.5),
  );
  await page.getByRole('radio', { name: 'Values' }).check();
  await expectShown(
    page,
    through((v) => v / 2),
  );
  expect(faults).toEqual([]);
});

onPage('what lies outside is seen around the picture', async () => {
  const { page, faults } = await lab.visit({ hash: '/filters?padding=circular' });
  await give(page);
  await page.getByText('Show it').click();
  const canvas = page.getByTestId('outside');
  await canvas.waitFor();
  const margin = height - 1;
  expect([await canvas.getAttribute('width'), await canvas.getAttribute('height')]).toEqual([
    String(width + 2 * margin),
    String(height + 2 * margin),
  ]);
  const corner = (await pixelsOf(page, 'outside')).slice(0, 3);
  const place = 3 * ((height - margin) * width + (width - margin));
  expect(corner).toEqual([...bytes.subarray(place, place + 3)]);
  expect(faults).toEqual([]);
});

onPage('a camera is filtered frame by frame, and its last frame stays', async () => {
  const { page, context, faults } = await lab.visit({ hash: '/filters' });
  await context.grantPermissions(['camera']);
  await page.getByTestId('after').waitFor();
  await page.getByRole('button', { name: 'Camera' }).click();
  await page
    .getByTestId('time')
    .filter({ hasText: /1280×720, .* frames a second/ })
    .waitFor();
  const some = () => pixelsOf(page, 'after', 97);
  const first = await some();
  expect(Math.max(...first)).toBeGreaterThan(50);
  await expect.poll(async () => farthest(first, await some()), { timeout: 30_000 }).toBeGreaterThan(20);
  await page.getByRole('button', { name: 'Stop the camera' }).click();
  await page
    .getByTestId('time')
    .filter({ hasText: /1280×720, [\d.]+ ms for the filters$/ })
    .waitFor();
  expect(faults).toEqual([]);
});

onPage('what is no picture is told in a sentence, and the picture stays', async () => {
  const { page, faults } = await lab.visit({ hash: '/filters' });
  await give(page);
  await page.getByLabel(/^Choose a picture/).setInputFiles({
    name: 'notes.png',
    mimeType: 'image/png',
    buffer: Buffer.from('no picture'),
  });
  await page.getByRole('alert').filter({ hasText: 'notes.png cannot be read as a picture' }).waitFor();
  await expectShown(page, filters.sobel(image));
  expect(faults).toEqual([]);
});

for (const [size, dark] of [
  [1440, false],
  [360, true],
] as const) {
  onPage(`axe finds nothing and nothing scrolls sideways, ${size} pixels`, async () => {
    const chain = `gabor:angle_45,own:9_${Array.from({ length: 81 }, () => '-0.5').join('_')}`;
    const { page, faults } = await lab.visit({ hash: `/filters?chain=${chain}`, width: size, dark });
    await page.getByTestId('after').waitFor();
    await page.getByText('Its matrix').click();
    expect(await axe(page)).toEqual([]);
    await page.getByText('Show it').click();
    await page.getByTestId('outside').waitFor();
    expect(await axe(page)).toEqual([]);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(over).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
  });
}
