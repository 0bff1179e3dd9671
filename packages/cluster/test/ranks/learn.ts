// One rank that learns: `learn.ts TASK OPTIMISER BATCH SAMPLES EPOCHS FILE`, where BATCH is that of all ranks together. Rank 0 writes
// the weights to the file; every rank prints losses, a hash of all weights and buffers, and what it waited.

import { writeFileSync } from 'node:fs';
import { BatchLoader, compileTraining, crossEntropy, fit, manualSeed, optim } from 'neocog';
import { mpi } from '../../src/index.ts';
import { dataOf, tasks } from './networks.ts';

const [name, optimiser, whole, samples, epochs, file] = process.argv.slice(2);
const world = await mpi();
const task = tasks[name];
const batchSize = Math.ceil(Number(whole) / world.size);
manualSeed(1);
const net = task.make();
const makers = {
  sgd: () => new optim.SGD(net.parameters(), { lr: 0.02, momentum: 0.9, weightDecay: 1e-4 }),
  // A large eps: else the first steps are signs of gradients, which rounding turns where they are near 0.
  adam: () => new optim.Adam(net.parameters(), { lr: 0.001, eps: 1e-3 }),
};
const optimizer = makers[optimiser as keyof typeof makers]();
const { images, labels } = dataOf(task, Number(samples));
const loader = new BatchLoader(images, labels, { batchSize, shuffle: true, seed: 2, world });
const input = [batchSize, ...task.shape];
const trainer = await compileTraining(net, {
  input,
  loss: crossEntropy,
  optimizer,
  world,
  sync: true,
  compareEvery: 5,
  compress: process.env.COMPRESS ? JSON.parse(process.env.COMPRESS) : undefined,
});
const history = await fit(net, loader, { epochs: Number(epochs), optimizer, trainer });
const all = Object.values(net.stateDict()).flatMap((t) => [...t.data]);
const words = new Int32Array(Float32Array.from(all).buffer);
const hash = words.reduce((h, word) => Math.imul(h ^ word, 0x9e3779b1) ^ (h >>> 15), 0);
if (world.rank === 0 && file) writeFileSync(file, Float32Array.from(all));
const report = { losses: history.batchLosses, hash, times: world.times };
process.stdout.write(`${world.rank} ${JSON.stringify(report)}\n`);
await world.finish();
