// neocog beside other engines in a page, in Chromium: `node bench/run.js browser`. Of each network: milliseconds from opening the page to
// the first result, cold (a new profile) and warm (the profile's second visits), milliseconds of a run, bytes over the wire, memory.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { chromiumArguments, chromiumHint, findChromium } from '../../scripts/chromium.js';
import { cases } from '../cases.js';
import { relativeDifference } from '../jobs.js';
import { median } from '../measure.js';
import { bundle, wasmFolders } from './bundle.js';
import { writeFiles } from './files.js';
import { serve } from './server.js';

/** @import { Browser, Page } from 'playwright' */

/**
 * Engines in pages of the same name, or in another one that is asked for something: `quantised` for the network's whole numbers, `cache` to
 * keep the program, `name` to keep it by a name. `threads`: false where they have one.
 *
 * @type {Record<string, { title: string, threads?: false, page?: string, asks?: 'quantised' | 'cache' | 'name' }>}
 */
export const pages = {
  neocog: { title: 'neocog' },
  kept: { title: 'neocog, kept', page: 'neocog', asks: 'cache' },
  named: { title: 'neocog, kept by name', page: 'neocog', asks: 'name' },
  built: { title: 'neocog build', threads: false },
  litert: { title: 'LiteRT.js' },
  ort: { title: 'onnxruntime-web' },
  tensorflow: { title: 'TensorFlow.js WASM', threads: false },
  'built-int8': { title: 'neocog build, int8', threads: false, page: 'built', asks: 'quantised' },
  'litert-int8': { title: 'LiteRT.js, int8', page: 'litert', asks: 'quantised' },
};

/** How far from the floats' result the largest error may be, by its largest value: for floats, and for whole numbers, each engine's own. */
const tolerances = { floats: 1e-3, whole: 0.25 };

/** The networks of the cases by their names in the library. @type {Record<string, string>} */
const networks = {
  MobileNetV2: 'mobilenetV2',
  'ResNet-18': 'resnet18',
  'ResNet-50': 'resnet50',
  'SqueezeNet 1.1': 'squeezenet',
  'EfficientNet-B0': 'efficientnetB0',
};

const say = (/** @type {string} */ text) => process.stderr.write(`${text}\n`);

/**
 * @typedef {object} Row
 * @property {string} case
 * @property {string} engine
 * @property {number} threads
 * @property {boolean} isolated
 * @property {string | null} fails
 * @property {number} difference
 * @property {number[]} cold milliseconds to the first result
 * @property {number[]} warm
 * @property {number[]} samples milliseconds of a run
 * @property {number} sent bytes
 * @property {number | null} memory bytes
 */

/** Opens an engine's page and waits for its first result. @param {Page} page @param {string} address */
async function open(page, address) {
  const broken = new Promise((resolve) =>
    page.once('pageerror', (error) => resolve({ error: String(error) })),
  );
  await page.goto(address);
  const told = page
    .waitForFunction(() => 'bench' in globalThis, undefined, { timeout: 120_000 })
    .then(() =>
      page.evaluate(() => {
        const { y, first, error } = /** @type {any} */ (globalThis).bench;
        return { y, first, error };
      }),
    );
  return Promise.race([told, broken]);
}

/** Only isolated pages may know, and threads that wait for work do not answer. @param {Page} page @returns {Promise<number | null>} */
const memoryOf = (page) =>
  page.evaluate(async () => {
    if (!globalThis.crossOriginIsolated) return null;
    const { bytes } = await /** @type {any} */ (performance).measureUserAgentSpecificMemory();
    return bytes;
  });

/**
 * A round of one engine: its page in a new profile, three more visits, and runs.
 *
 * @param {Browser} browser @param {{ address: string, count: { sent: number }, output: Float32Array, row: Row }} asked
 * @param {boolean} counts whether it is measured, or only looked at
 */
async function round(browser, { address, count, output, row }, counts) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const before = count.sent;
    const { y, first, error } = await open(page, address);
    row.sent = count.sent - before;
    row.difference = error ? Number.NaN : relativeDifference(y, output);
    const tolerance = pages[row.engine].asks === 'quantised' ? tolerances.whole : tolerances.floats;
    row.fails =
      error ?? (row.difference < tolerance ? null : `wrong: differs by ${row.difference.toExponential(1)}`);
    if (row.fails || !counts) return;
    row.cold.push(first);
    // Engines keep code from the second visit on.
    await open(page, address);
    for (let visit = 0; visit < 2; visit++) row.warm.push((await open(page, address)).first);
    const times = (/** @type {number} */ wanted) =>
      page.evaluate((ms) => /** @type {any} */ (globalThis).bench.times(ms), wanted);
    await times(500);
    row.samples.push(...(await times(500)));
    if (row.threads === 1) row.memory = (await memoryOf(page)) ?? row.memory;
  } finally {
    await context.close();
  }
}

/** @param {number} bytes */
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

