// A network written as a module, where people would put it: in every Node, in a page under a strict policy, through
// bundlers that nobody configured, before TypeScript; and how large it is.

import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { wavBytes } from '@neocog/audio';
import { type EsModuleOptions, esModule, singlePage } from '@neocog/formats';
import { build as bundleByEsbuild } from 'esbuild';
import { compile, init, manualSeed, models, nn, pack, randn, tensor } from 'neocog';
import type { Browser, Page } from 'playwright';
import { build as bundleByVite } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { overrideEngine } from '../packages/neocog/src/backends/wasm/engine.ts';
import { chromiumHint, findChromium } from '../scripts/chromium.js';
import { nodeEngines } from '../scripts/nodes.js';
import { leftOut } from './leftOut.ts';
import { launch, patience } from './visitPage.ts';

const executablePath = findChromium();
const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
const input = [1, 3, 32, 32];

let folder = '';
let net: nn.Module;
/** By what an engine's kernels do: `fma` or `mul+add`. */
const expected: Record<string, number[]> = {};

/** The same values in every engine. */
const sample = Float32Array.from({ length: 3 * 32 * 32 }, (_, i) =>
  Math.fround(((i * 7919) % 2001) / 1000 - 1),
);
const runSample = `const sample = Float32Array.from({ length: inputs[0].size }, (_, i) => Math.fround(((i * 7919) % 2001) / 1000 - 1));
const answer = async () => ({ ...(await load()), y: [...(await run(sample))] });`;

interface Answer {
  readonly simd: string;
  readonly y: number[];
}

async function runCompiled(): Promise<number[]> {
  const program = await compile(net, { input, threads: 1 });
  const x = randn(input);
  x.data.set(sample);
  const { data } = await program.run(x);
  program.dispose();
  return [...data];
}

async function write(
  to: string,
  module: nn.Module,
  shape: readonly number[],
  options: EsModuleOptions,
): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const { name, data } of esModule(pack(module, { input: shape }), options))
    await writeFile(join(to, name), data);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neocog-build-'));
  manualSeed(1);
  net = models.mobilenetV2({ classes: 10, width: 0.35 });
  const options = { name: 'A <small> network', labels: ['cat', 'dog'] };
  await write(join(folder, 'net'), net, input, options);
  await write(join(folder, 'embedded'), net, input, { ...options, embed: true });
  const before = overrideEngine({ fma: true });
  if (before.fma) expected.fma = await runCompiled();
  overrideEngine({ fma: false, keepsOrder: false });
  expected['mul+add'] = await runCompiled();
  overrideEngine(before);
});
afterAll(() => rm(folder, { recursive: true }));

/** The bits of the program that was compiled for such an engine; what this Node cannot compile for is close to the others. */
function judge({ simd, y }: Answer): void {
  if (expected[simd]) expect(y).toEqual(expected[simd]);
  else y.forEach((value, i) => expect(value).toBeCloseTo(expected['mul+add'][i], 4));
}

describe.each(nodeEngines())('$name', ({ path }) => {
  const runScript = (name: string): Answer =>
    JSON.parse(execFileSync(path, [join(folder, name)], { encoding: 'utf8', cwd: tmpdir() }));

  it('imports it', async () => {
    const script = `import { inputs, load, run } from './net/index.js';\n${runSample}\nconsole.log(JSON.stringify(await answer()));`;
    await writeFile(join(folder, 'plain.mjs'), script);
    judge(runScript('plain.mjs'));
  });

  it('runs what esbuild made of it, where weights are JavaScript', async () => {
    const script = `import { inputs, load, run } from './embedded/index.js';\n${runSample}\nanswer().then((it) => console.log(JSON.stringify(it)));`;
    const stdin = { contents: script, resolveDir: folder };
    const outfile = join(folder, 'bundled.cjs');
    await bundleByEsbuild({ stdin, outfile, bundle: true, minify: true, format: 'cjs', logLevel: 'error' });
    judge(runScript('bundled.cjs'));
  });

  it('runs what esbuild made of it, told where the weights are', async () => {
    const script = `import { inputs, load as start, run } from './net/index.js';
const weights = new URL('./net/weights.bin', import.meta.url);
const load = () => start(undefined, { weights });\n${runSample}\nconsole.log(JSON.stringify(await answer()));`;
    const stdin = { contents: script, resolveDir: folder };
    const outfile = join(folder, 'bundled.mjs');
    await bundleByEsbuild({ stdin, outfile, bundle: true, minify: true, format: 'esm', logLevel: 'error' });
    judge(runScript('bundled.mjs'));
  });
});

