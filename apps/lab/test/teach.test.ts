// Teach: two scenes of a camera and two sounds of a microphone are told apart; what is carried away runs alone; files, refusals and
// broken files; keys, names and links.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { unzipSync } from 'fflate';
import type { Locator, Page } from 'playwright';
import { afterAll, beforeAll, expect } from 'vitest';
import { fileDevices, inputPath, isShown, type Scene, soundBytes } from './teachDevices.ts';
import { axe, host, Lab, onPage } from './visit.ts';

const folder = mkdtempSync(join(tmpdir(), 'neocog-teach-'));
const lab = new Lab();
beforeAll(async () => lab.start(await fileDevices(folder)));
afterAll(async () => {
  await lab.stop();
  rmSync(folder, { recursive: true, force: true });
});

const cardOf = (page: Page, id: number): Locator => page.getByRole('region', { name: `Class ${id}:` });
const countOf = async (page: Page, id: number): Promise<number> =>
  Number.parseInt((await cardOf(page, id).getByTestId('count').textContent()) ?? '', 10);
const status = (page: Page, text: RegExp) => page.getByTestId('status').filter({ hasText: text }).waitFor();
const answer = (page: Page, text: RegExp) =>
  page.getByTestId('answers').getByRole('listitem').filter({ hasText: text }).waitFor();
const addFiles = (page: Page, id: number, files: Parameters<Locator['setInputFiles']>[0]) =>
  cardOf(page, id)
    .getByLabel(/^Add .* files to/)
    .setInputFiles(files);

async function download(page: Page, button: string): Promise<string> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  const path = join(folder, file.suggestedFilename());
  await file.saveAs(path);
  return path;
}

/** Holds the button while the camera shows it, until some frames are kept. */
async function show(page: Page, id: number, scene: Scene): Promise<void> {
  const button = cardOf(page, id).getByRole('button', { name: 'Hold to record' });
  for (let count = 0; count < 4; count = await countOf(page, id)) {
    await isShown(page, scene, false);
    await isShown(page, scene);
    await button.hover();
    await page.mouse.down();
    await Promise.race([isShown(page, scene, false), page.waitForTimeout(1500)]);
    await page.mouse.up();
  }
}

onPage(
  'a camera teaches two things, the answer is right, and where it is seen',
  async () => {
    const { page, context, faults } = await lab.visit({ hash: '/teach?things=portrait,coffee' });
    await context.grantPermissions(['camera']);
    await status(page, /Record two classes/);
    await page.getByRole('button', { name: 'Start the camera' }).click();
    await show(page, 1, 'portrait');
    await show(page, 2, 'coffee');
    await status(page, /^Learned from \d+ frames/);
    for (const scene of ['portrait', 'coffee'] as const) {
      await isShown(page, scene);
      await answer(page, new RegExp(`${scene}\\s+(9\\d|100) %`));
      await page.getByTestId('map').waitFor();
      await page.getByTestId('live').filter({ hasText: scene }).waitFor({ state: 'attached' });
    }
    expect(faults).toEqual([]);
  },
  60_000,
);

onPage(
  'files teach as well; the folder and the page that are carried away give the right answer',
  async () => {
    const { page, faults } = await lab.visit({ hash: '/teach?things=portrait,coffee' });
    await status(page, /Record two classes/);
    await addFiles(page, 1, inputPath('astronaut.jpg'));
    await addFiles(page, 2, inputPath('coffee.jpg'));
    await status(page, /^Learned from 2 frames/);
    await page.getByLabel(/^Choose a picture to ask/).setInputFiles(inputPath('coffee.jpg'));
    await answer(page, /coffee\s+(9\d|100) %/);
    await page.getByLabel('Called').fill('Desk things');
    const single = await download(page, 'One page (.html)');
    const zip = await download(page, 'A folder (.zip)');
    expect(zip).toMatch(/desk-things\.zip$/);
    const files = unzipSync(new Uint8Array(readFileSync(zip)));
    expect(Object.keys(files).sort()).toEqual(
      [
        'README.md',
        'index.d.ts',
        'index.html',
        'index.js',
        'kernels.js',
        'package.json',
        'page.css',
        'page.js',
        'weights.bin',
      ]
        .map((name) => `desk-things/${name}`)
        .sort(),
    );
    for (const [name, bytes] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), bytes);
    }
    const { url, server } = await host(join(folder, 'desk-things'));
    const other = await page.context().newPage();
    for (const address of [url, pathToFileURL(single).href])
      for (const [file, name] of [
        ['coffee.jpg', 'coffee'],
        ['astronaut.jpg', 'portrait'],
      ] as const) {
        await other.goto(address);
        await other.getByText(/^ready after/).waitFor();
        await other.setInputFiles('#file', inputPath(file));
        await other
          .locator('#answer tr')
          .first()
          .filter({ hasText: new RegExp(`^${name}\\s*(9|100)`) })
          .waitFor();
      }
    server.close();
    expect(faults).toEqual([]);
  },
);

