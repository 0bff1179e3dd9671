// Samples in a page: by workers where the files of the library lie as they are published, by the page itself from one bundle.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumHint, findChromium } from '../scripts/chromium.js';
import { root } from '../scripts/nodes.js';
import { sources } from '../scripts/sources.js';
import { leftOut } from './leftOut.ts';
import type { Found } from './samplesPage.ts';
import { type Files, launch, visit } from './visitPage.ts';

const executablePath = findChromium();
const page = fileURLToPath(new URL('samplesPage.ts', import.meta.url));

/** What the page's data set is; a worker loads it too. */
const items = `
export const open = ({ length, wrong }) => ({
  length,
  get: (i) => {
    if (i === wrong) throw Object.assign(new Error('damaged'), { name: 'FormatError' });
    return { image: { shape: [2], data: Float32Array.of(i, i / 7) }, label: i };
  },
});
export default (sample, random) => {
  sample.image.data[0] += random.normal();
  return sample;
};`;

async function plain(file: string): Promise<string> {
  return (await transform(readFileSync(file, 'utf8'), { loader: 'ts', target: 'es2022' })).code;
}

/** Every file of the two packages by itself, as TypeScript's output but for its ending, and names by an import map. */
async function loose(): Promise<Files> {
  const files: Record<string, string> = { '/page.ts': await plain(page), '/items.js': items };
  for (const name of ['neocog', 'vision']) {
    const folder = join(root, 'packages', name, 'src');
    const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    for (const path of all.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts')))
      files[`/packages/${name}/src/${path}`] = await plain(join(folder, path));
  }
  const names = Object.entries(sources).map(([name, file]) => [name, `/${file.slice(root.length)}`]);
  const map = JSON.stringify({ imports: { ...Object.fromEntries(names), sharp: 'data:text/javascript,' } });
  const scripts = `<script type="importmap">${map}</script><script type="module" src="/page.ts"></script>`;
  return { ...files, '/': `<!doctype html>${scripts}` };
}

async function bundled(): Promise<Files> {
  const options = { bundle: true, format: 'esm', target: 'es2022', write: false, alias: sources } as const;
  const { outputFiles } = await build({ entryPoints: [page], external: ['sharp'], ...options });
  const script = outputFiles[0]?.text ?? '';
  return {
    '/': '<!doctype html><script type="module" src="/page.js"></script>',
    '/page.js': script,
    '/items.js': items,
  };
}

let browser: Browser;
beforeAll(async () => {
  if (executablePath) browser = await launch(executablePath);
});
afterAll(() => browser?.close());

const onPage = test.skipIf(leftOut(executablePath ? null : `Chromium was not found; ${chromiumHint}`));
const same = { equal: true, batches: 4, broken: [11] };
const folder = { classes: ['cat', 'dog'], shape: [2, 1, 3, 4], labels: [0, 1, 1], names: ['cat/2.png'] };

onPage('workers make the batches of the page', async () => {
  const { found, errors } = await visit<Found>(browser, await loose(), {});
  expect([found, errors]).toEqual([{ workers: 2, note: null, ...same, ...folder }, []]);
});

onPage('in one bundle the page makes them, and says why', async () => {
  const { found } = await visit<Found>(browser, await bundled(), {});
  const note = 'a bundler has put the code of the workers into another file; leave neocog out of the bundle';
  expect(found).toEqual({ workers: 0, note, ...same, ...folder });
});
