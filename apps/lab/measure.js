// `npm run bench:lab`: what a visitor of the built Lab waits for. Bytes before data, time until the first paint and until the
// bench can be used, frames while it moves and while a network learns, and memory over some minutes (`-- --minutes 10`), in Chromium. Prints one line each.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright';
import { chromiumArguments, chromiumHint, findChromium } from '../../scripts/chromium.js';
import { nodeEngines, root } from '../../scripts/nodes.js';

/** @import { AddressInfo } from 'node:net' */
/** @import { CDPSession, Page } from 'playwright' */

const lab = fileURLToPath(new URL('./', import.meta.url));
const dist = join(lab, 'dist');
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '1' } } });
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

/** Every file as it is sent, compressed. @returns {Map<string, Buffer>} */
function compressed() {
  const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return new Map(
    files.map((file) => {
      const path = join(file.parentPath, file.name);
      return [path.slice(dist.length), gzipSync(readFileSync(path), { level: 9 })];
    }),
  );
}

/** @param {Map<string, Buffer>} files */
async function serve(files) {
  const server = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : (request.url ?? '');
    const body = files.get(path);
    const type = types[/** @type {keyof typeof types} */ (extname(path))] ?? 'application/octet-stream';
    response.writeHead(body ? 200 : 404, {
      'Content-Type': type,
      'Content-Encoding': 'gzip',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  return { server, url: `http://127.0.0.1:${/** @type {AddressInfo} */ (server.address()).port}/` };
}

/** Milliseconds until the first paint and until the first view stands. @param {Page} page @param {string} url */
async function timeOpening(page, url) {
  await page.goto(url);
  await page.locator('h1').waitFor();
  return page.evaluate(() => ({
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    usable: performance.now(),
    bytes: performance
      .getEntriesByType('resource')
      .reduce(
        (sum, entry) => sum + /** @type {PerformanceResourceTiming} */ (entry).encodedBodySize,
        /** @type {PerformanceNavigationTiming} */ (performance.getEntriesByType('navigation')[0])
          .encodedBodySize,
      ),
  }));
}

/** Milliseconds from frame to frame for some seconds. @param {Page} page @param {number} seconds */
const timeFrames = (page, seconds) =>
  page.evaluate(
    (all) =>
      new Promise((resolve) => {
        /** @type {number[]} */
        const times = [];
        let last = performance.now();
        const start = last;
        const step = () => {
          const now = performance.now();
          times.push(now - last);
          last = now;
          if (now - start < 1000 * all) requestAnimationFrame(step);
          else resolve(times.sort((a, b) => a - b));
        };
        requestAnimationFrame(step);
      }),
    seconds,
  );

/** @param {Page} page */
async function framesInWords(page) {
  const times = /** @type {number[]} */ (await timeFrames(page, 5));
  const at = (/** @type {number} */ part) =>
    (times[Math.floor(part * (times.length - 1))] ?? Number.NaN).toFixed(1);
  return `${(times.length / 5).toFixed(1)} a second; ${at(0.5)} ms in the middle, ${at(0.99)} ms at the 99th percentile`;
}

/** Megabytes of the page's heap after a collection. @param {CDPSession} session */
async function heap(session) {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 1e6;
}

const executablePath = findChromium();
if (!executablePath) throw new Error(`Chromium was not found; ${chromiumHint}`);
const node = nodeEngines()[0]?.path ?? process.execPath;
execFileSync(node, [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], {
  cwd: lab,
});
const { server, url } = await serve(compressed());
const browser = await chromium.launch({ executablePath, args: chromiumArguments });
try {
  /** @type {Awaited<ReturnType<typeof timeOpening>>[]} */
  const openings = [];
  for (let i = 0; i < 5; i++) {
    const context = await browser.newContext();
    openings.push(await timeOpening(await context.newPage(), url));
    await context.close();
  }
  const middle = (/** @type {'paint' | 'usable'} */ key) =>
    openings
      .map((opening) => opening[key])
      .sort((a, b) => a - b)[2]
      ?.toFixed(0);
  console.log(`bytes before data, gzip: ${((openings[0]?.bytes ?? 0) / 1000).toFixed(1)} kB`);
  console.log(
    `first paint: ${middle('paint')} ms; bench usable: ${middle('usable')} ms (middle of 5 fresh profiles)`,
  );

  const learning = await (await browser.newContext()).newPage();
  await learning.goto(`${url}#/train?passes=100`);
  await learning.getByRole('button', { name: 'Start', exact: true }).click();
  await learning.getByTestId('standing').filter({ hasText: '1 pass' }).waitFor({ timeout: 120_000 });
  console.log(`frames while a network learns: ${await framesInWords(learning)}`);
  await learning.close();

  const page = await (await browser.newContext()).newPage();
  await page.goto(`${url}#/layer?size=12&pad=same&in=3&out=3&x=numbers`);
  await page.locator('h1').waitFor();
  console.log(`frames while the bench moves: ${await framesInWords(page)}`);

  const session = await page.context().newCDPSession(page);
  const minutes = Number(values.minutes);
  const before = await heap(session);
  for (let i = 1; i <= 5; i++) {
    await page.waitForTimeout((minutes * 60_000) / 5);
    console.log(
      `heap after ${((minutes * i) / 5).toFixed(1)} minutes of moving: ${(await heap(session)).toFixed(1)} MB (${before.toFixed(1)} at first)`,
    );
  }
} finally {
  await browser.close();
  server.close();
}