/** Serves a folder as a plain server does, each answer under the policy. */
async function serve(root: string): Promise<{ url: string; server: Server }> {
  const types: Record<string, string> = {
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.html': 'text/html',
  };
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    const file = join(root, path.endsWith('/') ? `${path}index.html` : path);
    response.setHeader('Content-Type', types[extname(file)] ?? 'application/octet-stream');
    response.setHeader('Content-Security-Policy', policy);
    createReadStream(file)
      // Browsers ask for an icon, which nobody has.
      .on('error', () => response.writeHead(path === '/favicon.ico' ? 204 : 404).end())
      .pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}

const missing = executablePath ? null : `Chromium was not found; ${chromiumHint}`;

describe.skipIf(leftOut(missing))('Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch(
      executablePath as string,
      ['fake-device', 'fake-ui'].map((what) => `--use-${what}-for-media-stream`),
    );
  });
  afterAll(() => browser?.close());

  /** Opens a folder's page; whatever goes wrong in it is an error. */
  async function visit(root: string, body: (page: Page) => Promise<void>): Promise<void> {
    const { url, server } = await serve(root);
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(patience);
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      await page.goto(url);
      await body(page);
      expect(errors).toEqual([]);
      await page.close();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it('shows the page that tries it', async () => {
    await visit(join(folder, 'net'), async (page) => {
      await page.getByText(/^ready after \d+ ms, .* MiB of memory$/).waitFor();
      expect(await page.textContent('h1')).toBe('A <small> network');
      await page.click('#random');
      await page.getByText(/ ms, the median of 10 runs on one thread$/).waitFor();
      const rows = await page.locator('#answer tr').allTextContents();
      expect(rows).toHaveLength(5);
      expect(rows.join()).toMatch(/cat|dog|value \d/);
      const image = await page.locator('h1').screenshot();
      await page.evaluate(() => document.getElementById('answer')?.replaceChildren());
      await page.setInputFiles('#file', { name: 'a.png', mimeType: 'image/png', buffer: image });
      await page.locator('#answer tr').first().waitFor();
      expect(await page.locator('#picture').getAttribute('width')).toBe('32');
    });
  });

  it('draws masks over the picture that is dropped', async () => {
    const masks = models.unet({ inChannels: 3, classes: 3, width: 4, depth: 2, padding: 'same' });
    await write(join(folder, 'masks'), masks, input, {
      labels: ['ground', 'cat', 'dog'],
      pixels: { mean: [0], std: [255], fit: 'stretch' },
      answer: { kind: 'masks', colours: [[0, 0, 0], [255, 0, 0], [0, 0, 255]] }, // biome-ignore format: one line
    });
    await visit(join(folder, 'masks'), async (page) => {
      await page.getByText(/^ready after/).waitFor();
      expect(await page.locator('#scaling').isVisible()).toBe(false);
      const buffer = await page.locator('main').screenshot();
      await page.setInputFiles('#file', { name: 'a.png', mimeType: 'image/png', buffer });
      const drawn = page.locator('#answer canvas.mask');
      await drawn.waitFor();
      const [width, height] = [buffer.readUInt32BE(16), buffer.readUInt32BE(20)];
      const scale = 720 / Math.max(width, height);
      expect(await drawn.getAttribute('height')).toBe(String(Math.round(height * scale)));
      const rows = await page.locator('#answer tr').allTextContents();
      const shares = rows.map((row) => Number(/([\d.]+) %$/.exec(row)?.[1]));
      expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(100, 0);
    });
  });

  it('hears the sound that is dropped, at its own rate', async () => {
    // The mean of the left and of the right half of the samples, of which the larger counts.
    const halves = new nn.Sequential(new nn.AvgPool1d(400), new nn.Flatten());
    await write(join(folder, 'sounds'), halves, [1, 1, 800], {
      labels: ['left', 'right'],
      sound: { sampleRate: 8000 },
      answer: { kind: 'classes' },
    });
    const samples = Float32Array.from({ length: 3200 }, (_, i) => (i < 1600 ? 0.9 : -0.9));
    const buffer = Buffer.from(wavBytes({ sound: tensor(samples, [1, 3200]), sampleRate: 32_000 }));
    await visit(join(folder, 'sounds'), async (page) => {
      await page.getByText(/^ready after/).waitFor();
      expect(await page.locator('#record').isVisible()).toBe(true);
      await page.setInputFiles('#file', { name: 'a.wav', mimeType: 'audio/wav', buffer });
      const first = page.locator('#answer tr').first();
      await first.waitFor();
      const [, name, share] = /^(left|right)([\d.]+) %$/.exec((await first.textContent()) ?? '') ?? [];
      // exp(0.9) to exp(−0.9)
      expect([name, Math.round(Number(share))]).toEqual(['left', 86]);
    });
  });

  it('opens a network in one file from the disk, and shows it a camera', async () => {
    const file = join(folder, 'single.html');
    const labels = ['</script>', '<!-- dog'];
    const options = {
      name: '<one> file',
      labels,
      pixels: { mean: [0], std: [255] },
      weights: 'int8',
    } as const;
    await writeFile(file, singlePage(pack(net, { input }), options));
    const page = await browser.newPage();
    page.setDefaultTimeout(patience);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('request', (request) => request.url().startsWith('http') && errors.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    await page.getByText(/^ready after \d+ ms, /).waitFor();
    expect(await page.textContent('h1')).toBe('<one> file');
    await page.click('#camera');
    await page.getByText(/ ms, on one thread$/).waitFor();
    expect(await page.locator('#answer tr').allTextContents()).toHaveLength(5);
    expect(await page.textContent('#camera')).toBe('stop');
    await page.click('#camera');
    await page.getByText(/^camera$/).waitFor();
    expect(errors).toEqual([]);
    await page.close();
  });

  it('runs what Vite made of it', async () => {
    const app = join(folder, 'app');
    await mkdir(app, { recursive: true });
    await writeFile(
      join(app, 'index.html'),
      '<!doctype html><p id="y"></p><script type="module" src="./main.js"></script>',
    );
    const script = `import { inputs, load, run } from '../net/index.js';\n${runSample}
answer().then((it) => { document.getElementById('y').textContent = JSON.stringify(it); });`;
    await writeFile(join(app, 'main.js'), script);
    await bundleByVite({ root: app, configFile: false, logLevel: 'error' });
    await visit(join(app, 'dist'), async (page) => {
      await page.waitForFunction(() => document.getElementById('y')?.textContent);
      judge(JSON.parse((await page.textContent('#y')) as string));
    });
  });
});

