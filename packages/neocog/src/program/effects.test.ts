// What a network does beside computing, once per run of its program: counting, checking, drawing.

import { expect, it } from 'vitest';
import {
  compile,
  compileTraining,
  embedding,
  mse,
  nn,
  optim,
  randn,
  ShapeError,
  type Tensor,
  tensor,
} from '../index.ts';

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

it('what is constant is checked when a network is compiled', async () => {
  class Rows extends nn.Module {
    readonly rows: Tensor;

    constructor(...rows: number[]) {
      super();
      this.rows = tensor(rows, [rows.length], { dtype: 'int32' });
    }

    forward(x: Tensor): Tensor {
      return embedding(this.rows, x);
    }
  }
  const compiling = compile(new Rows(0, 3), { input: [3, 2] });
  await expect(compiling).rejects.toThrow(ShapeError);
  await expect(compiling).rejects.toThrow('embedding: index 3 is outside weight; give rows from 0 to 2');
  const program = await compile(new Rows(2, 0), { input: [3, 2] });
  expect([...(await program.run(tensor([1, 2, 3, 4, 5, 6], [3, 2]))).data]).toEqual([5, 6, 1, 2]);
  program.dispose();
});
