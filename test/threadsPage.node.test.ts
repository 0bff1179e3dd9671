// Threads in a page, from one bundled file, under content security policies and without isolation.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findChromium } from '../scripts/chromium.js';
import type { Found } from './threadsPage.ts';

const executablePath = findChromium();
const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";

let bundle = '';
let browser: Browser;

beforeAll(async () => {
  const entryPoints = [fileURLToPath(new URL('threadsPage.ts', import.meta.url))];
  const options = { bundle: true, format: 'esm', target: 'es2022', minify: true, write: false } as const;
  bundle = (await build({ entryPoints, ...options })).outputFiles[0]?.text ?? '';
  if (executablePath)
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
});
afterAll(() => browser?.close());

interface Visit {
  readonly found: Found;
  /** How often the file ran to its end. */
  readonly evaluated: number;
  /** How often the file was asked for. */
  readonly fetched: number;
  readonly errors: readonly string[];
}

/** Opens a page with these headers, until it has found out what it can. */
async function visit(headers: Record<string, string>): Promise<Visit> {
  let [evaluated, fetched] = [0, 0];
  let tell: (found: Found) => void;
  const found = new Promise<Found>((resolve) => {
    tell = resolve;
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const script = request.url === '/page.js';
    if (script) fetched++;
    if (request.url === '/evaluated') evaluated++;
    if (request.url === '/found') tell(JSON.parse(await textOf(request)));
    response.writeHead(200, { ...headers, 'Content-Type': script ? 'text/javascript' : 'text/html' });
    response.end(script ? bundle : '<!doctype html><script type="module" src="/page.js"></script>');
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const result = await found;
    await page.close();
    return { found: result, evaluated, fetched, errors };
  } finally {
    stop(server);
  }
}

function stop(server: Server): void {
  server.closeAllConnections();
  server.close();
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

const failed = /thread 1 stopped: .*memory access out of bounds/;

// Without Chromium there is nothing to try.
const onPage = test.skipIf(!executablePath);

onPage('an isolated page: workers from text', async () => {
  const { found, ...rest } = await visit(isolated);
  expect(found).toEqual({ threads: 2, note: null, right: 20, failure: expect.stringMatching(failed) });
  expect(rest).toEqual({ evaluated: 1, fetched: 1, errors: [] });
});

onPage('a policy that forbids them: workers from the bundled file itself', async () => {
  const { found, ...rest } = await visit({ ...isolated, 'Content-Security-Policy': policy });
  expect(found).toEqual({ threads: 2, note: null, right: 20, failure: expect.stringMatching(failed) });
  // Workers stop where the library begins.
  expect(rest.evaluated).toBe(1);
  expect(rest.fetched).toBeGreaterThan(1);
  expect(rest.errors).toEqual([]);
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
