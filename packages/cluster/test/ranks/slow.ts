// Ranks of which one takes longer for each batch than the others: `slow.ts MILLISECONDS FACTOR`. Rank 0 prints what is told of it.

import { BatchLoader, compileTraining, crossEntropy, fit, manualSeed, nn, optim } from 'neocog';
import { mpi, watchRanks } from '../../src/index.ts';

const [milliseconds, factor] = process.argv.slice(2).map(Number) as [number, number];
const world = await mpi();
manualSeed(1);
const net = new nn.Linear(4, 2);
const images = { shape: [360, 4], data: Float32Array.from({ length: 1440 }, (_, i) => Math.sin(i)) };
const labels = { shape: [360], data: Int32Array.from({ length: 360 }, (_, i) => i % 2) };
const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
const loader = new BatchLoader(images, labels, { batchSize: 2, world });
const trainer = await compileTraining(net, { input: [2, 4], loss: crossEntropy, optimizer, world });
const nobody = new Int32Array(new SharedArrayBuffer(4));
const told: string[] = [];
await fit(net, loader, {
  epochs: 3,
  optimizer,
  trainer,
  onBatch: () => {
    if (world.rank === 1) Atomics.wait(nobody, 0, 0, milliseconds);
  },
  callbacks: [watchRanks(world, { tell: (sentence) => told.push(sentence), factor, seconds: 0.3 })],
});
process.stdout.write(`${world.rank} ${JSON.stringify({ told })}\n`);
await world.finish();