/** @param {Row} row */
function line(row) {
  const { engine, fails, cold, warm, samples, sent, memory } = row;
  if (fails) return `  ${pages[engine].title}: ${fails}`;
  const ms = (/** @type {number[]} */ list) => median(list).toFixed(1);
  return `  ${pages[engine].title}: first result ${ms(cold)} ms cold, ${ms(warm)} warm; a run ${ms(samples)} ms; ${megabytes(sent)} MB sent${memory === null ? '' : `; ${megabytes(memory)} MB of memory`}`;
}

/**
 * @typedef {object} Wanted
 * @property {string[]} only texts, one of which is in a case's name
 * @property {string[]} engines
 * @property {number[]} threads
 * @property {boolean} quick
 */

/** The settings of a page: isolated ones with every number of threads, others with one. @param {number[]} threads */
const settingsOf = (threads) => [
  ...threads.map((n) => ({ isolated: true, threads: n })),
  { isolated: false, threads: 1 },
];

/** A network in every engine, in every setting. @param {Browser} browser @param {{ each: import('../cases.js').Case, site: string, files: string }} place @param {Wanted} wanted */
async function measureNetwork(browser, { each, site, files }, { engines, threads, quick }) {
  rmSync(files, { recursive: true, force: true });
  const output = writeFiles(each, files);
  /** @type {Row[]} */
  const rows = [];
  for (const { isolated, threads: n } of settingsOf(threads)) {
    say(`${each.name}, ${n} thread${n === 1 ? '' : 's'}, ${isolated ? 'isolated' : 'not isolated'}`);
    const folders = { '/pages/': [site], '/files/': [files], '/wasm/': wasmFolders };
    const { url, count, close } = await serve(folders, isolated);
    const able = engines.filter((name) => n === 1 || pages[name].threads !== false);
    const here = able.map((engine) => emptyRow({ case: each.name, engine, threads: n, isolated }));
    // The first round is not measured: the server compresses what it sends.
    for (let i = -1; i < (quick ? 1 : 5); i++) {
      for (const row of here.filter(({ fails }) => !fails)) {
        const query = `network=${networks[each.name]}&threads=${n}&input=${JSON.stringify(each.input)}`;
        const { page = row.engine, asks } = pages[row.engine];
        const address = `${url}/pages/${page}/index.html?${query}${asks ? `&${asks}` : ''}`;
        await round(browser, { address, count, output, row }, i >= 0);
      }
    }
    for (const row of here) say(line(row));
    rows.push(...here);
    close();
  }
  return rows;
}

/** @param {Pick<Row, 'case' | 'engine' | 'threads' | 'isolated'>} about @returns {Row} */
const emptyRow = (about) => ({
  ...about,
  ...{
    version: '',
    fails: null,
    difference: Number.NaN,
    cold: [],
    warm: [],
    samples: [],
    sent: 0,
    memory: null,
  },
});

/** @param {Wanted} wanted @returns {Promise<Row[]>} */
export async function measureBrowser(wanted) {
  const executablePath = findChromium();
  if (!executablePath) throw new Error(`Chromium was not found: ${chromiumHint}`);
  const folder = mkdtempSync(join(tmpdir(), 'neocog-bench-'));
  const args = [...chromiumArguments, '--enable-blink-features=ForceEagerMeasureMemory'];
  const browser = await chromium.launch({ executablePath, args });
  try {
    const names = new Set(wanted.engines.map((engine) => pages[engine].page ?? engine));
    const site = await bundle([...names], folder);
    const chosen = cases.networks.filter(
      ({ name }) => networks[name] && wanted.only.some((text) => name.includes(text)),
    );
    const rows = [];
    for (const each of chosen)
      rows.push(...(await measureNetwork(browser, { each, site, files: join(folder, 'files') }, wanted)));
    return rows;
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A table for each setting. @param {Row[]} rows */
export function printBrowserTable(rows) {
  const setting = (/** @type {Row} */ { threads, isolated }) =>
    `${threads} thread${threads === 1 ? '' : 's'}, ${isolated ? 'isolated' : 'not isolated'}`;
  for (const each of new Set(rows.map(setting))) {
    console.log(`\n${each}: median ms\n`);
    console.log('| network | engine | first result, cold | warm | a run | MB sent | MB of memory |');
    console.log('| --- | --- | --- | --- | --- | --- | --- |');
    for (const row of rows.filter((row) => setting(row) === each)) console.log(tableLine(row));
  }
}

/** @param {Row} row */
function tableLine({ case: name, engine, fails, cold, warm, samples, sent, memory }) {
  const head = `| ${name} | ${pages[engine].title} |`;
  if (fails) return `${head} ${fails.startsWith('wrong') ? 'wrong' : '–'} | | | | |`;
  const [a, b, c] = [cold, warm, samples].map((list) => median(list));
  return `${head} ${a.toFixed(0)} | ${b.toFixed(0)} | ${c.toFixed(2)} | ${megabytes(sent)} | ${memory === null ? '' : megabytes(memory)} |`;
}

/** What is written of a row. @param {Row} row @param {string} date */
export function summariseBrowser({ cold, warm, samples, ...row }, date) {
  const [firstCold, firstWarm, ms] = [cold, warm, samples].map((list) =>
    list.length > 0 ? median(list) : null,
  );
  return { ...row, firstCold, firstWarm, ms, count: samples.length, date };
}
