// neocog beside other engines, measured in turns: `node bench/run.js layers|networks|training|pretrained|browser`.
//   --only text      cases whose name contains it, also given several times
//   --engines a,b    which engines (default: all that fit)
//   --threads 1,2    default 1,2
//   --quick          fewer and shorter turns
// An engine that gives a wrong result is reported and not timed. Needs Node 24 and `npm ci` in this folder.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cases } from './cases.js';
import { prepareJob } from './jobs.js';
import { median } from './measure.js';
import { preparePretrained, pretrained } from './pretrained.js';
import { engines, startEngine } from './processes.js';
import { machine, printTable, writeResults } from './report.js';

/** @typedef {import('./processes.js').EngineProcess} EngineProcess */
/** @typedef {import('./jobs.js').Job} Job */
/** @typedef {import('./report.js').Row} Row */

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true, default: [''] },
    engines: { type: 'string' },
    threads: { type: 'string', default: '1,2' },
    quick: { type: 'boolean', default: false },
  },
});

/** Rounds, milliseconds of one engine's turn, and of the pause after it, in which its idle threads come to rest. */
const pace = options.quick ? { rounds: 3, turn: 60, pause: 30 } : { rounds: 9, turn: 200, pause: 50 };

/** Calls slower than this are timed in the first round only. */
const slowMs = 5000;

const say = (/** @type {string} */ text) => process.stderr.write(`${text}\n`);
const rest = () => new Promise((resolve) => setTimeout(resolve, pace.pause));

/** @param {string} kind @param {number} threads */
async function startAll(kind, threads) {
  const wanted =
    options.engines?.split(',') ?? Object.keys(engines).filter((name) => !engines[name].optional);
  const fitting = wanted.filter((name) => engines[name].kinds.includes(kind));
  const able = fitting.filter((name) => threads === 1 || engines[name].threads !== false);
  const started = await Promise.all(able.map((name) => startEngine(name, threads)));
  able.forEach((name, i) => started[i] || say(`${name}: not there`));
  return started.filter((engine) => engine !== null);
}

/**
 * Loads a case in every engine, one at a time, and sorts out those that fail or are wrong.
 *
 * @param {EngineProcess[]} running
 * @param {Job} job
 * @returns {Promise<{ rows: Row[], right: EngineProcess[] }>}
 */
async function loadAll(running, job) {
  /** @type {Row[]} */
  const rows = [];
  const right = [];
  for (const engine of running) {
    const reply = await engine.ask({ load: job.request });
    const difference = reply.error ? Number.NaN : job.difference(engine.name, reply.losses);
    const fails =
      reply.error ?? (difference < 1e-3 ? null : `wrong: differs by ${difference.toExponential(1)}`);
    if (fails) say(`  ${engine.name}: ${fails}`);
    else right.push(engine);
    rows.push({
      case: job.name,
      engine: engine.name,
      version: engine.version,
      difference,
      fails,
      samples: [],
    });
  }
  return { rows, right };
}

/** @param {EngineProcess[]} running @param {Job} job @returns {Promise<Row[]>} */
async function timeCase(running, job) {
  const { rows, right } = await loadAll(running, job);
  let turns = right;
  for (let round = 0; round < pace.rounds; round++) {
    for (const engine of turns) {
      await rest();
      const { samples = [], error } = await engine.ask({ time: pace.turn });
      if (error) say(`  ${engine.name}: ${error}`);
      rows.find((row) => row.engine === engine.name)?.samples.push(...samples);
      if (error || samples[0] > slowMs) turns = turns.filter((each) => each !== engine);
    }
  }
  for (const row of rows.filter(({ samples }) => samples.length > 0)) {
    say(`  ${row.engine}: ${median(row.samples).toFixed(2)} ms`);
  }
  return rows;
}

/**
 * Kinds of jobs: their cases, and what makes a job of one.
 *
 * @type {Record<string, { name: string, prepare: () => Job | Promise<Job> }[]>}
 */
const kinds = {
  ...Object.fromEntries(
    Object.entries(cases).map(([kind, list]) => [
      kind,
      list.map((each) => ({ name: each.name, prepare: () => prepareJob(each, /** @type {any} */ (kind)) })),
    ]),
  ),
  pretrained: pretrained.map((each) => ({ name: each.name, prepare: () => preparePretrained(each) })),
};

/** @param {string} kind */
async function measure(kind) {
  const chosen = kinds[kind].filter(({ name }) => options.only.some((text) => name.includes(text)));
  /** @type {Row[]} */
  const rows = [];
  for (const threads of options.threads.split(',').map(Number)) {
    const running = await startAll(kind, threads);
    for (const each of chosen) {
      say(`${each.name}, ${threads} thread${threads === 1 ? '' : 's'}`);
      const job = await each.prepare();
      const measured = await timeCase(running, job);
      rows.push(...measured.map((row) => ({ ...row, threads, multiplyAdds: job.multiplyAdds })));
      job.remove();
    }
    running.forEach((engine) => engine.close());
  }
  return rows;
}

const kind = positionals[0];
if (kind === 'browser') {
  const script = fileURLToPath(new URL('./browser/index.js', import.meta.url));
  const { status } = spawnSync(process.execPath, [script, ...process.argv.slice(3)], { stdio: 'inherit' });
  process.exit(status ?? 1);
}
if (!Object.hasOwn(kinds, kind)) {
  say(
    'usage: node bench/run.js layers|networks|training|pretrained|browser [--only text] [--engines a,b] [--threads 1,2] [--quick]',
  );
  process.exit(1);
}
const rows = await measure(kind);
if (rows.length === 0) {
  say(`nothing to measure; the cases are\n  ${kinds[kind].map(({ name }) => name).join('\n  ')}`);
  process.exit(1);
}
printTable(rows);
const order = kinds[kind].map(({ name }) => name);
const file = writeResults(kind, machine(), rows, order);
const chart = fileURLToPath(new URL('./chart/chart.js', import.meta.url));
const { status } = spawnSync(process.execPath, [chart, file], { stdio: 'inherit' });
process.exit(status ?? 1);
