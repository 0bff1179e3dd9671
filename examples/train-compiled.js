// Trains the same network twice, in eager and in compiled steps, on pictures drawn here: in which quarter is the square?
//
//   npm run build && node examples/train-compiled.js

import { availableParallelism } from 'node:os';
import {
  BatchLoader,
  compile,
  compileTraining,
  configure,
  crossEntropy,
  fit,
  Generator,
  manualSeed,
  nn,
  optim,
} from 'neocog';

configure({ wideSimd: 'auto' });

const size = 32;

/**
 * Noise with a brighter square of 8×8 in one of the four quarters, `[count, 1, 32, 32]`, and in which.
 *
 * @param {number} count
 * @param {number} seed
 */
function draw(count, seed) {
  const random = new Generator(seed);
  const images = new Float32Array(count * size * size).map(() => random.normal());
  const labels = Int32Array.from({ length: count }, () => random.integer(4));
  labels.forEach((label, i) => {
    const top = 16 * (label >> 1) + random.integer(9);
    const left = 16 * (label & 1) + random.integer(9);
    for (let cell = 0; cell < 64; cell++)
      images[(i * size + top + (cell >> 3)) * size + left + (cell & 7)] += 1;
  });
  return {
    images: { shape: [count, 1, size, size], data: images },
    labels: { shape: [count], data: labels },
  };
}

function build() {
  manualSeed(1);
  return new nn.Sequential(
    new nn.Conv2d(1, 16, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(16, 32, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(32 * 8 * 8, 4),
  );
}

const batchSize = 64;
const [training, testing] = [draw(2048, 1), draw(512, 2)];
const validation = new BatchLoader(testing.images, testing.labels, { batchSize });

/** @param {number | null} threads of compiled steps; null for eager ones */
async function train(threads) {
  const net = build();
  const optimizer = new optim.Adam(net.parameters(), { lr: 0.001 });
  const loader = new BatchLoader(training.images, training.labels, { batchSize, shuffle: true, seed: 1 });
  const input = [batchSize, 1, size, size];
  const start = performance.now();
  const trainer = threads && (await compileTraining(net, { input, loss: crossEntropy, optimizer, threads }));
  const { epochs } = await fit(net, loader, {
    epochs: 3,
    optimizer,
    validation,
    ...(trainer && { trainer, compileValidation: () => compile(net, { input, threads }) }),
  });
  const seconds = (performance.now() - start) / 1000;
  if (trainer) trainer.dispose();
  const accuracy = epochs.at(-1)?.validation?.accuracy ?? 0;
  const how = threads ? `compiled, threads ${threads}` : 'eager';
  console.log(`${how}: ${(100 * accuracy).toFixed(1)} % right after ${seconds.toFixed(2)} s`);
  return net;
}

await train(null);
const [one, all] = [await train(1), await train(availableParallelism())];
const weights = [one, all].map((net) => net.parameters().map(({ data }) => data));
const same = weights[0].every((data, i) => data.every((value, j) => value === weights[1][i][j]));
console.log(`one thread and all cores give ${same ? 'the same weights, bit for bit' : 'different weights'}`);
