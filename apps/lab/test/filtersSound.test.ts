// Filters of a sound: what comes out is what conv1d gives, taps are typed and linked, both sounds are played, one is recorded.

import { wavBytes } from '@neocog/audio';
import { conv1d, Tensor, tensor } from 'neocog';
import type { Page } from 'playwright';
import { expect } from 'vitest';
import { axe, onPage, useLab } from './visit.ts';

const lab = useLab();

const sampleRate = 16_000;
const length = 8000;
/** A low tone and a high one, in whole numbers of 16 bits, as a WAV file has them. */
const tone = (frequency: number): Float32Array =>
  Float32Array.from(
    { length },
    (_, i) => Math.round(8000 * Math.sin((2 * Math.PI * frequency * i) / sampleRate)) / 32_768,
  );
const [low, high] = [tone(300), tone(3000)];
const both = low.map((value, i) => value + (i < length / 2 ? high[i]! : 0));

async function give(page: Page, values: Float32Array, name = 'own.wav'): Promise<void> {
  const sound = new Tensor(values, [1, length]);
  await page.getByLabel(/^Choose a sound/).setInputFiles({
    ...{ name, mimeType: 'audio/wav' },
    buffer: Buffer.from(wavBytes({ sound, sampleRate })),
  });
  await page.getByRole('heading', { name }).waitFor();
}

const parts = 20;
const loudness = (values: ArrayLike<number>): number[] =>
  Array.from({ length: parts }, (_, part) => {
    const size = values.length / parts;
    let sum = 0;
    for (let i = part * size; i < (part + 1) * size; i++) sum += values[i]! ** 2;
    return Math.sqrt(sum / size);
  });

async function rowOf(page: Page, caption: string): Promise<number[]> {
  const cells = page.locator('table').filter({ hasText: caption }).locator('tbody td');
  return (await cells.allTextContents()).map((text) => Number(text.replace('−', '-')));
}

const farthest = (a: readonly number[], b: readonly number[]): number =>
  a.length === b.length ? Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) : Number.NaN;

const expectHeard = (page: Page, after: ArrayLike<number>): Promise<void> =>
  expect
    .poll(async () => farthest(await rowOf(page, 'Loudness after'), loudness(after)), { timeout: 30_000 })
    .toBeLessThan(0.001);

const filtered = (
  values: Float32Array,
  taps: readonly number[],
  options: Parameters<typeof conv1d>[2],
): Tensor['data'] =>
  conv1d(tensor(values, [1, 1, length]), tensor([...taps], [1, 1, taps.length]), options).data;

const kernels = [
  ['average:5', Array.from({ length: 5 }, () => 0.2), { padding: 2 }],
  ['difference', [-1, 1], { padding: [[1, 0]] }],
  ['echo:0.1_0.5', [0.125, 0.25, 0.5, 1], { padding: [[4800, 0]], dilation: 1600 }],
  ['own:0.5_0_-0.5_2', [0.5, 0, -0.5, 2], { padding: [[1, 2]] }],
] as const;

onPage('what is heard is what conv1d gives', async () => {
  for (const [kernel, taps, options] of kernels) {
    const { page, faults, context } = await lab.visit({ hash: `/filters?of=sound&kernel=${kernel}` });
    await give(page, both);
    await page.getByText('Loudness as tables').click();
    await expectHeard(page, filtered(both, taps, options as Parameters<typeof conv1d>[2]));
    expect(farthest(await rowOf(page, 'Loudness before'), loudness(both))).toBeLessThan(0.001);
    expect(faults).toEqual([]);
    await context.close();
  }
});

