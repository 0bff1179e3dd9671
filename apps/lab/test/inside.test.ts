// Look inside: networks are opened, seen layer by layer, explained and timed.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { saveOnnx, saveSafetensors } from '@neocog/formats';
import { models, nn } from 'neocog';
import type { Page } from 'playwright';
import { expect } from 'vitest';
import { axe, onPage, useLab } from './visit.ts';

const lab = useLab();

const fixture = (path: string): string =>
  fileURLToPath(new URL(`../../../packages/formats/fixtures/${path}`, import.meta.url));
const fileOf = (path: string) => ({
  name: path.split('/').at(-1)!,
  mimeType: 'application/octet-stream',
  buffer: readFileSync(fixture(path)),
});
const made = (name: string, bytes: Uint8Array) => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(bytes),
});

const open = async (page: Page, files: ReturnType<typeof made>[]): Promise<void> =>
  page.getByLabel(/^Choose a network or pictures/).setInputFiles(files);
const fact = (page: Page, name: string) => page.locator('dl div', { hasText: name }).locator('dd').first();
const problem = (page: Page) => page.getByRole('alert');
const answers = (page: Page) => page.getByRole('list', { name: /^Likeliest classes/ });

onPage('a digit is named, its maps are walked by keys, and what a cell sees is told', async () => {
  const { page, faults } = await lab.visit({ hash: '/inside?layer=conv2' });
  await answers(page).getByRole('button').first().waitFor();
  expect(await answers(page).getByRole('button').first().textContent()).toMatch(/^\s*0\s*99|^\s*0\s*100/);
  const units = page.getByRole('grid', { name: '16 units of conv2' });
  await units.getByRole('gridcell').press('ArrowRight');
  await page.getByRole('heading', { name: 'Unit 1', exact: true }).waitFor();
  expect(await page.getByTestId('live').textContent()).toMatch(/^unit 1, at most/);
  await page
    .getByRole('grid', { name: /^Map of unit 1, 10 rows/ })
    .getByRole('gridcell')
    .press('Home');
  expect(await page.getByTestId('live').textContent()).toMatch(/sees rows 8 to 21, columns -2 to 11/);
  await page.getByRole('radio', { name: 'Field' }).check();
  await page.getByText(/How much the cell depends on each pixel/).waitFor();
  await page.locator('canvas.over.shown').waitFor();
  await page.waitForFunction(() => location.hash.includes('over=field'));
  expect(faults).toEqual([]);
});

onPage('kernels, statistics, patches and a picture made for a unit', async () => {
  const { page, faults } = await lab.visit({ hash: '/inside?network=garments&layer=stem.conv' });
  await page.getByRole('tab', { name: 'Kernels' }).click();
  await page.getByRole('grid', { name: 'Kernels of stem.conv' }).waitFor();
  await page.getByRole('tab', { name: 'Statistics' }).click();
  await page.getByText('All values over 20 pictures').waitFor();
  await page.getByRole('tab', { name: 'Responds to' }).click();
  await page.locator('li canvas').nth(8).waitFor();
  await page.getByRole('button', { name: 'Make it' }).click();
  await page.getByRole('button', { name: 'Make it again' }).waitFor();
  await page.getByRole('radio', { name: 'Occlusion' }).check();
  await page.locator('canvas.over.shown').waitFor();
  expect(faults).toEqual([]);
});

onPage('files of every format are opened', async () => {
  const { page, faults } = await lab.visit({ hash: '/inside' });
  const shards = readdirSync(fixture('tfjs/images')).filter((name) => /\.(bin|json)$/.test(name));
  const images = shards.filter((name) => name !== 'expected.json');
  const cases = [
    { files: images.map((name) => fileOf(`tfjs/images/${name}`)), format: 'TensorFlow.js' },
    { files: [fileOf('onnx/classifier.onnx')], format: 'ONNX' },
    { files: [fileOf('keras/digits.keras')], format: 'Keras' },
  ];
  for (const { files, format } of cases) {
    await open(page, files);
    await fact(page, 'format').filter({ hasText: format }).waitFor();
    expect(Number(await page.locator('svg[data-nodes]').getAttribute('data-nodes'))).toBeGreaterThan(2);
  }
  const digits = saveSafetensors(models.lenet5().stateDict(), { architecture: 'lenet5' });
  await open(page, [made('weights.safetensors', digits)]);
  await fact(page, 'format').filter({ hasText: 'safetensors' }).waitFor();
  await open(page, [fileOf('torch/state.pt')]);
  await page.getByRole('heading', { name: 'Weights alone' }).waitFor();
  await open(page, [made('plain.safetensors', saveSafetensors(models.lenet5().stateDict()))]);
  await page.getByText('Their names are those of this network').waitFor();
  await page.getByRole('button', { name: 'Put them into it' }).click();
  await fact(page, 'takes').filter({ hasText: '1×28×28' }).waitFor();
  expect(faults).toEqual([]);
});