onPage(
  'sounds of files and of the microphone are told apart, and so they are by the page that is carried away',
  async () => {
    const { page, context, faults } = await lab.visit({
      hash: '/teach?kind=sounds&sounds=siren,clicks,anything',
    });
    await context.grantPermissions(['microphone']);
    await status(page, /Record two classes/);
    const sound = (name: 'siren' | 'click', seconds: number) => ({
      name: `${name}.wav`,
      mimeType: 'audio/wav',
      buffer: soundBytes(name, seconds),
    });
    await addFiles(page, 1, sound('siren', 4));
    await addFiles(page, 2, sound('click', 4));
    await status(page, /^Learned from 14 pieces/);
    await page.getByRole('button', { name: 'Start the microphone' }).click();
    const hearsBoth = async (): Promise<void> => {
      await answer(page, /clicks\s+(9\d|100) %/);
      await answer(page, /siren\s+(9\d|100) %/);
    };
    await hearsBoth();
    await cardOf(page, 3).getByRole('button', { name: 'Hold to record' }).hover();
    await page.mouse.down();
    await expect.poll(() => countOf(page, 3), { timeout: 30_000 }).toBeGreaterThan(1);
    await page.mouse.up();
    await status(page, /^Learned from (1[6-9]|[2-9]\d) pieces/);
    await page.getByRole('button', { name: 'Clear anything' }).click();
    await status(page, /^Learned from 14 pieces/);
    await hearsBoth();
    await page.getByTestId('map').waitFor();
    await cardOf(page, 1).getByRole('button', { name: 'Hold to record' }).click();
    await page.getByRole('alert').filter({ hasText: 'That was too short' }).waitFor();
    await page.getByRole('button', { name: 'Stop the microphone' }).click();
    const ask = page.getByLabel(/^Choose a sound to ask/);
    await ask.setInputFiles(sound('click', 1));
    await answer(page, /clicks\s+(9\d|100) %/);
    const single = await download(page, 'One page (.html)');
    const other = await context.newPage();
    await other.goto(pathToFileURL(single).href);
    await other.getByText(/^ready after/).waitFor();
    for (const [name, label] of [
      ['click', 'clicks'],
      ['siren', 'siren'],
    ] as const) {
      await other.setInputFiles('#file', sound(name, 2));
      await other
        .locator('#answer tr')
        .first()
        .filter({ hasText: new RegExp(`^${label}\\s*(9|100)`) })
        .waitFor();
    }
    expect(faults).toEqual([]);
  },
);

onPage('keys record, names go into the link, and what was recorded waits for who comes back', async () => {
  const { page, context, faults } = await lab.visit({ hash: '/teach' });
  await context.grantPermissions(['camera']);
  await status(page, /Record two classes/);
  await page.getByLabel('Name of class 2').fill('a mug, mine');
  await page.waitForFunction(() => location.hash.includes('things=,a+mug++mine'));
  const button = page.getByRole('button', { name: 'Hold to record Thing 1' });
  await button.focus();
  await page.keyboard.down('Space');
  await expect.poll(() => countOf(page, 1), { timeout: 30_000 }).toBeGreaterThan(2);
  await page.keyboard.up('Space');
  await page
    .getByTestId('live')
    .filter({ hasText: /^Thing 1: \d+ frames/ })
    .waitFor({ state: 'attached' });
  const count = await countOf(page, 1);
  await page.waitForTimeout(300);
  expect(await countOf(page, 1)).toBe(count);
  await page.getByRole('button', { name: 'Stop the camera' }).click();
  await page.getByRole('button', { name: 'Remove frame 1 of Thing 1' }).click();
  expect(await countOf(page, 1)).toBe(count - 1);
  await addFiles(page, 2, inputPath('coffee.jpg'));
  await status(page, /^Learned/);
  await page.getByRole('link', { name: 'Layer' }).click();
  await page.getByRole('link', { name: 'Teach' }).click();
  await status(page, /^Learned/);
  expect([await countOf(page, 1), await countOf(page, 2)]).toEqual([count - 1, 1]);
  expect(await page.getByLabel('Name of class 2').inputValue()).toBe('a mug  mine');
  await page.getByRole('button', { name: 'Another class' }).click();
  await page.getByRole('button', { name: 'Remove class Thing 1' }).click();
  await status(page, /Record two classes/);
  expect([await countOf(page, 1), await countOf(page, 2)]).toEqual([1, 0]);
  await page.getByRole('button', { name: 'Forget everything' }).click();
  expect(await countOf(page, 1)).toBe(0);
  expect(faults).toEqual([]);
});