onPage('a low pass leaves the low tone, a high pass the high one, and links show the same', async () => {
  const { page, faults } = await lab.visit({ hash: '/filters?of=sound' });
  await give(page, both);
  await page.getByText('Loudness as tables').click();
  await page.getByText('Taps as a table').click();
  const middle = async (): Promise<number[]> => (await rowOf(page, 'Loudness after')).slice(2, 9);
  const near = async (wanted: number): Promise<void> =>
    expect
      .poll(async () => Math.max(...(await middle()).map((value) => Math.abs(value - wanted))), {
        timeout: 30_000,
      })
      .toBeLessThan(0.004);
  const one = loudness(low)[5]!;
  await near(one);
  const taps = await rowOf(page, 'Taps');
  expect(taps.length).toBe(63);
  expect(taps.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 1);
  await page.getByRole('combobox', { name: 'Kernel' }).selectOption('highpass');
  await near(one);
  const later = async (): Promise<number> => Math.max(...(await rowOf(page, 'Loudness after')).slice(11, 19));
  await expect.poll(later, { timeout: 30_000 }).toBeLessThan(0.01);
  await page.getByRole('slider', { name: 'cutoff' }).fill('7000');
  await near(0);
  await page.waitForFunction(() => location.hash.includes('kernel=highpass:7000'));
  const again = await lab.visit({ hash: new URL(page.url()).hash.slice(1) });
  expect(await again.page.getByRole('slider', { name: 'cutoff' }).inputValue()).toBe('7000');
  expect([...faults, ...again.faults]).toEqual([]);
});

onPage('taps are typed, and the arrow keys walk a spectrogram', async () => {
  const { page, faults } = await lab.visit({ hash: '/filters?of=sound&kernel=difference' });
  await give(page, both);
  await page.getByText('Loudness as tables').click();
  await page.getByRole('button', { name: 'Change the numbers' }).click();
  await expectHeard(page, filtered(both, [-1, 1], { padding: [[1, 0]] }));
  await page.getByLabel('tap 1', { exact: true }).fill('0.25');
  await page.getByLabel('tap 3', { exact: true }).fill('-2');
  await expectHeard(page, filtered(both, [0.25, 1, -2], { padding: 1 }));
  await page.waitForFunction(() => location.hash.includes('kernel=own:0.25_1_-2'));
  const map = page.getByRole('grid', { name: /^Before: spectrogram/ });
  await map.getByRole('gridcell').focus();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowDown');
  const cell = await map.getByRole('gridcell').getAttribute('aria-label');
  expect(cell).toMatch(/^0\.50 s, 7938 Hz: −\d+(\.\d)? dB$/);
  expect(faults).toEqual([]);
});

onPage('both sounds are played to their end, and a microphone is recorded', async () => {
  const { page, context, faults } = await lab.visit({ hash: '/filters?of=sound' });
  await context.grantPermissions(['microphone']);
  await give(page, both);
  for (const side of ['Before', 'After']) {
    await page.getByRole('button', { name: `Play: ${side}` }).click();
    await page.getByRole('button', { name: `Stop: ${side}` }).waitFor();
    await page.getByRole('button', { name: `Play: ${side}` }).waitFor();
  }
  await page.getByRole('button', { name: /^Record/ }).click();
  await page.getByRole('button', { name: 'Stop recording' }).waitFor();
  await page.waitForTimeout(1500);
  await page.getByRole('button', { name: 'Stop recording' }).click();
  await page.getByRole('heading', { name: 'What was recorded' }).waitFor();
  await page.getByText('Loudness as tables').click();
  // Chromium's own device beeps twice a second.
  await expect.poll(async () => Math.max(...(await rowOf(page, 'Loudness before')))).toBeGreaterThan(0.05);
  expect(faults).toEqual([]);
});

for (const [size, dark] of [
  [1440, false],
  [360, true],
] as const) {
  onPage(`axe finds nothing, a broken file is told, nothing scrolls sideways, ${size} pixels`, async () => {
    const { page, faults } = await lab.visit({ hash: '/filters?of=sound&sound=chirp', width: size, dark });
    await page.getByTestId('sound-time').waitFor();
    await page.getByRole('button', { name: 'Change the numbers' }).click();
    await page.getByText('Loudness as tables').click();
    await page.getByLabel(/^Choose a sound/).setInputFiles({
      ...{ name: 'notes.wav', mimeType: 'audio/wav' },
      buffer: Buffer.from('no sound'),
    });
    await page.getByRole('alert').filter({ hasText: 'notes.wav cannot be read as a sound' }).waitFor();
    expect(await axe(page)).toEqual([]);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(over).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
  });
}