onPage('broken files are told in a sentence, and the page goes on', async () => {
  const { page, faults } = await lab.visit({ hash: '/inside' });
  await fact(page, 'format').waitFor();
  await open(page, [fileOf('tfjs/images/model.json')]);
  await problem(page).filter({ hasText: 'give it too' }).waitFor();
  const onnx = readFileSync(fixture('onnx/classifier.onnx'));
  await open(page, [made('cut.onnx', onnx.subarray(0, onnx.length / 2))]);
  await problem(page).filter({ hasText: 'cut.onnx' }).waitFor();
  await open(page, [made('notes.txt', Buffer.from('hello'))]);
  await problem(page).filter({ hasText: 'no file is of a known format' }).waitFor();
  await open(page, [{ ...made('broken.png', Buffer.from('no picture')), mimeType: 'image/png' }]);
  await problem(page).filter({ hasText: 'broken.png' }).waitFor();
  await open(page, [fileOf('onnx/classifier.onnx')]);
  await fact(page, 'takes').filter({ hasText: '1×8×8' }).waitFor();
  expect(await problem(page).count()).toBe(0);
  expect(faults).toEqual([]);
});

onPage('a network of 500 layers is drawn, searched and walked', async () => {
  const { page, faults } = await lab.visit({ hash: '/inside' });
  const layers = Array.from({ length: 250 }, (_, i) => [
    [`conv${i}`, new nn.Conv2d(1, 1, 3, { padding: 1 })],
    [`relu${i}`, new nn.ReLU()],
  ]).flat() as [string, nn.Module][];
  const net = new nn.Sequential(Object.fromEntries(layers));
  await open(page, [made('deep.onnx', saveOnnx(net, { input: [1, 1, 8, 8] }))]);
  // The file ends with an Identity that gives the output its name; the input and the output are nodes too.
  await fact(page, 'layers').filter({ hasText: '501' }).waitFor();
  await page.locator('svg[data-nodes="503"]').waitFor();
  await page.getByLabel('Search for layers').fill('conv199');
  await page.waitForFunction(() => document.querySelectorAll('.node.dim').length === 502);
  const drawing = page.getByRole('group', { name: /^The network/ });
  await drawing.locator('[tabindex="0"]').focus();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /relu249/ }).waitFor();
  await page.getByRole('radio', { name: 'Table' }).check();
  await page
    .getByRole('region', { name: 'Layers as a table' })
    .getByRole('button', { name: 'conv199' })
    .click();
  await page.getByRole('heading', { name: /conv199/ }).waitFor();
  expect(faults).toEqual([]);
});

onPage('modules are folded and opened', async () => {
  const { page, faults } = await lab.visit({ hash: '/inside?network=resnet18' });
  const nodes = page.locator('svg[data-nodes]');
  await page.getByRole('button', { name: /^layer3\.0 256×14×14 9 layers, folded/ }).waitFor();
  const before = Number(await nodes.getAttribute('data-nodes'));
  await page.getByRole('button', { name: /^layer3\.0 .*folded/ }).press('Enter');
  await page.getByRole('button', { name: /layer3\.0\.conv1/ }).waitFor();
  // Nine layers take its place, of which the two of `downsample` are one node.
  expect(Number(await nodes.getAttribute('data-nodes'))).toBe(before + 7);
  await page.getByRole('button', { name: /layer3\.0\.conv1/ }).press('Escape');
  await page.getByRole('button', { name: /^layer3\.0 .*folded/ }).waitFor();
  expect(Number(await nodes.getAttribute('data-nodes'))).toBe(before);
  expect(faults).toEqual([]);
});

onPage('where the time goes: steps, shares, refusals, and the same with one thing changed', async () => {
  const { page, faults } = await lab.visit({ hash: '/inside' });
  await fact(page, 'format').waitFor();
  await page.getByRole('button', { name: 'Measure' }).click();
  const steps = page.getByRole('region', { name: 'Steps of the program' });
  await steps.getByRole('button', { name: /conv1/ }).click();
  await steps
    .getByText(/refused: /)
    .first()
    .waitFor();
  await page.getByText('Plain sums').click();
  await page.getByRole('button', { name: 'Measure again' }).click();
  await page.getByRole('button', { name: /plain sums/ }).waitFor();
  await steps.getByRole('columnheader', { name: 'to the first' }).waitFor();
  expect(faults).toEqual([]);
});

for (const [width, dark] of [
  [1440, false],
  [360, true],
] as const) {
  onPage(`axe finds nothing and nothing scrolls sideways, ${width} pixels`, async () => {
    const { page, faults } = await lab.visit({ hash: '/inside?as=table', width, dark });
    await answers(page).getByRole('button').first().waitFor();
    await page.getByRole('grid').first().waitFor();
    expect(await axe(page)).toEqual([]);
    await page.getByRole('radio', { name: 'Drawing' }).check();
    await page.locator('svg[data-nodes]').waitFor();
    await page.getByRole('button', { name: 'Measure' }).click();
    await page.getByRole('region', { name: 'Steps of the program' }).waitFor();
    expect(await axe(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    expect(faults).toEqual([]);
  });
}
