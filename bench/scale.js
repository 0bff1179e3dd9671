// Steps of ResNet-18 by 1, 2 and 4 ranks on this machine: `npm run bench:scale`. Ranks exchange gradients through memory, and, for root, over
// links of 10 and 1 Gbit/s between network namespaces. The model of scale/model.js is fitted to runs of one and two ranks, and then says how
// long the others take, before they are looked at. Writes results/scale.json and .svg.
//
//   --rounds N      of each run (15)     --side N     of the pictures (32)
//   --networks a,b  of memory, 10, 1     --batch N    samples of a rank in weak scaling (32)

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeHosts } from './scale/hosts.js';
import { fitLine, predictStep, ranksThatPay, throughput, travelling } from './scale/model.js';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    side: { type: 'string', default: '32' },
    networks: { type: 'string', default: 'memory,10,1' },
    batch: { type: 'string', default: '32' },
  },
});
const [rounds, side, batch] = [options.rounds, options.side, options.batch].map(Number);
const cores = availableParallelism();

/**
 * What rank.js says.
 *
 * @typedef {object} Measured
 * @property {number} ranks
 * @property {number} batch
 * @property {number} alone milliseconds of a step without exchange, all ranks at once
 * @property {number} joint with it
 * @property {number} exchange of the exchange without a step
 * @property {number} inCalls of the first rank in calls of MPI, in a step
 * @property {(readonly [number, number])[]} rings bytes of a message, and milliseconds
 * @property {{ bytes: number, ms: number }[]} messages what leaves in a step, and when
 */

/** @param {number} ranks @param {number} samples of a rank @param {number | null} gigabits @returns {Measured} */
function measure(ranks, samples, gigabits) {
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

/** Bytes a millisecond of a network. @param {number | null} gigabits */
const bandwidthOf = (gigabits) =>
  gigabits === null ? Number.POSITIVE_INFINITY : (gigabits * 1e9) / 8 / 1000;

/**
 * The machine as runs of one rank, and one run of two, show it.
 *
 * @param {readonly Measured[]} single
 * @param {Measured} pair
 * @param {number | null} gigabits
 * @returns {import('./scale/model.js').Machine}
 */
function fit(single, pair, gigabits) {
  const compute = fitLine(single.map(({ batch: samples, alone }) => /** @type {const} */ ([samples, alone])));
  const bandwidth = bandwidthOf(gigabits);
  const total = pair.messages.reduce((sum, { bytes }) => sum + bytes, 0);
  // A round is its latency and what its bytes take: of the wire, or of the processor where that takes longer.
  const [latency, perByte] = fitLine(
    pair.rings.map(([bytes, ms]) => /** @type {const} */ ([travelling(bytes, 2) / 2, ms / 2])),
  );
  const handling = Math.max(0, pair.inCalls / travelling(total, 2), gigabits === null ? perByte : 0);
  // Waiting comes after the last message.
  const busy = pair.alone + pair.inCalls;
  const messages = pair.messages.map(({ bytes, ms }) => ({ bytes, at: Math.min(1, ms / busy) }));
  return { compute, messages, latency, bandwidth, handling, cores };
}

/** @typedef {{ network: string, ranks: number, batch: number, measured: number, predicted: number, fitted: boolean, alone: number, exchange: number }} Row */

/** @param {string} network @param {readonly Measured[]} single */
function rowsOf(network, single) {
  const gigabits = network === 'memory' ? null : Number(network);
  const pair = measure(2, batch, gigabits);
  const machine = fit(single, pair, gigabits);
  const others = [
    measure(2, batch / 2, gigabits),
    measure(4, batch / 4, gigabits),
    measure(4, batch, gigabits),
  ];
  /** @type {Row[]} */
  const rows = [pair, ...others].map((run) => ({
    ...{ network, ranks: run.ranks, batch: run.batch, fitted: run === pair },
    ...{
      measured: run.joint,
      predicted: predictStep(run, machine).whole,
      alone: run.alone,
      exchange: run.exchange,
    },
  }));
  return { rows, machine };
}

/** @param {Row} row */
function sentenceOf({ network, ranks, batch: samples, measured, predicted, fitted, alone, exchange }) {
  const off = Math.round(100 * (predicted / measured - 1));
  const beside = Math.round((100 * (measured - alone)) / measured);
  const hidden = Math.round(100 * Math.min(1, Math.max(0, 1 - (measured - alone) / exchange)));
  const where = network === 'memory' ? 'memory' : `${network} Gbit/s`;
  return `| ${where} | ${ranks} × ${samples} | ${measured.toFixed(0)} | ${predicted.toFixed(0)} (${off < 0 ? '−' : '+'}${Math.abs(off)} %${fitted ? ', fitted' : ''}) | ${alone.toFixed(0)} | ${exchange.toFixed(0)} | ${beside} % | ${hidden} % |`;
}

const single = [batch / 4, batch / 2, batch].map((samples) => measure(1, samples, null));
const runs = options.networks.split(',').map((network) => rowsOf(network, single));
const rows = runs.flatMap((run) => run.rows);
process.stdout.write(
  '| exchange through | ranks × samples | step, ms | predicted | without exchange | exchange alone | not computing | overlapped |\n',
);
process.stdout.write('| --- | --- | --- | --- | --- | --- | --- | --- |\n');
for (const row of rows) process.stdout.write(`${sentenceOf(row)}\n`);

const machine = {
  processor: cpus()[0].model,
  cores,
  node: process.version,
  date: new Date().toISOString().slice(0, 10),
  load: loadavg()[0],
};
const machines = runs.map((run, i) => ({ network: options.networks.split(',')[i], ...run.machine }));
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
writeFileSync(file, `${JSON.stringify({ machine, side, batch, machines, rows, plan }, null, 1)}\n`);
execFileSync(process.execPath, [join(here, 'scale/chart.js'), file], { stdio: 'inherit' });
