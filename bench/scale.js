// Steps of ResNet-18 by 1, 2 and 4 ranks on this machine: `npm run bench:scale`. Ranks exchange gradients through memory, and, for root, over
// links of 10 and 1 Gbit/s between network namespaces. The model of scale/model.js is fitted to runs of one and two ranks, and then says how
// long the others take, before they are looked at. Writes results/scale.json and .svg.
//
//   --rounds N      of each run (7)      --passes N   runs of each setup, of which the middle one counts (3)
//   --networks a,b  of memory, 10, 1     --batch N    samples of a rank in weak scaling (32)
//   --side N        of the pictures (32) --from FILE  a scale.json, whose measurements are told again

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeHosts } from './scale/hosts.js';
import { fitMachine, predictStep, ranksThatPay, throughput } from './scale/model.js';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    passes: { type: 'string', default: '3' },
    side: { type: 'string', default: '32' },
    networks: { type: 'string', default: 'memory,10,1' },
    batch: { type: 'string', default: '32' },
    from: { type: 'string' },
  },
});
const kept = options.from ? JSON.parse(readFileSync(options.from, 'utf8')) : null;
const [rounds, passes] = [options.rounds, options.passes].map(Number);
const [side, batch] = kept ? [kept.side, kept.batch] : [options.side, options.batch].map(Number);
const cores = availableParallelism();

/** @typedef {import('./scale/model.js').Measured} Measured */

/** What is to be measured: `samples` of each rank; ranks that exchange through memory have no `gigabits`. @typedef {{ ranks: number, samples: number, gigabits: number | null }} Setup */

/** @param {Setup} setup @returns {Measured} */
function measure({ ranks, samples, gigabits }) {
  const task = JSON.stringify({ batch: samples, side, rounds });
  const hosts = gigabits === null || ranks === 1 ? null : makeHosts(ranks, gigabits);
  const usual = ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none', '-n', String(ranks)];
  const line = [
    ...[...(hosts?.start ?? []), 'mpirun', ...usual, ...(hosts?.options ?? [])],
    ...[process.execPath, join(here, 'scale/rank.js'), task],
  ];
  process.stderr.write(`${ranks} × ${samples} ${gigabits ? `at ${gigabits} Gbit/s` : 'in memory'}\n`);
  try {
    const text = execFileSync(line[0], line.slice(1), {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return JSON.parse(text);
  } finally {
    hosts?.remove();
  }
}

/** All setups in turn, again and again, so that a slow spell of the machine meets few runs of each; of each the middle one. @param {readonly Setup[]} setups */
function measureAll(setups) {
  const runs = Array.from({ length: passes }, () => setups.map(measure));
  return setups.map((_, i) => {
    const own = runs.map((pass) => pass[i]).sort((a, b) => a.joint - b.joint);
    const fastest = Math.min(...own.map((run) => run.fastest));
    return { ...own[passes >> 1], fastest };
  });
}

/** @type {string[]} */
const names = kept
  ? kept.machines.map((/** @type {{ network: string }} */ one) => one.network)
  : options.networks.split(',');
const networks = names.map((name) => ({ name, gigabits: name === 'memory' ? null : Number(name) }));
const single = [batch / 4, batch / 2, batch].map((samples) => ({ ranks: 1, samples, gigabits: null }));
/** The model is fitted to those of two ranks. */
const several = [
  [2, batch],
  [2, batch / 2],
  [4, batch / 4],
  [4, batch],
];
const setups = [
  ...single,
  ...networks.flatMap(({ gigabits }) => several.map(([ranks, samples]) => ({ ranks, samples, gigabits }))),
];
/** @type {Measured[]} */
const measured = kept ? kept.measured : measureAll(setups);

/** @typedef {{ network: string, ranks: number, batch: number, measured: number, predicted: number, fitted: boolean, alone: number, exchange: number }} Row */

const runs = networks.map(({ name }, i) => {
  const start = single.length + i * several.length;
  const own = measured.slice(start, start + several.length);
  const machine = fitMachine(
    measured.slice(0, single.length),
    own.filter(({ ranks }) => ranks === 2),
    { cores },
  );
  /** @type {Row[]} */
  const rows = own.map((run) => ({
    ...{ network: name, ranks: run.ranks, batch: run.batch, fitted: run.ranks === 2 },
    ...{ measured: run.joint, predicted: predictStep(run, machine).whole },
    ...{ alone: run.alone, exchange: run.exchange },
  }));
  return { name, rows, machine };
});

/** @param {Row} row */
function sentenceOf({ network, ranks, batch: samples, measured, predicted, fitted, alone, exchange }) {
  const off = Math.round(100 * (predicted / measured - 1));
  const beside = Math.round((100 * (measured - alone)) / measured);
  const hidden = Math.round(100 * Math.min(1, Math.max(0, 1 - (measured - alone) / exchange)));
  const where = network === 'memory' ? 'memory' : `${network} Gbit/s`;
  return `| ${where} | ${ranks} × ${samples} | ${measured.toFixed(0)} | ${predicted.toFixed(0)} (${off < 0 ? '−' : '+'}${Math.abs(off)} %${fitted ? ', fitted' : ''}) | ${alone.toFixed(0)} | ${exchange.toFixed(0)} | ${beside} % | ${hidden} % |`;
}

const rows = runs.flatMap((run) => run.rows);
process.stdout.write(
  '| exchange through | ranks × samples | step, ms | predicted | without exchange | exchange alone | not computing | overlapped |\n',
);
process.stdout.write('| --- | --- | --- | --- | --- | --- | --- | --- |\n');
for (const row of rows) process.stdout.write(`${sentenceOf(row)}\n`);

const machine = kept?.machine ?? {
  processor: cpus()[0].model,
  cores,
  node: process.version,
  date: new Date().toISOString().slice(0, 10),
  load: loadavg()[0],
};
const machines = runs.map((run) => ({ network: run.name, ...run.machine }));
/** Ranks that each have a core, on a cluster whose network is the one that was shaped. */
const planned = machines.filter(({ network }) => network !== 'memory').map(({ cores: _, ...one }) => one);
for (const one of planned)
  for (const total of [256, 1024, 4096])
    process.stdout.write(
      `${one.network} Gbit/s, ${total} samples a step: up to ${ranksThatPay(total, one)} ranks pay\n`,
    );
const plan = planned.flatMap((one) =>
  Array.from({ length: 11 }, (_, i) => 2 ** i).flatMap((ranks) => [
    {
      network: one.network,
      kind: 'weak',
      ranks,
      speedup: throughput({ ranks, batch }, one) / throughput({ ranks: 1, batch }, one),
    },
    ...[1024].map((total) => ({
      ...{ network: one.network, kind: `${total} samples`, ranks },
      speedup: throughput({ ranks, batch: total / ranks }, one) / throughput({ ranks: 1, batch: total }, one),
    })),
  ]),
);
mkdirSync(join(here, 'results'), { recursive: true });
const file = join(here, 'results/scale.json');
writeFileSync(
  file,
  `${JSON.stringify({ machine, side, batch, machines, rows, plan, setups, measured }, null, 1)}\n`,
);
execFileSync(process.execPath, [join(here, 'scale/chart.js'), file], { stdio: 'inherit' });
