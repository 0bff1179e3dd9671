// `npm run engines`: the same computations in every engine that is found, told as hashes of their bits. Engines that multiply
// and add alike must agree, and so must one thread and two. Prints a table; the last line counts. With CI=true an engine that
// is missing is a failure. Takes the sources: nothing has to be built before. `-- Bun Deno` runs only these; with
// `--counts=FILE` the counts go there too, with what failed.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { nodeEngines, root } from '../nodes.js';
import { sources } from '../sources.js';
import { browserEngines } from './browsers.js';
import { compare } from './compare.js';
import { terminalEngines } from './terminal.js';

/** @typedef {import('./compare.js').Row} Row */

/**
 * @param {string} outfile
 * @param {string} contents
 */
async function bundle(outfile, contents) {
  const stdin = { contents, resolveDir: join(root, 'test/engines') };
  const external = ['./net/index.js', 'node:*'];
  await build({ stdin, outfile, alias: sources, external, bundle: true, format: 'esm', logLevel: 'error' });
}

/** What engines run: a page, a file for terminals, and a network by itself. @param {string} folder */
async function prepare(folder) {
  const smoke = "import { smoke } from './smoke.ts'; import * as net from './net/index.js';";
  await bundle(join(folder, 'build.mjs'), "import './build.ts';");
  execFileSync(nodeEngines()[0].path, [join(folder, 'build.mjs'), join(folder, 'net')]);
  await bundle(join(folder, 'main.mjs'), `${smoke} console.log(JSON.stringify(await smoke(net)));`);
  await bundle(
    join(folder, 'page.js'),
    `${smoke} const tell = (found) => fetch('/found', { method: 'POST', body: JSON.stringify(found) });
     smoke(net).then(tell, (error) => tell({ error: String(error.stack ?? error) }));`,
  );
  const page = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
  writeFileSync(join(folder, 'index.html'), page);
}

/**
 * @param {import('./terminal.js').Engine | import('./terminal.js').Missing} engine
 * @param {string} folder
 * @returns {Promise<Row>}
 */
async function tryEngine(engine, folder) {
  if ('hint' in engine) return { name: engine.name, version: '', missing: engine.hint };
  const { name, version } = engine;
  const start = performance.now();
  try {
    const report = await engine.run(folder);
    return { name, version, report, seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    return { name, version, failure: error instanceof Error ? error.message : String(error) };
  }
}

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: { counts: { type: 'string' } },
});
/** @param {{ name: string }} engine */
const isWanted = ({ name }) =>
  positionals.length === 0 || positionals.some((word) => name.toLowerCase().startsWith(word.toLowerCase()));

// What ends this ends the browsers too.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
  process.once(signal, () => process.exit(1));

const folder = mkdtempSync(join(tmpdir(), 'neocog-engines-'));
try {
  await prepare(folder);
  /** @type {Row[]} */
  const rows = [];
  // One after the other: each has two threads.
  for (const engine of [...terminalEngines(), ...browserEngines()].filter(isWanted)) {
    const row = await tryEngine(engine, folder);
    console.log(`${row.name} ${row.version}: ${row.report ? 'ran' : (row.failure ?? 'not found')}`);
    rows.push(row);
  }
  const { text, failures, passed, failed, skipped } = compare(rows, process.env.CI === 'true');
  console.log(`\n${text}`);
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  if (options.counts) writeFileSync(options.counts, JSON.stringify({ passed, failed, skipped, failures }));
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
