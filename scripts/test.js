// `npm test`: the layers, then every test in each engine: the pinned Node, the Node that npm runs on, and Chromium; the
// kernels' tests once more with wide SIMD and once in the checked mode; a few computations in every other engine; the Lab, built
// and driven in Chromium; the examples, where their packages are installed, and beside them the fuzzer. Tests of what no engine changes run in the first Node only.
// Arguments are handed on to Vitest (`npm test -- conv`). The last line is the sum over the engines.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { chromiumHint, findChromium } from './chromium.js';
import { nodeEngines, root } from './nodes.js';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

const vitest = join(root, 'node_modules/vitest/vitest.mjs');
/** Random cases are the same in every engine; only the first one tries all of them. */
const partElsewhere = 1 / 3;
const filters = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'neocog-test-'));

/** @param {string} text */
const heading = (text) => console.log(`\n━━ ${text} ${'━'.repeat(Math.max(0, 100 - text.length))}\n`);

/**
 * @param {string} node path of the Node that runs Vitest
 * @param {string} project
 * @param {number} [part] of the random cases
 * @returns {Counts}
 */
function runTests(node, project, part = 1) {
  const report = join(folder, 'report.json');
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = [vitest, 'run', '--project', project, '--passWithNoTests', ...reporters, ...filters];
  const env = { ...process.env, TEST_PART: String(part) };
  const { status } = spawnSync(node, args, { cwd: root, stdio: 'inherit', env });
  const counts = readCounts(report);
  // A file that does not load, or an error outside any test, has no failed test of its own.
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/**
 * @param {string} report path of Vitest's JSON
 * @returns {Counts}
 */
function readCounts(report) {
  try {
    const json = JSON.parse(readFileSync(report, 'utf8'));
    tellSkipped(json);
    keepFailures(json);
    const skipped = json.numPendingTests + json.numTodoTests;
    return { passed: json.numPassedTests, failed: json.numFailedTests, skipped };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

/**
 * @typedef {{ status: string, fullName: string, failureMessages?: string[] }} Assertion
 * @typedef {{ testResults: { name: string, status: string, message: string, assertionResults: Assertion[] }[] }} Report
 */

/** What failed, to be told once more at the end, where all engines' output lies above it. @type {string[]} */
const failures = [];

/** The places of the test runner itself say nothing. @param {string} message */
const withoutRunner = (message) =>
  message
    .split('\n')
    .filter((line) => !line.includes('/node_modules/@vitest/'))
    .filter((line) => !line.includes('at new Promise (<anonymous>)'))
    .join('\n');

/** @param {Report} report */
function keepFailures({ testResults }) {
  for (const { name, status, message, assertionResults } of testResults) {
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    const file = relative(root, name);
    for (const { fullName, failureMessages = [] } of failed)
      failures.push(`${file}: ${fullName}\n${failureMessages.map(withoutRunner).join('\n')}`);
    if (status === 'failed' && failed.length === 0) failures.push(`${file}\n${message}`);
  }
}

/** No test is left out in silence: its title says why. @param {Report} report */
function tellSkipped({ testResults }) {
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  const titles = all
    .filter(({ status }) => !['passed', 'failed'].includes(status))
    .map(({ fullName }) => fullName);
  for (const title of new Set(titles)) console.log(`left out: ${title}`);
}

/** @returns {Counts} the layers count as one test */
function checkLayers() {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/layers.js')], { stdio: 'inherit' });
  return status === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/** @returns {Counts} */
function runChromium() {
  if (findChromium()) return runTests(process.execPath, 'chromium', partElsewhere);
  console.log(`Chromium was not found, so the browser tests did not run: ${chromiumHint}.`);
  return { passed: 0, failed: process.env.CI === 'true' ? 1 : 0, skipped: 0 };
}

/** @returns {Counts} */
function runExamples() {
  startFuzzer();
  if (existsSync(join(root, 'examples/node_modules'))) return runTests(nodeEngines()[0].path, 'examples');
  console.log('The packages of the examples are not installed: npm ci --prefix examples brings them.');
  return { passed: 0, failed: process.env.CI === 'true' ? 1 : 0, skipped: 0 };
}

/** How the fuzzer ended, once it has. @type {Promise<number> | null} */
let fuzzing = null;

/** The same random cases every time, for as long as the examples take, which keep one core busy; not where tests are chosen by name. */
function startFuzzer() {
  if (filters.length > 0) return;
  const log = openSync(join(folder, 'fuzzer.txt'), 'w');
  const args = [join(root, 'scripts/fuzz.js'), '--seconds', '100', '--seed', '1', '--jobs', '1'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', log, log] });
  fuzzing = new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}

/** @returns {Promise<Counts>} as one test */
async function endFuzzer() {
  if (!fuzzing) return { passed: 0, failed: 0, skipped: 0 };
  const code = await fuzzing;
  process.stdout.write(readFileSync(join(folder, 'fuzzer.txt')));
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/** @returns {Counts} an engine counts as one test */
function runEngines() {
  if (filters.length > 0) return { passed: 0, failed: 0, skipped: 0 };
  const counts = join(folder, 'engines.json');
  spawnSync(process.execPath, [join(root, 'scripts/engines/run.js'), `--counts=${counts}`], {
    stdio: 'inherit',
  });
  if (!existsSync(counts)) return { passed: 0, failed: 1, skipped: 0 };
  const found = JSON.parse(readFileSync(counts, 'utf8'));
  failures.push(...found.failures);
  return found;
}

/** @param {Counts} counts */
const inWords = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** @type {[name: string, run: () => Counts | Promise<Counts>][]} */
const stages = [
  ['layers', checkLayers],
  ...nodeEngines().map(
    ({ name, path }, i) =>
      /** @type {[string, () => Counts]} */ ([
        name,
        () => runTests(path, 'node', i === 0 ? 1 : partElsewhere),
      ]),
  ),
  ...nodeEngines()
    .filter(({ version }) => Number.parseInt(version, 10) >= 24)
    .map(
      ({ name, path }) =>
        /** @type {[string, () => Counts]} */ ([
          `${name}, wide SIMD`,
          () => runTests(path, 'wide', partElsewhere),
        ]),
    ),
  ...nodeEngines()
    .slice(0, 1)
    .map(
      ({ name, path }) =>
        /** @type {[string, () => Counts]} */ ([
          `${name}, checked`,
          () => runTests(path, 'checked', partElsewhere),
        ]),
    ),
  ['Chromium', runChromium],
  ['engines', runEngines],
  ['the Lab', () => runTests(nodeEngines()[0].path, 'lab')],
  ['examples', runExamples],
  ['fuzzer', endFuzzer],
];

const total = { passed: 0, failed: 0, skipped: 0 };
/** @type {string[]} */
const lines = [];
try {
  for (const [name, run] of stages) {
    heading(name);
    const start = performance.now();
    const counts = await run();
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    lines.push(`${name.padEnd(24)} ${inWords(counts)} (${seconds} s)`);
    for (const key of /** @type {const} */ (['passed', 'failed', 'skipped'])) total[key] += counts[key];
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failures.length > 0) {
  heading('failed');
  console.log(failures.join('\n\n'));
}
heading('all engines');
console.log(lines.join('\n'));
console.log(`\n${inWords(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;
