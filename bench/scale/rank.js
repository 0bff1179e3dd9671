// One rank of the measurement of scale: `rank.js TASK`, JSON of `Task`. Steps without and with the exchange of gradients, and the exchange alone,
// take turns, so that a slow spell of the machine meets all of them. Rank 0 prints medians as JSON.

import { performance } from 'node:perf_hooks';
import { mpi } from '../../packages/cluster/dist/index.js';
import {
  compileTraining,
  crossEntropy,
  manualSeed,
  models,
  optim,
  randn,
  tensor,
} from '../../packages/neocog/dist/index.js';
import { median } from '../measure.js';

/**
 * @typedef {object} Task
 * @property {number} batch of one rank
 * @property {number} side of the pictures
 * @property {number} rounds
 */

/** @type {Task} */
const { batch, side, rounds } = JSON.parse(process.argv[2]);
const world = await mpi();
const input = [batch, 3, side, side];

/** What has left in a step, and when. @type {{ bytes: number, ms: number }[]} */
let left = [];
let began = 0;

/** The world, with marks of what leaves. @type {import('neocog').World} */
const watched = {
  rank: world.rank,
  size: world.size,
  beginSum(values, options) {
    left.push({ bytes: values.byteLength, ms: performance.now() - began });
    return world.beginSum(values, options);
  },
  advance: () => world.advance(),
  average: (arrays) => world.average(arrays),
  broadcast: (arrays, from) => world.broadcast(arrays, from),
  barrier: () => world.barrier(),
};

/** @param {import('neocog').World} [among] */
async function stepper(among) {
  manualSeed(1);
  const net = models.resnet18();
  const optimizer = new optim.SGD(net.parameters(), { lr: 1e-4, momentum: 0.9 });
  const trainer = await compileTraining(net, {
    ...{ input, loss: crossEntropy, optimizer, threads: 1 },
    ...(among && { world: among, compareEvery: 1e9 }),
  });
  const x = randn(input);
  const y = tensor(
    Array.from({ length: batch }, (_, i) => i),
    [batch],
    { dtype: 'int32' },
  );
  return async () => {
    left = [];
    began = performance.now();
    await trainer.step(x, y);
  };
}

/** Milliseconds until all ranks are through. @param {() => Promise<unknown>} body */
async function together(body) {
  await world.barrier();
  const start = performance.now();
  await body();
  await world.barrier();
  return performance.now() - start;
}

/** Sums of arrays, all under way at once. @param {readonly Float32Array[]} arrays */
async function exchange(arrays) {
  for (const sum of arrays.map((values) => world.beginSum(values))) await sum.wait();
}

const alone = await stepper();
const joint = world.size > 1 ? await stepper(watched) : alone;
for (let i = 0; i < 2; i++) {
  await alone();
  await joint();
}
const marks = left;
const step = world.size > 1 ? marks : [];
const gradients = step.filter(({ bytes }) => bytes > 1024);
const arrays = gradients.map(({ bytes }) => new Float32Array(bytes / 4));
const sizes = [2 ** 17, 2 ** 19, 2 ** 21, 2 ** 22];
const messages = sizes.map((bytes) => [new Float32Array(bytes / 4)]);
/** @type {Record<'alone' | 'joint' | 'exchange', number[]>} */
const times = { alone: [], joint: [], exchange: [] };
/** @type {number[][]} */
const rings = sizes.map(() => []);
/** @type {{ bytes: number, ms: number }[][]} */
const leaving = [];
/** @type {number[]} */
const inCalls = [];
for (let round = 0; round < rounds; round++) {
  times.alone.push(await together(alone));
  const before = world.times.exchanging;
  times.joint.push(await together(joint));
  inCalls.push(world.times.exchanging - before);
  leaving.push(left.filter(({ bytes }) => bytes > 1024));
  times.exchange.push(await together(() => exchange(arrays)));
  for (const [i, message] of messages.entries()) rings[i].push(await together(() => exchange(message)));
}
const report = {
  ranks: world.size,
  batch,
  alone: median(times.alone),
  joint: median(times.joint),
  exchange: median(times.exchange),
  inCalls: median(inCalls),
  rings: sizes.map((bytes, i) => [bytes, median(rings[i])]),
  messages: gradients.map(({ bytes }, i) => ({ bytes, ms: median(leaving.map((all) => all[i].ms)) })),
};
if (world.rank === 0) process.stdout.write(`${JSON.stringify(report)}\n`);
await world.finish();
process.exit(0);
