// What a network does beside computing, once per run of its program: counting, checking, drawing.

import { expect, it } from 'vitest';
import { compile, compileTraining, mse, nn, optim, randn, type Tensor } from '../index.ts';

const countOf = (norm: nn.BatchNorm1d): number => (norm.numBatchesTracked as Tensor).item();

/** A layer that stays in training mode, whatever its network is told. */
class AlwaysTraining extends nn.Module {
  readonly norm = new nn.BatchNorm1d(3);

  forward(x: Tensor): Tensor {
    this.norm.train();
    return this.norm.forward(x);
  }
}

it('a program counts batches each time it runs, and not when it is compiled', async () => {
  const net = new AlwaysTraining();
  const program = await compile(net, { input: [4, 3] });
  expect(countOf(net.norm)).toBe(0);
  for (const count of [1, 2, 3]) {
    await program.run(randn([4, 3]));
    expect(countOf(net.norm)).toBe(count);
  }
  program.dispose();
});

it('a trainer counts the batches of its steps', async () => {
  const norm = new nn.BatchNorm1d(3);
  const net = new nn.Sequential(new nn.Linear(2, 3), norm);
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
  const trainer = await compileTraining(net, { input: [4, 2], loss: mse, optimizer });
  expect(countOf(norm)).toBe(0);
  for (const batch of [4, 4, 2]) await trainer.step(randn([batch, 2]), randn([batch, 3]));
  expect(countOf(norm)).toBe(3);
  trainer.dispose();
});
