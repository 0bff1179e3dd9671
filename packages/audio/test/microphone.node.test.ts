// The microphone in Chromium with its fake device, which plays a tone from a file; under a content security policy; refused; and in
// Node, where there is none.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { DeviceError, tensor } from 'neocog';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { chromiumHint, findChromium } from '../../../scripts/chromium.js';
import { sources } from '../../../scripts/sources.js';
import { leftOut } from '../../../test/leftOut.ts';
import { launch, visit } from '../../../test/visitPage.ts';
import { microphone, workletSource, writeWav } from '../src/index.ts';
import type { Found, Heard } from './microphonePage.ts';

const executablePath = findChromium();
const folder = mkdtempSync(join(tmpdir(), 'neocog-microphone-'));
let bundle = '';
const browsers: Browser[] = [];

async function open(...flags: string[]): Promise<Browser> {
  const browser = await launch(executablePath as string, flags); // tests without one are left out
  browsers.push(browser);
  return browser;
}

/** A microphone that plays 440 Hz, and a visitor who allows it. */
async function openWithTone(): Promise<Browser> {
  const path = join(folder, 'tone.wav');
  const tone = Array.from({ length: 48_000 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 440 * i) / 48_000));
  await writeWav(path, { sound: tensor([tone]), sampleRate: 48_000 });
  return open(
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    // For the stream that is not a microphone's: nobody touches the page.
    '--autoplay-policy=no-user-gesture-required',
    `--use-file-for-fake-audio-capture=${path}`,
  );
}

async function explore(browser: Browser, what: string, headers: Record<string, string> = {}): Promise<Found> {
  const page = `<!doctype html><html data-try="${what}"><script type="module" src="/page.js"></script>`;
  const files = { '/': page, '/page.js': bundle, '/worklet.js': workletSource };
  const { found, errors } = await visit<Found>(browser, files, headers);
  expect(errors).toEqual([]);
  return found;
}

beforeAll(async () => {
  const entryPoints = [fileURLToPath(new URL('microphonePage.ts', import.meta.url))];
  const options = { bundle: true, format: 'esm', target: 'es2022', write: false } as const;
  bundle = (await build({ entryPoints, alias: sources, ...options })).outputFiles[0]?.text ?? '';
});
afterAll(async () => {
  for (const browser of browsers) await browser.close();
  rmSync(folder, { recursive: true });
});

const onPage = test.skipIf(leftOut(executablePath ? null : `Chromium was not found; ${chromiumHint}`));

/** Of one frequency, give or take a bin. */
const heard = (shape: string, hertz: number, rate = 16_000) => ({
  shapes: [shape],
  hertz: expect.closeTo(hertz, -Math.log10((2 * rate) / 1024)),
  dropped: 0,
  released: true,
});

onPage('loops hear the tone at the wanted rate, and give the device back', async () => {
  const found = await explore(await openWithTone(), 'attempts');
  expect(found).toMatchObject({
    plain: heard('1×1600', 440),
    'at 44100': heard('1×1000', 440, 44_100),
    twice: heard('1×500', 440),
    'stop while waiting': { shapes: [], released: true },
    'stop while opening': { shapes: [], released: true },
    'stop while its worklet comes': { shapes: [], released: true },
    'an error of the reader': 'mine, released true',
    'a late reader': { shapes: ['1×1600'], released: true },
    'an own stream': heard('1×800', 1000, 8000),
    'a device that is taken away':
      'DeviceError: microphone: it was taken away; connect it again, released true',
    'an unknown device': 'DeviceError: microphone: no device has this deviceId; leave it out, released true',
    'a stream without sound': expect.stringContaining('the stream has no track of sound'),
  });
  expect((found['a late reader'] as Heard).dropped).toBeGreaterThan(10_000); // heard, as was checked
});

onPage('under a policy without blob: the worklet is hosted', async () => {
  const found = await explore(await openWithTone(), 'policy', {
    'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
  });
  expect(found).toEqual({
    blob: expect.stringMatching(
      /DeviceError: microphone: its worklet does not start; the page's policy forbids it: allow blob: in script-src.*released true/,
    ),
    hosted: heard('1×1600', 440),
    'hosted nowhere': expect.stringMatching(
      /absent.js is not its script: host workletSource there.*released true/,
    ),
  });
});

onPage('a policy that names blob: needs no file', async () => {
  const found = await explore(await openWithTone(), 'policy', {
    'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:",
  });
  expect(found).toMatchObject({ blob: heard('1×1600', 440) });
});

onPage('a stream in a page that nobody has touched waits until somebody does', async () => {
  const browser = await open();
  let found: Found | null = null;
  const exploring = explore(browser, 'untouched').then((all) => {
    found = all;
  });
  while (found === null) {
    const pages = browser.contexts().flatMap((context) => context.pages());
    for (const page of pages) await page.mouse.click(5, 5).catch(() => undefined); // it may just have closed
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await exploring;
  expect(found).toEqual({ 'an own stream': heard('1×800', 1000, 8000) });
});

onPage('a visitor who refuses is told', async () => {
  const refused = await explore(await open('--use-fake-device-for-media-stream'), 'refused');
  expect(refused.plain).toMatch(/DeviceError: microphone: the visitor or a Permissions-Policy refused it/);
});

describe('in Node', () => {
  it('there is none', async () => {
    const source = microphone({ sampleRate: 22_050 });
    expect(source).toMatchObject({ sampleRate: 22_050, chunkLength: 2205, dropped: 0 });
    const loop = async () => {
      for await (const _ of source) expect.fail('heard something');
    };
    await expect(loop()).rejects.toThrow(DeviceError);
    await expect(loop()).rejects.toThrow(
      'microphone: there is none here; in a page it needs https or localhost',
    );
    source.stop();
  });

  it('options are checked', () => {
    expect(() => microphone({ sampleRate: 0 })).toThrow('microphone: sampleRate is 0; give');
    expect(() => microphone({ stream: {} as never })).toThrow('microphone: stream is {}; give a MediaStream');
    expect(() => microphone({ worklet: '' })).toThrow("microphone: worklet is ''; give a text or a URL");
  });
});
