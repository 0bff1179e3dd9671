// `npm run mutate`: changes the library's code in small ways, one at a time in a copy of the tree, and runs the tests that
// should notice. What no test notices is printed: a test is missing, or the code is not needed, or the change is none
// (then scripts/mutate/equivalent.json says why).
//
//   npm run mutate -- --files 'packages/neocog/src/geometry/**' --limit 100 --seconds 1200 --seed 2 --workers 2

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { apply, describe, mutantsOf } from './mutate/mutants.js';
import { readOptions, usage } from './mutate/options.js';
import { Runner } from './mutate/runner.js';
import { filesOf, makeSandbox } from './mutate/sandbox.js';
import { testsOf } from './mutate/tests.js';
import { root } from './nodes.js';

/** @typedef {import('./mutate/mutants.js').Mutant} Mutant */
/** @typedef {import('./mutate/options.js').Options} Options */
/** @typedef {{ mutant: Mutant, before: string, after: string, outcome: string, by: string, seconds: number }} Judged */

/** Mulberry32. @param {number} seed */
function randomFrom(seed) {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @template T @param {T[]} list @param {() => number} random */
function shuffle(list, random) {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list;
}

/** Known not to change what the code means. @type {{ file: string, before: string, after: string, why: string }[]} */
const equivalent = JSON.parse(readFileSync(join(root, 'scripts/mutate/equivalent.json'), 'utf8'));

/** @param {string} file @param {{ before: string, after: string }} change */
const isKnown = (file, { before, after }) =>
  equivalent.some((e) => e.file === file && e.before === before.trim() && e.after === after.trim());

/** @param {string[]} all @param {Options} options @returns {Mutant[]} those to try, in their order */
function chooseMutants(all, { files, lines: [from, to], seed, limit }) {
  const sources = all.filter(
    (file) =>
      /\.ts$/.test(file) && !/\.(test|d)\.ts$/.test(file) && files.some((glob) => matchesGlob(file, glob)),
  );
  const mutants = sources.flatMap((file) => mutantsOf(file, readFileSync(join(root, file), 'utf8')));
  const wanted = mutants.filter(({ line }) => line >= from && line <= to);
  return shuffle(wanted, randomFrom(seed)).slice(0, limit);
}

/** Longest first would be fairest; the tests that have killed most stand first, so that most mutants end soon. */
class Order {
  /** @type {Map<string, number>} */
  #kills = new Map();

  /** @param {string} by */
  count(by) {
    const test = by.split(': ')[0];
    this.#kills.set(test, (this.#kills.get(test) ?? 0) + 1);
  }

  /** @param {string[]} tests the nearest first @returns {string[][]} stages */
  stagesOf(tests) {
    const near = tests.slice(0, 4);
    const wider = tests.slice(4).sort((a, b) => (this.#kills.get(b) ?? 0) - (this.#kills.get(a) ?? 0));
    return [near, wider.slice(0, 4), wider.slice(4)].filter((stage) => stage.length > 0);
  }
}

class Session {
  /** @type {Judged[]} */
  judged = [];
  /** Seconds of each test without a change; null for one that fails even so. @type {Map<string, number | null>} */
  #usual = new Map();
  #order = new Order();
  #tests;

  /** @param {string[]} files */
  constructor(files) {
    this.#tests = files.filter((file) => file.endsWith('.test.ts'));
  }

  /** @param {Runner} runner @param {string} sandbox @param {Mutant} mutant */
  async judge(runner, sandbox, mutant) {
    const source = readFileSync(join(sandbox, mutant.file), 'utf8');
    const change = describe(source, mutant);
    const start = performance.now();
    const known = isKnown(mutant.file, change);
    const by = known ? '' : await this.#tryOut(runner, sandbox, mutant, source);
    const outcome = known ? 'equivalent' : by === '' ? 'survived' : 'killed';
    if (outcome === 'killed') this.#order.count(by);
    this.judged.push({ mutant, ...change, outcome, by, seconds: (performance.now() - start) / 1000 });
    this.#print(this.judged[this.judged.length - 1]);
  }

  /** @param {Runner} runner @param {string} sandbox @param {Mutant} mutant @param {string} source */
  async #tryOut(runner, sandbox, mutant, source) {
    const path = join(sandbox, mutant.file);
    for (const all of this.#order.stagesOf(testsOf(mutant.file, this.#tests))) {
      for (const test of all) await this.#time(runner, mutant.file, test);
      const stage = all.filter((test) => this.#usual.get(test) !== null);
      const seconds = stage.reduce((sum, test) => sum + (this.#usual.get(test) ?? 0), 0);
      writeFileSync(path, apply(source, mutant));
      const failed = await runner.run(stage, mutant.file, 20 + 5 * seconds);
      writeFileSync(path, source);
      if (failed !== '') return failed;
    }
    return '';
  }

  /** How long a test takes without a change; one that fails even so is left out from then on. @param {Runner} runner @param {string} file @param {string} test */
  async #time(runner, file, test) {
    if (this.#usual.has(test)) return;
    const start = performance.now();
    let failed = await runner.run([test], file, 1200);
    // Once more in a new process, which nothing has been in before.
    if (failed !== '') {
      runner.dispose();
      failed = await runner.run([test], file, 1200);
    }
    this.#usual.set(test, failed === '' ? (performance.now() - start) / 1000 : null);
    if (failed !== '') console.log(`      ${test} is left out, it fails without any change: ${failed}`);
  }

  /** @param {Judged} judged */
  #print({ mutant: { file, line, kind }, before, after, outcome, by, seconds }) {
    const count = `${this.judged.length}`.padStart(5);
    console.log(`${count} ${outcome} ${file}:${line} ${kind} (${seconds.toFixed(1)} s)${by && `  ${by}`}`);
    if (outcome === 'survived') console.log(`        - ${before.trim()}\n        + ${after.trim()}`);
  }
}

/** @param {Options} options */
async function main(options) {
  const files = filesOf(root).filter((file) => existsSync(join(root, file)));
  const queue = chooseMutants(files, options);
  if (options.list) {
    for (const { file, line, kind } of queue) console.log(`${file}:${line} ${kind}`);
    return console.log(`${queue.length} mutants`);
  }
  const session = new Session(files);
  const end = performance.now() + 1000 * options.seconds;
  // What a signal ends still tells what was found, and clears up.
  let stopped = false;
  const stop = () => {
    stopped = true;
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
  const work = async () => {
    const sandbox = makeSandbox(root, files);
    const runner = new Runner(sandbox);
    try {
      for (let next = queue.shift(); next && !stopped && performance.now() < end; next = queue.shift())
        await session.judge(runner, sandbox, next);
    } finally {
      runner.dispose();
      rmSync(sandbox, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: options.workers }, work));
  finish(session.judged, options.report);
}

/** @param {Judged[]} judged @param {string} report */
function finish(judged, report) {
  const count = (/** @type {string} */ wanted) => judged.filter(({ outcome }) => outcome === wanted).length;
  const survivors = judged.filter(({ outcome }) => outcome === 'survived');
  console.log('');
  for (const { mutant, before, after } of survivors)
    console.log(`${mutant.file}:${mutant.line} ${mutant.kind}\n- ${before.trim()}\n+ ${after.trim()}\n`);
  writeFileSync(report, `${JSON.stringify(judged, null, 2)}\n`);
  console.log(
    `${judged.length} mutants: ${count('killed')} killed, ${count('survived')} survived, ${count('equivalent')} known as equivalent; all in ${report}`,
  );
  process.exitCode = survivors.length > 0 ? 1 : 0;
}

/** @returns {Options | 'help' | null} null after saying what is wrong */
function optionsOrReason() {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`mutate: ${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exitCode = 2;
    return null;
  }
}

const options = optionsOrReason();
if (options === 'help') console.log(usage);
else if (options) await main(options);