it('has types in which shapes are literals', async () => {
  const consumer = `import { inputs, load, outputs, run, type Inputs } from './net/index.js';
export const size: 3072 = inputs[0].size;
export const classes: 10 = outputs[0].shape[1];
export const given: Inputs = { input: new Float32Array(size) };
export const all: Promise<Float32Array> = run(given).then(({ output }) => output);
export const one: Promise<Float32Array> = run(new Float32Array(size));
export const loaded: Promise<{ simd: string }> = load((share) => share.toFixed());
// @ts-expect-error an input of this name is not there
run({ image: new Float32Array(size) });
// @ts-expect-error values are float32
run(new Int32Array(size));
`;
  await writeFile(join(folder, 'consumer.ts'), consumer);
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
  const options = '--noEmit --strict --target es2022 --module nodenext --lib es2023,dom --types';
  const args = [tsc, ...options.split(' '), '', 'consumer.ts'];
  expect(execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })).toBe('');
});

/** Bytes of all files but the weights, by a way of compressing each. */
function sizeOf(module: nn.Module, shape: readonly number[], compress: (text: string) => Uint8Array): number {
  const files = [...esModule(pack(module, { input: shape }), { weights: 'int8' })];
  return files.reduce((sum, { data }) => sum + (typeof data === 'string' ? compress(data).length : 0), 0);
}

it.each(['resnet18', 'resnet50', 'mobilenetV2', 'efficientnetB0'] as const)(
  'takes less than 60 kB for %s, beside the weights',
  (name) => {
    const module = init.skip(() => models[name]());
    const shape = models.inputShapes[name];
    expect(sizeOf(module, shape, (text) => brotliCompressSync(text))).toBeLessThan(60_000);
    expect(sizeOf(module, shape, (text) => gzipSync(text, { level: 9 }))).toBeLessThan(70_000);
  },
);
