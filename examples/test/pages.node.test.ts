// The examples in a page: the production build in Chromium, with a camera and a microphone that are files. What they find is right,
// nothing goes wrong on the way, nobody else is asked for anything, and everybody can use them.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { loadOnnx, loadTfjs, safetensorsMetadata } from '@neocog/formats';
import { div, type Tensor } from 'neocog';
import type { Browser, Page } from 'playwright';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumHint, findChromium } from '../../scripts/chromium.js';
import { leftOut, packagesHint } from '../../test/leftOut.ts';
import {
  canvasPixels,
  inputPath,
  launchBare,
  launchWithDevices,
  openSite,
  pictureTensor,
  type Site,
  visit,
} from './pagesSite.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const pages = ['classify', 'camera', 'teach', 'upscale', 'cutout', 'speech'];

it.each(pages)('%s has fewer than 80 lines of script', (name) => {
  const folder = here(`../pages/${name}/`);
  const scripts = readdirSync(folder).filter((file) => file.endsWith('.js'));
  const lines = scripts.map((file) => readFileSync(join(folder, file), 'utf8').trimEnd().split('\n').length);
  expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThan(80);
});

const executablePath = findChromium();
const missing = !existsSync(here('../node_modules/@vladmandic/human'))
  ? packagesHint
  : executablePath
    ? null
    : `Chromium was not found; ${chromiumHint}`;

