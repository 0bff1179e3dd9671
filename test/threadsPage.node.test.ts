// Threads in a page, from one bundled file and as Vite builds it, under content security policies and without isolation.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser } from 'playwright';
import { build as buildByVite, type Rolldown } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumHint, findChromium } from '../scripts/chromium.js';
import { leftOut } from './leftOut.ts';
import type { PolicyFound } from './policyPage.ts';
import type { Found } from './threadsPage.ts';
import { type Files, isolated, launch, scriptPage, visit as visitPage } from './visitPage.ts';
import type { WorkerFound } from './workerPage.ts';

const executablePath = findChromium();
const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

let bundle = '';
let browser: Browser;

async function bundled(name: string): Promise<string> {
  const options = { bundle: true, format: 'esm', target: 'es2022', minify: true, write: false } as const;
  return (await build({ entryPoints: [pathOf(name)], ...options })).outputFiles[0]?.text ?? '';
}

/** The page as Vite builds it unless it is told otherwise, with its polyfill. */
async function builtByVite(page = 'threadsPage.ts'): Promise<Files> {
  const root = mkdtempSync(join(tmpdir(), 'neocog-vite-'));
  try {
    const script = `import ${JSON.stringify(pathOf(page))};`;
    writeFileSync(join(root, 'index.html'), '<!doctype html><script type="module" src="/main.js"></script>');
    writeFileSync(join(root, 'main.js'), script);
    const built = await buildByVite({ root, configFile: false, logLevel: 'error', build: { write: false } });
    const { output } = built as Rolldown.RolldownOutput;
    const files = output.map((file) => [
      file.fileName === 'index.html' ? '/' : `/${file.fileName}`,
      file.type === 'chunk' ? file.code : String(file.source),
    ]);
    return Object.fromEntries(files);
  } finally {
    rmSync(root, { recursive: true });
  }
}

beforeAll(async () => {
  bundle = await bundled('threadsPage.ts');
  if (executablePath) browser = await launch(executablePath);
});
afterAll(() => browser?.close());

const visit = (headers: Record<string, string>, files: Files = scriptPage(bundle)) =>
  visitPage<Found>(browser, files, headers);

const failed = /thread 1 stopped: .*memory access out of bounds/;
const works = { threads: 2, note: null, right: 20, failure: expect.stringMatching(failed) };

const onPage = test.skipIf(leftOut(executablePath ? null : `Chromium was not found; ${chromiumHint}`));

onPage('an isolated page: workers from text', async () => {
  const { found, evaluated, fetched, errors } = await visit(isolated);
  expect(found).toEqual(works);
  expect([evaluated, errors]).toEqual([1, []]);
  expect(fetched.filter((path) => path === '/page.js')).toHaveLength(1);
});

onPage('a policy that forbids them: workers from the bundled file itself', async () => {
  const { found, evaluated, fetched, errors } = await visit({
    ...isolated,
    'Content-Security-Policy': policy,
  });
  expect(found).toEqual(works);
  // Workers stop where the library begins.
  expect([evaluated, errors]).toEqual([1, []]);
  expect(fetched.filter((path) => path === '/page.js').length).toBeGreaterThan(1);
});

onPage("the same policy in Vite's default build: workers from the file of the thread's code", async () => {
  const files = await builtByVite();
  expect(Object.values(files).some((text) => text.includes('modulepreload'))).toBe(true);
  const headers = { ...isolated, 'Content-Security-Policy': policy };
  const { found, evaluated, errors } = await visit(headers, files);
  expect(found).toEqual(works);
  expect([evaluated, errors]).toEqual([1, []]);
});

onPage('a policy that forbids all workers: one thread', async () => {
  const { found } = await visit({ ...isolated, 'Content-Security-Policy': `${policy}; worker-src 'none'` });
  expect(found).toMatchObject({ threads: 1, right: 20, failure: null });
  expect(found.note).toContain('one thread: no worker could be started');
});

onPage('a page that is not isolated: one thread', async () => {
  const { found } = await visit({});
  expect(found).toMatchObject({ threads: 1, right: 20, failure: null });
  expect(found.note).toContain('Cross-Origin-Opener-Policy: same-origin');
});

const apart = { note: null, same: true, smooth: true };

onPage('a program apart from a page that is not isolated: a worker from text', async () => {
  const { found, errors } = await visitPage<WorkerFound>(
    browser,
    scriptPage(await bundled('workerPage.ts')),
    {},
  );
  expect([found, errors]).toEqual([apart, []]);
});

onPage('the same under a policy that forbids text: the bundled file itself, or that of Vite', async () => {
  const headers = { 'Content-Security-Policy': policy };
  for (const files of [scriptPage(await bundled('workerPage.ts')), await builtByVite('workerPage.ts')]) {
    const { found, evaluated, errors } = await visitPage<WorkerFound>(browser, files, headers);
    expect([found, evaluated, errors]).toEqual([apart, 1, []]);
  }
});

onPage('the same under a policy that forbids all workers: the calling thread, and a note', async () => {
  const page = scriptPage(await bundled('workerPage.ts'));
  const headers = { 'Content-Security-Policy': `${policy}; worker-src 'none'` };
  const { found } = await visitPage<WorkerFound>(browser, page, headers);
  expect([found.same, found.smooth]).toEqual([true, false]);
  expect(found.note).toMatch(/^one thread, the calling one: no worker could be started/);
});

onPage('an isolated page of an engine without shared memory: the note asks for no headers', async () => {
  const { found } = await visit(isolated, scriptPage(`delete globalThis.SharedArrayBuffer; ${bundle}`));
  expect(found).toMatchObject({ threads: 1, right: 20, failure: null });
  expect(found.note).toBe('one thread: threads need shared memory, and this engine has no SharedArrayBuffer');
});

onPage(
  'a policy that forbids WebAssembly: a DeviceError with the remedy, and the reference backend',
  async () => {
    const page = scriptPage(await bundled('policyPage.ts'));
    const headers = { 'Content-Security-Policy': "default-src 'self'; script-src 'self'" };
    const { found, errors } = await visitPage<PolicyFound>(browser, page, headers);
    const remedy =
      /^DeviceError: wasm: .* add 'wasm-unsafe-eval' to script-src .*, or use configure\(\{ backend: 'reference' \}\)/;
    expect(found.thrown).toEqual(Array.from({ length: 5 }, () => [true, expect.stringMatching(remedy)]));
    expect([found.simd, found.values, errors]).toEqual(['none', [4, 4], []]);
  },
);