onPage('without a camera, and for files that are broken, a sentence says what helps', async () => {
  const bare = new Lab();
  await bare.start(['--use-fake-device-for-media-stream']);
  const { page, faults } = await bare.visit({ hash: '/teach' });
  const alert = (text: string) => page.getByRole('alert').filter({ hasText: text }).waitFor();
  await status(page, /Record two classes/);
  await page.getByRole('button', { name: 'Start the camera' }).click();
  await alert(
    'The camera may not be used: allow it in the browser’s address bar, then start it again. Picture files work without it.',
  );
  await addFiles(page, 1, [
    { name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('no picture') },
    { name: 'cat.jpg', mimeType: 'image/jpeg', buffer: readFileSync(inputPath('cat.jpg')) },
  ]);
  await alert('notes.png cannot be read as a picture; give a PNG, JPEG, WebP or AVIF file');
  expect(await countOf(page, 1)).toBe(1);
  await page.getByRole('radio', { name: 'Sounds' }).check();
  await status(page, /Record two classes/);
  await page.getByRole('button', { name: 'Start the microphone' }).click();
  await alert('The microphone may not be used');
  await page.getByLabel(/^Choose a sound to ask/).setInputFiles({
    name: 'notes.wav',
    mimeType: 'audio/wav',
    buffer: Buffer.from('no sound'),
  });
  await alert('notes.wav cannot be read as a sound; give a WAV, MP3, Ogg or FLAC file');
  expect(faults).toEqual([]);
  await bare.stop();
});

for (const [size, dark] of [
  [1440, false],
  [360, true],
] as const) {
  onPage(`axe finds nothing and nothing scrolls sideways, ${size} pixels`, async () => {
    const hash = '/teach?things=portrait,coffee,a+third+one+with+a+long+name,,';
    const { page, faults } = await lab.visit({ hash, width: size, dark });
    await status(page, /Record two classes/);
    await addFiles(page, 1, ['astronaut.jpg', 'cat.jpg'].map(inputPath));
    await addFiles(page, 2, inputPath('coffee.jpg'));
    await status(page, /^Learned/);
    await page.getByLabel(/^Choose a picture to ask/).setInputFiles(inputPath('coffee.jpg'));
    await answer(page, /coffee\s+\d+ %/);
    await page
      .getByTestId('live')
      .filter({ hasText: /^coffee, \d+ %/ })
      .waitFor({ state: 'attached' });
    expect(await axe(page)).toEqual([]);
    await page.getByRole('radio', { name: 'Sounds' }).check();
    await status(page, /Record two classes/);
    await addFiles(page, 1, { name: 'a.wav', mimeType: 'audio/wav', buffer: soundBytes('siren', 2) });
    await page.getByRole('button', { name: 'Remove piece 1 of Background noise' }).waitFor();
    expect(await axe(page)).toEqual([]);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(over).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
  });
}

onPage('after the first visit it works offline', async () => {
  const { page, context, faults } = await lab.visit({ hash: '/teach?things=cat,cup' });
  await status(page, /Record two classes/);
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  const kept = (): Promise<boolean> =>
    page.evaluate(async () => {
      const found = ['model.json', 'weights.bin'].map((file) => caches.match(`./data/body/${file}`));
      return (await Promise.all(found)).every((response) => response !== undefined);
    });
  await expect.poll(kept, { timeout: 30_000 }).toBe(true);
  await context.setOffline(true);
  await page.reload();
  await status(page, /Record two classes/);
  await addFiles(page, 1, inputPath('cat.jpg'));
  await addFiles(page, 2, inputPath('coffee.jpg'));
  await status(page, /^Learned from 2 frames/);
  expect(faults).toEqual([]);
});

onPage('learning is stopped, and begun again', async () => {
  const { page, faults } = await lab.visit({ hash: '/teach?kind=sounds' });
  await status(page, /Record two classes/);
  const sound = (name: 'siren' | 'click') => ({
    ...{ name: `${name}.wav`, mimeType: 'audio/wav' },
    buffer: soundBytes(name, 30),
  });
  await addFiles(page, 1, sound('siren'));
  await addFiles(page, 2, sound('click'));
  await page.getByRole('button', { name: 'Stop learning' }).click();
  await status(page, /^Not learned yet/);
  expect(await page.getByRole('button', { name: 'One page (.html)' }).isDisabled()).toBe(true);
  await page.getByRole('button', { name: 'Learn again' }).click();
  await status(page, /^Learned from 118 pieces/);
  expect(faults).toEqual([]);
});
