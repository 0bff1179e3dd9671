// Teach: two scenes of a camera and two sounds of a microphone are told apart; what is carried away runs alone; files, refusals and
// broken files; keys, names and links.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { unzipSync } from 'fflate';
import type { Locator, Page } from 'playwright';
import { afterAll, beforeAll, expect } from 'vitest';
import { fileDevices, inputPath, isShown, type Scene } from './teachDevices.ts';
import { host, Lab, onPage } from './visit.ts';

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