describe.skipIf(leftOut(missing))('in a page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'neocog-devices-'));
  let site: Site;
  let browser: Browser;

  beforeAll(async () => {
    [site, browser] = await Promise.all([openSite(), launchWithDevices(executablePath as string, folder)]);
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens a page; whatever goes wrong in it is an error. */
  async function open(name: string, body: (page: Page) => Promise<void>): Promise<void> {
    const { page, wrong } = await visit(browser, `${site.url}${name}/`);
    await body(page);
    expect(wrong).toEqual([]);
    await page.context().close();
  }

  const status = (page: Page, text: RegExp) => page.locator('#status', { hasText: text }).waitFor();
  const shares = async (page: Page): Promise<[name: string, percent: number][]> => {
    const rows = await page.locator('.bars li').allTextContents();
    return rows.map((row) => [row.replace(/ \d+ %$/, ''), Number(/(\d+) %$/.exec(row)?.[1])]);
  };

  it('everybody can use them, in either colours, on a telephone', async () => {
    const axe = createRequire(import.meta.url).resolve('axe-core');
    const { page, wrong } = await visit(browser, site.url, { viewport: { width: 360, height: 740 } });
    const links = await page.locator('.cards a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
    expect(links).toEqual(pages.map((name) => `./${name}/`));
    // Networks do not arrive: what stands on a page does not depend on them.
    await page.route('**/networks/**', () => {});
    for (const link of ['', ...links]) {
      await page.goto(new URL(link as string, site.url).href);
      await page.addScriptTag({ path: axe });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const found = await page.evaluate(async () => {
          const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run();
          return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`);
        });
        expect(found, `${link}, ${colorScheme}`).toEqual([]);
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    }
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  it('classify: a cat is a cat, and a cup a cup', async () => {
    await open('classify', async (page) => {
      await page.setInputFiles('#file', inputPath('coffee.jpg'));
      await page.locator('.bars li').first().waitFor();
      expect((await shares(page))[0][0]).toBe('cup');
      await drop(page, 'cat.jpg');
      await page.locator('.bars li:first-child', { hasText: 'cat' }).waitFor();
      const [[, cat], [, next]] = await shares(page);
      expect(cat).toBeGreaterThan(next);
      await page.setInputFiles('#file', { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no') });
      await status(page, /^This is no picture that the browser can read\./);
    });
  });

  it('camera: finds the face, in a worker', async () => {
    await open('camera', async (page) => {
      await status(page, /ready/);
      expect(page.workers().length).toBeGreaterThan(0);
      await page.click('#start');
      await page.locator('dd', { hasText: 'a second' }).waitFor();
      // Eyes and nose of the portrait, as shares of the frame.
      await page.waitForFunction(() => {
        const canvas = document.querySelector('canvas') as HTMLCanvasElement;
        const { width, height } = canvas;
        const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
          0,
          0,
          width,
          height,
        );
        const drawn = Array.from({ length: width * height }, (_, i) => i).filter((i) => data[4 * i + 3] > 0);
        const mean = (at: (i: number) => number) => drawn.reduce((sum, i) => sum + at(i), 0) / drawn.length;
        const [x, y] = [mean((i) => (i % width) / width), mean((i) => Math.floor(i / width) / height)];
        return Math.abs(x - 0.44) < 0.06 && Math.abs(y - 0.28) < 0.08;
      });
      await page.click('#stop');
      await page.locator('#start').waitFor();
    });
  });

  it('teach: tells apart what it was shown, also in the files that it keeps', async () => {
    await open('teach', async (page) => {
      await status(page, /ready/);
      await page.getByLabel('Name of thing 1').fill('portrait');
      await page.getByLabel('Name of thing 2').fill('coffee');
      await page.click('#start');
      await show(page, 'Hold to show thing 1', 'portrait');
      await show(page, 'Hold to show thing 2', 'coffee');
      await status(page, /^Learned from \d+ frames/);
      for (const scene of ['portrait', 'coffee'] as const) {
        await isShown(page, scene);
        await page.locator('.bars li', { hasText: new RegExp(`${scene} (9\\d|100) %`) }).waitFor();
      }
      const file = await keep(page, 'as a page');
      const onnx = new Uint8Array(readFileSync(await keep(page, 'as ONNX')));
      const weights = new Uint8Array(readFileSync(await keep(page, "the head's weights")));
      expect(safetensorsMetadata(weights)).toEqual({ things: 'portrait,coffee' });
      const net = await loadOnnx(onnx);
      for (const [i, name] of ['astronaut.jpg', 'coffee.jpg'].entries()) {
        const picture = await pictureTensor(sharp(inputPath(name)).resize(224, 224, { position: 'top' }));
        expect((net.forward(div(picture, 255)) as Tensor).data[i]).toBeGreaterThan(0.7);
      }
      await page.click('#stop');
      await page.goto(pathToFileURL(file).href);
      await page.getByText(/^ready after/).waitFor();
      await page.setInputFiles('#file', inputPath('coffee.jpg'));
      await page.locator('#answer td').first().waitFor();
      expect(await page.locator('#answer td').first().textContent()).toBe('coffee');
    });
  });

  async function keep(page: Page, button: string): Promise<string> {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: button }).click(),
    ]);
    const path = join(folder, download.suggestedFilename());
    await download.saveAs(path);
    return path;
  }

  it('upscale: the pixels of the whole picture, from one tile or several', async () => {
    const net = await loadTfjs(here('../node_modules/@upscalerjs/default-model/models/model.json'));
    await open('upscale', async (page) => {
      for (const [width, height] of [
        [64, 48],
        [120, 96],
      ]) {
        const picture = sharp(inputPath('astronaut.jpg')).extract({ left: 170, top: 60, width, height });
        const buffer = await picture.png().toBuffer();
        await page.setInputFiles('#file', { name: 'small.png', mimeType: 'image/png', buffer });
        await status(page, new RegExp(`^${2 * width} × ${2 * height} pixels in ${width > 96 ? 2 : 1} tile`));
        const [{ data: shown }, wanted] = [
          await canvasPixels(page, '.compare canvas:last-child'),
          net.forward(await pictureTensor(sharp(buffer))),
        ];
        const off = Array.from(wanted.data, (v, i) =>
          Math.abs(Math.min(255, Math.max(0, v)) - shown[4 * Math.floor(i / 3) + (i % 3)]),
        );
        expect(off.reduce((sum, v) => sum + v, 0) / off.length).toBeLessThan(0.5);
        expect(off.reduce((most, v) => Math.max(most, v), 0)).toBeLessThan(width > 96 ? 8 : 1.5);
      }
    });
  });

  it('cut out: covers the person, of a picture and of a camera', async () => {
    await open('cutout', async (page) => {
      await page.setInputFiles('#file', inputPath('astronaut.jpg'));
      await status(page, / ms$/);
      const { data, width } = await canvasPixels(page, 'canvas');
      const cells = Array.from({ length: data.length / 4 }, (_, i) => {
        const seen = data[4 * i + 3] > 127;
        const there = isInside(portrait, [(i % width) + 0.5, Math.floor(i / width) + 0.5]);
        return [seen && there, seen || there];
      });
      const [both, either] = [0, 1].map((k) => cells.filter((cell) => cell[k]).length);
      expect(both / either).toBeGreaterThan(0.88);
      await page.selectOption('select', '#2f6f5e');
      const { data: filled } = await canvasPixels(page, 'canvas');
      expect([...filled.subarray(4 * 400, 4 * 400 + 4)]).toEqual([0x2f, 0x6f, 0x5e, 255]);
      await page.click('#start');
      await page.waitForFunction(() => document.querySelector('canvas')?.width !== 512);
      await page.click('#stop');
    });
  });

  it('speech: hears it where it is, and not in silence', async () => {
    await open('speech', async (page) => {
      await page.getByRole('button', { name: 'Start the microphone' }).click();
      const rows = page.locator('.heard li');
      const heardSoFar = async () =>
        (await rows.allTextContents()).reverse().map((row) => {
          const [, from, length] = /^([\d.]+) s, for ([\d.]+) s$/.exec(row) as RegExpExecArray;
          return { from: Number(from), until: Number(from) + Number(length) };
        });
      // Four words, two seconds of silence, and the words again, round and round: a busy machine loses some of the sound.
      const longest = async () => {
        const heard = await heardSoFar();
        return Math.max(0, ...heard.slice(1).map(({ from }, i) => from - heard[i].until));
      };
      await expect.poll(longest, { timeout: 60_000 }).toBeGreaterThan(1.8);
      await page.getByRole('button', { name: 'Stop' }).click();
      expect(await longest()).toBeLessThan(3.5);
      const lengths = (await heardSoFar()).slice(0, -1).map(({ from, until }) => until - from);
      expect(lengths.reduce((sum, length) => sum + length, 0)).toBeGreaterThan(1.5);
      expect(Math.max(...lengths)).toBeLessThan(1.8);
    });
  });

  it('a page says what is missing', async () => {
    const bare = await launchBare(executablePath as string);
    const say = async (name: string, button: string): Promise<string | null> => {
      const { page, wrong } = await visit(bare, `${site.url}${name}/`);
      await status(page, /ready/);
      await page.getByRole('button', { name: button }).click();
      await page.locator('#status.wrong').waitFor();
      expect(wrong).toEqual([]);
      return page.textContent('#status');
    };
    expect(await say('camera', 'Start the camera')).toBe(
      'No camera was found. Connect one, then start again.',
    );
    expect(await say('speech', 'Start the microphone')).toMatch(/^microphone: /);
    await bare.close();
  });
});

interface Axe {
  run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
}

async function drop(page: Page, name: string): Promise<void> {
  const bytes = [...readFileSync(inputPath(name))];
  await page.locator('.drop').evaluate((zone, content) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([Uint8Array.from(content)], 'dropped.jpg', { type: 'image/jpeg' }));
    zone.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  }, bytes);
}

type Scene = 'portrait' | 'coffee';

/** Waits until the camera shows it, or something else. The coffee stands on brown wood: it is more red than blue. */
async function isShown(page: Page, scene: Scene, isWanted = true): Promise<void> {
  await page.waitForFunction(
    ([wanted, positive]) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 16, height: 12 });
      const context = canvas.getContext('2d') as CanvasRenderingContext2D;
      context.drawImage(document.querySelector('video') as HTMLVideoElement, 0, 0, 16, 12);
      const { data } = context.getImageData(0, 0, 16, 12);
      const redder = data.reduce((sum, v, i) => sum + [v, 0, -v, 0][i % 4], 0) / (16 * 12);
      return (redder > 75 === (wanted === 'coffee')) === positive;
    },
    [scene, isWanted] as const,
  );
}

/** Holds the button while the camera shows it, until some frames are kept. */
async function show(page: Page, button: string, scene: Scene): Promise<void> {
  const count = page.locator('.thing', { has: page.getByLabel(button) }).locator('output');
  for (let frames = 0; frames < 4; frames = Number.parseInt((await count.textContent()) ?? '', 10)) {
    await isShown(page, scene, false);
    await isShown(page, scene);
    await page.getByLabel(button).hover();
    await page.mouse.down();
    await Promise.race([isShown(page, scene, false), page.waitForTimeout(2000)]);
    await page.mouse.up();
  }
}

type Point = readonly [x: number, y: number];

/** The outline of the portrait's person and helmet, by hand. */
const portrait: readonly Point[] = (
  '153,75 155,45 175,22 205,10 232,6 262,15 285,32 299,62 300,95 285,118 268,128 262,150 262,165 290,185 303,215 302,245 ' +
  '325,255 345,280 358,300 366,345 400,342 440,352 472,376 492,415 500,470 508,511 26,511 20,470 22,420 35,340 50,285 75,245 ' +
  '112,215 113,195 125,170 150,155 182,152 183,130 165,112 155,95'
)
  .split(' ')
  .map((pair) => pair.split(',').map(Number) as unknown as Point);

/** By how many edges lie to the right. */
function isInside(outline: readonly Point[], [x, y]: Point): boolean {
  const crossed = outline.filter(([bx, by], i) => {
    const [ax, ay] = outline.at(i - 1) as Point;
    return ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax;
  });
  return crossed.length % 2 === 1;
}
