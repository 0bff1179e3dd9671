// Ranks of which one is told something else than the others: `differ.ts WHAT…`. Each prints the sentences that it refuses with.

import { BatchLoader, compileTraining, crossEntropy, fit, manualSeed, nn, optim } from 'neocog';
import { mpi } from '../../src/index.ts';

const world = await mpi();

async function train(what: string): Promise<string> {
  const either = <T>(name: string, odd: T, usual: T): T => (world.rank === 1 && what === name ? odd : usual);
  manualSeed(1);
  const net = new nn.Sequential(
    new nn.Linear(4, either('network', 9, 8)),
    new nn.Linear(either('network', 9, 8), 2),
  );
  const optimizer = new optim.SGD(net.parameters(), { lr: either('optimiser', 0.2, 0.1) });
  const images = {
    shape: [12, 4],
    data: Float32Array.from({ length: 48 }, (_, i) => Math.sin(i + either('samples', 1, 0))),
  };
  const labels = { shape: [12], data: Int32Array.from({ length: 12 }, (_, i) => i % 2) };
  const seed = either('order', 2, 1);
  const loader = new BatchLoader(images, labels, { batchSize: 2, shuffle: true, seed, world });
  const trainer = await compileTraining(net, {
    input: [2, either('input', 5, 4)],
    loss: crossEntropy,
    optimizer,
    world,
    compareEvery: 1,
  });
  const { lr } = optimizer;
  const onBatch = (): void => {
    optimizer.lr = either('weights', 0.3, lr);
  };
  await fit(net, loader, { epochs: 1, optimizer, trainer, onBatch });
  return 'learned';
}

const sentences: Record<string, string> = {};
for (const what of process.argv.slice(2)) {
  sentences[what] = await train(what).catch((error: Error) => error.message);
}
process.stdout.write(`${world.rank} ${JSON.stringify(sentences)}\n`);
await world.finish();
