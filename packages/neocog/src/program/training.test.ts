// compileTraining against the same training done eagerly.

import { describe, expect, it } from 'vitest';
import {
  type CompileTrainingOptions,
  compile,
  compileTraining,
  crossEntropy,
  manualSeed,
  models,
  mse,
  nn,
  optim,
  randn,
  type Tensor,
  tensor,
  zeros,
} from '../index.ts';

const network = () => {
  manualSeed(1);
  return new nn.Sequential(
    // No bias: batch normalisation takes it out again, and its gradient is nothing but rounding.
    new nn.Conv2d(1, 8, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Residual(new nn.Conv2d(8, 8, 3, { padding: 1 })),
    new nn.ReLU(),
    new nn.Dropout(0.3),
    new nn.Flatten(),
    new nn.Linear(8 * 6 * 6, 10),
  );
};

const images = (n: number): Tensor => randn([n, 1, 12, 12]);
const classes = (n: number): Tensor =>
  tensor(
    Array.from({ length: n }, (_, i) => (i * 7) % 10),
    [n],
    { dtype: 'int32' },
  );

interface Run {
  readonly losses: number[];
  readonly module: nn.Module;
  readonly optimizer: optim.Optimizer;
}

type MakeOptimizer = (parameters: Tensor[]) => optim.Optimizer;

function trainEagerly(make: MakeOptimizer, batches: readonly [Tensor, Tensor][]): Run {
  const module = network();
  const optimizer = make(module.parameters());
  manualSeed(5);
  const losses = batches.map(([x, y]) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(module.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss.item();
  });
  return { losses, module, optimizer };
}

async function trainCompiled(
  make: MakeOptimizer,
  batches: readonly [Tensor, Tensor][],
  options: Pick<CompileTrainingOptions, 'threads'> = {},
): Promise<Run> {
  const module = network();
  const optimizer = make(module.parameters());
  const trainer = await compileTraining(module, {
    input: batches[0][0].shape,
    loss: crossEntropy,
    optimizer,
    ...options,
  });
  manualSeed(5);
  const losses: number[] = [];
  for (const [x, y] of batches) losses.push((await trainer.step(x, y)).loss);
  trainer.sync();
  trainer.dispose();
  return { losses, module, optimizer };
}

function expectSame(a: Run, b: Run): void {
  expect(b.losses).toEqual(a.losses);
  const [one, other] = [a.module.stateDict(), b.module.stateDict()];
  for (const key of Object.keys(one)) expect(other[key].data, key).toEqual(one[key].data);
}

function expectAlike(a: Run, b: Run): void {
  a.losses.forEach((loss, i) => {
    expect(b.losses[i]).toBeCloseTo(loss, 4);
  });
  const [one, other] = [a.module.stateDict(), b.module.stateDict()];
  for (const [key, { data }] of Object.entries(one)) {
    const worst = Math.max(...Array.from(data, (v, i) => Math.abs(v - other[key].data[i])));
    expect(worst, key).toBeLessThan(2e-4);
  }
}

const optimizers: [string, MakeOptimizer][] = [
  ['SGD', (p) => new optim.SGD(p, { lr: 0.05 })],
  ['SGD, momentum, decay', (p) => new optim.SGD(p, { lr: 0.02, momentum: 0.9, weightDecay: 1e-3 })],
  ['Adam', (p) => new optim.Adam(p, { lr: 0.003 })],
  ['AdamW', (p) => new optim.AdamW(p, { lr: 0.003 })],
  ['RMSprop', (p) => new optim.RMSprop(p, { lr: 0.001 })],
  ['Adagrad', (p) => new optim.Adagrad(p, { lr: 0.01 })],
];

describe('compileTraining', () => {
  it.each(optimizers)('moves as eager training does: %s', async (_name, make) => {
    manualSeed(9);
    const batches: [Tensor, Tensor][] = [0, 1, 2].map(() => [images(6), classes(6)]);
    expectAlike(trainEagerly(make, batches), await trainCompiled(make, batches));
  });

  it('takes a smaller last batch, and goes on after it', async () => {
    manualSeed(9);
    const batches: [Tensor, Tensor][] = [6, 6, 2, 6, 2].map((n) => [images(n), classes(n)]);
    const [, make] = optimizers[1];
    expectAlike(trainEagerly(make, batches), await trainCompiled(make, batches));
  });

  it('is the same for any number of threads, bit for bit', async () => {
    manualSeed(9);
    const batches: [Tensor, Tensor][] = [0, 1].map(() => [images(6), classes(6)]);
    const [, make] = optimizers[1];
    expectSame(await trainCompiled(make, batches), await trainCompiled(make, batches, { threads: 2 }));
  });

  it('computes activations again on the way back, if so told, and gives the same bits', async () => {
    const block = (from: number) => [
      new nn.Conv2d(from, 8, 3, { padding: 1 }),
      new nn.BatchNorm2d(8),
      new nn.ReLU(),
    ];
    const train = async (recompute: boolean) => {
      manualSeed(1);
      const head = [new nn.GlobalAvgPool(), new nn.Flatten(), new nn.Linear(8, 10)];
      const module = new nn.Sequential(...block(1), ...block(8), ...block(8), ...head);
      const optimizer = new optim.SGD(module.parameters(), { lr: 0.05, momentum: 0.9 });
      const options = { input: [6, 1, 12, 12], loss: crossEntropy, optimizer, recompute };
      const trainer = await compileTraining(module, options);
      const losses: number[] = [];
      for (let i = 0; i < 3; i++) losses.push((await trainer.step(images(6), classes(6))).loss);
      const labels = trainer.explain().steps.map(({ label }) => label);
      trainer.sync();
      trainer.dispose();
      return { losses, module, optimizer, labels };
    };
    const [kept, again] = [await train(false), await train(true)];
    expectSame(kept, again);
    const times = ({ labels }: typeof kept) => labels.filter((label) => label === '2').length;
    expect(times(again)).toBe(times(kept) + 1);
  });

  it('brings the optimiser back so that eager steps go on from it', async () => {
    manualSeed(9);
    const batches: [Tensor, Tensor][] = [0, 1, 2].map(() => [images(6), classes(6)]);
    const make: MakeOptimizer = (p) => new optim.Adam(p, { lr: 0.003 });
    const eager = trainEagerly(make, batches);
    const compiled = await trainCompiled(make, batches);
    const [a, b] = [eager.optimizer.stateDict(), compiled.optimizer.stateDict()];
    expect(Object.keys(b.tensors).sort()).toEqual(Object.keys(a.tensors).sort());
    expect(b.tensors['0.step'].item()).toBe(3);
  });

  it('follows the learning rate without compiling again', async () => {
    const module = new nn.Linear(2, 1);
    const optimizer = new optim.SGD(module.parameters(), { lr: 0 });
    const trainer = await compileTraining(module, { input: [4, 2], loss: mse, optimizer });
    const [x, y] = [randn([4, 2]), randn([4, 1])];
    const first = (await trainer.step(x, y)).loss;
    expect((await trainer.step(x, y)).loss).toBe(first);
    optimizer.lr = 0.1;
    await trainer.step(x, y);
    expect((await trainer.step(x, y)).loss).toBeLessThan(first);
    trainer.dispose();
  });

  it('leaves frozen parameters as they are', async () => {
    const module = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 2));
    const [frozen, , head] = module.children().map(([, part]) => part);
    const before = (frozen as nn.Linear).weight.data.slice();
    const optimizer = new optim.SGD((head as nn.Module).parameters(), { lr: 0.5 });
    const trainer = await compileTraining(module, { input: [2, 3], loss: mse, optimizer });
    await trainer.step(randn([2, 3]), randn([2, 2]));
    trainer.sync();
    expect((frozen as nn.Linear).weight.data).toEqual(before);
    trainer.dispose();
  });

  it('takes numbers of words where the network begins with an embedding', async () => {
    const make = () => {
      manualSeed(3);
      const module = models.textCnn({ vocabulary: 7, inChannels: 4, width: 3, kernels: [2, 3], dropout: 0 });
      return { module, optimizer: new optim.SGD(module.parameters(), { lr: 0.3 }) };
    };
    const words = tensor([1, 2, 3, 4, 5, 6, 0, 0, 1, 1], [2, 5], { dtype: 'int32' });
    const target = tensor([1, 0], [2], { dtype: 'int32' });
    const eager = make();
    crossEntropy(eager.module.forward(words), target).backward();
    eager.optimizer.step();
    const { module, optimizer } = make();
    const trainer = await compileTraining(module, { input: [2, 5], loss: crossEntropy, optimizer });
    await expect(trainer.step(zeros([2, 5]), target)).rejects.toThrow(/int32 \[2,5\]/);
    await trainer.step(words, target);
    trainer.sync();
    const [a, b] = [eager.module.stateDict(), module.stateDict()];
    for (const key of Object.keys(a)) {
      a[key].data.forEach((value, i) => expect(b[key].data[i], key).toBeCloseTo(value, 5));
    }
    const program = await compile(module, { input: [2, 5] });
    expect((await program.run(words)).shape).toEqual([2, 2]);
    program.dispose();
    trainer.dispose();
  });

  it('refuses what it cannot do', async () => {
    const module = network();
    const optimizer = new optim.SGD(module.parameters(), { lr: 0.1 });
    const options = { input: [4, 1, 12, 12], loss: crossEntropy, optimizer };
    await expect(compileTraining(module, { ...options, loss: (y) => y })).rejects.toThrow(
      /give a tensor of one element/,
    );
    const trainer = await compileTraining(module, options);
    await expect(trainer.step(images(5), classes(5))).rejects.toThrow(/fewer samples/);
    await expect(trainer.step(images(4), classes(3))).rejects.toThrow(/target is/);
    const wrong = tensor([0, 1, 2, 10], [4], { dtype: 'int32' });
    await expect(trainer.step(images(4), wrong)).rejects.toThrow(/class 10/);
    trainer.dispose();
    await expect(trainer.step(images(4), classes(4))).rejects.toThrow(/was disposed/);
  });
});
