// What tests of the pages need: the production build, served from some folder of a server, and a browser whose camera and
// microphone are files.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wavBytes } from '@neocog/audio';
import { concat, Tensor, tensor, zeros } from 'neocog';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright';
import sharp, { type Sharp } from 'sharp';
import { build } from 'vite';
import { isolated, patience } from '../../test/visitPage.ts';
import { readSound } from '../shared/sound.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** A file of inputs. */
export const inputPath = (name: string): string => here(`../inputs/${name}`);

/** Where the pages are, and who gives them back. */
export interface Site {
  readonly url: string;
  close(): void;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
};

/** Builds the pages for production, and serves them as a plain server does, below a folder. */
export async function openSite(): Promise<Site> {
  const outDir = mkdtempSync(join(tmpdir(), 'neocog-pages-'));
  const configFile = here('../pages/vite.config.js');
  await build({ configFile, logLevel: 'error', build: { outDir } });
  const entries = readdirSync(outDir, { recursive: true, withFileTypes: true });
  const files = new Set(
    entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)),
  );
  const server = createServer(({ url = '' }, response) => {
    const path = new URL(url, 'http://localhost').pathname.replace('/some/folder/', '');
    const file = join(outDir, path === '' || path.endsWith('/') ? `${path}index.html` : path);
    if (!url.startsWith('/some/folder/') || !files.has(file)) return void response.writeHead(404).end();
    response.writeHead(200, {
      ...isolated,
      'Content-Type': types[extname(file)] ?? 'application/octet-stream',
    });
    response.end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
    rmSync(outDir, { recursive: true });
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/folder/`, close };
}

/** Frames of what the camera shows in turn: a portrait and a cup of coffee, each for four seconds, moving a little. */
async function cameraFile(folder: string): Promise<string> {
  const frames: Buffer[] = [];
  for (const name of ['astronaut.jpg', 'coffee.jpg'])
    for (let i = 0; i < 120; i++) {
      const left = 2 * Math.abs((i % 8) - 4);
      const frame = sharp(inputPath(name)).resize(328, 240, { fit: 'cover', position: 'top' });
      frames.push(await frame.extract({ left, top: 0, width: 320, height: 240 }).jpeg().toBuffer());
    }
  const file = join(folder, 'camera.mjpeg');
  writeFileSync(file, Buffer.concat(frames));
  return file;
}

/** What the microphone hears in turn: two seconds of silence, then the recordings of inputs. */
async function microphoneFile(folder: string): Promise<string> {
  const sampleRate = 16_000;
  const samples: Float32Array = await readSound(inputPath('speech.wav'), sampleRate);
  const speech = new Tensor(samples, [1, samples.length]);
  const file = join(folder, 'microphone.wav');
  writeFileSync(
    file,
    wavBytes({ sound: concat([zeros([1, 2 * sampleRate]), speech], { axis: 1 }), sampleRate }),
  );
  return file;
}

const flags = ['--no-sandbox', '--disable-gpu', '--use-fake-ui-for-media-stream'];

/** A browser without camera and microphone. */
export const launchBare = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: flags, timeout: patience });

/** A browser with both; `folder` keeps what they show. */
export async function launchWithDevices(executablePath: string, folder: string): Promise<Browser> {
  const [camera, microphone] = await Promise.all([cameraFile(folder), microphoneFile(folder)]);
  const devices = [
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${camera}`,
    `--use-file-for-fake-audio-capture=${microphone}`,
  ];
  return chromium.launch({ executablePath, args: [...flags, ...devices], timeout: patience });
}

/** A page, what went wrong in it, and whom it asked besides its own server. */
export interface Visit {
  readonly page: Page;
  readonly wrong: string[];
}

export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
  page.on('request', (request) => {
    const address = new URL(request.url());
    const isOwn =
      address.host === new URL(url).host || ['blob:', 'data:', 'file:'].includes(address.protocol);
    if (!isOwn) wrong.push(`asked ${address}`);
  });
  page.on(
    'response',
    (response) => response.status() >= 400 && wrong.push(`${response.status()} ${response.url()}`),
  );
  await page.goto(url);
  return { page, wrong };
}

/** Pixels of a canvas of the page: RGBA. */
export async function canvasPixels(
  page: Page,
  selector: string,
): Promise<{ data: Uint8Array; width: number }> {
  const address = await page.locator(selector).evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  const picture = sharp(Buffer.from(address.split(',')[1], 'base64'))
    .ensureAlpha()
    .raw();
  const { data, info } = await picture.toBuffer({ resolveWithObject: true });
  return { data, width: info.width };
}

/** A picture as a tensor [1, height, width, 3] of 0 to 255. */
export async function pictureTensor(picture: Sharp): Promise<Tensor> {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return tensor(Float32Array.from(data), [1, info.height, info.width, 3]);
}
