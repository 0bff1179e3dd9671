// Gradients that are gathered and clipped in a compiled step, against the same done at once by the operations.

import { describe, expect, it } from 'vitest';
import {
  compileTraining,
  crossEntropy,
  manualSeed,
  mul,
  nn,
  optim,
  randn,
  type Tensor,
  tensor,
  withBackend,
} from '../index.ts';
import { clipFactor } from './gathering.ts';
import type { CompileTrainingOptions } from './training.ts';

const network = () => {
  manualSeed(3);
  return new nn.Sequential(
    // No bias: batch normalisation takes it out again, and its gradient is nothing but rounding.
    new nn.Conv2d(2, 4, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(4 * 5 * 5, 3),
  );
};

/** Seven batches, of which the fourth and the last are smaller. */
const sizes = [6, 6, 6, 4, 6, 6, 3];
const batches = (() => {
  manualSeed(8);
  return sizes.map((n): [Tensor, Tensor] => [
    randn([n, 2, 5, 5]),
    tensor(
      Array.from({ length: n }, (_, i) => (i * 2) % 3),
      [n],
      { dtype: 'int32' },
    ),
  ]);
})();

type Make = (parameters: Tensor[]) => optim.Optimizer;
const makers: Record<string, Make> = {
  'SGD with momentum': (p) => new optim.SGD(p, { lr: 0.05, momentum: 0.9, weightDecay: 0.01 }),
  AdamW: (p) => new optim.AdamW(p, { lr: 0.01 }),
};

type Gathering = Pick<CompileTrainingOptions, 'accumulate' | 'clipNorm' | 'clipValue'>;

/** With `last` for the last batch of all. */
function eagerly(make: Make, { accumulate = 1, clipNorm, clipValue }: Gathering) {
  const module = network();
  const optimizer = make(module.parameters());
  let waiting = 0;
  const losses = batches.map(([x, y], i) => {
    const loss = crossEntropy(module.forward(x), y);
    loss.backward();
    if (++waiting < accumulate && i < batches.length - 1) return loss.item();
    for (const p of module.parameters())
      p.grad = tensor(
        (p.grad as Tensor).data.map((g) => g * Math.fround(1 / waiting)),
        p.shape,
      );
    if (clipNorm !== undefined) optim.clipGradNorm(module.parameters(), clipNorm);
    if (clipValue !== undefined) optim.clipGradValue(module.parameters(), clipValue);
    optimizer.step();
    optimizer.zeroGrad();
    waiting = 0;
    return loss.item();
  });
  return { losses, module, optimizer };
}

async function compiled(make: Make, options: Gathering & { threads?: number }) {
  const module = network();
  const optimizer = make(module.parameters());
  const trainer = await compileTraining(module, {
    input: [6, 2, 5, 5],
    loss: crossEntropy,
    optimizer,
    ...options,
  });
  const losses: number[] = [];
  const moved: boolean[] = [];
  for (const [i, [x, y]] of batches.entries()) {
    const step = await trainer.step(x, y, { last: i === batches.length - 1 });
    losses.push(step.loss);
    moved.push(step.moved);
  }
  trainer.sync();
  trainer.dispose();
  return { losses, moved, module, optimizer };
}

const weightsOf = (module: nn.Module): number[] =>
  Object.values(module.stateDict()).flatMap((t) => [...t.data]);
const close = (values: readonly number[]) => values.map((v) => expect.closeTo(v, 4));

describe.each(Object.entries(makers))('%s', (_, make) => {
  it.each<[string, Gathering]>([
    ['every batch', {}],
    ['three batches', { accumulate: 3 }],
    ['more batches than there are', { accumulate: 10 }],
    ['a norm that is too large', { clipNorm: 0.3 }],
    ['a norm that is not', { clipNorm: 1e6 }],
    ['entries that are too large', { clipValue: 0.02 }],
    ['three batches with a norm', { accumulate: 3, clipNorm: 0.3 }],
    ['two batches with entries', { accumulate: 2, clipValue: 0.02 }],
  ])('of %s moves as the operations do', async (_what, options) => {
    const [known, found] = [eagerly(make, options), await compiled(make, options)];
    expect(found.losses).toEqual(close(known.losses));
    expect(weightsOf(found.module)).toEqual(close(weightsOf(known.module)));
    const [before, after] = [known.optimizer.stateDict().tensors, found.optimizer.stateDict().tensors];
    expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
    for (const [key, t] of Object.entries(before)) expect([...after[key].data]).toEqual(close([...t.data]));
  });
});

describe('a compiled step', () => {
  const make = makers.AdamW;

  it('says when it moved', async () => {
    const { moved } = await compiled(make, { accumulate: 3 });
    expect(moved).toEqual([false, false, true, false, false, true, true]);
  });

  it('gives the same bits on two threads', async () => {
    const options = { accumulate: 2, clipNorm: 0.3 };
    const [one, two] = [await compiled(make, options), await compiled(make, { ...options, threads: 2 })];
    expect(weightsOf(two.module)).toEqual(weightsOf(one.module));
  });

  it('does the same node by node', async () => {
    const options = { accumulate: 3, clipNorm: 0.3 };
    const known = await compiled(make, options);
    const judged = await withBackend('reference', () => compiled(make, options));
    expect(known.losses).toEqual(close(judged.losses));
  });

  it('refuses two kinds of clipping', async () => {
    await expect(compiled(make, { clipNorm: 1, clipValue: 1 })).rejects.toThrow(
      'clipNorm and clipValue are both given',
    );
    await expect(compiled(make, { clipNorm: 0 })).rejects.toThrow(
      'clipNorm is 0; give a finite number above 0',
    );
  });
});

describe('the factor of a joint norm', () => {
  const parts = [
    { gradient: tensor([3e-6, 0]), gathered: null },
    { gradient: tensor([[-4e-6]]), gathered: null },
  ];

  it('divides by a norm that is a little larger, as clipGradNorm does, and is 1 at most', () => {
    expect(clipFactor(parts, 3e-6, null).item()).toBeCloseTo(0.5, 6);
    expect(clipFactor(parts, 6e-6, null).item()).toBeCloseTo(1, 6);
    expect(clipFactor(parts, 1, null).item()).toBe(1);
  });

  it('is that of means over all that was gathered', () => {
    const gathered = parts.map(({ gradient }) => ({
      gradient: mul(gradient, 1e6),
      gathered: gradient.data.map((g) => 3e6 * g) as Float32Array,
    }));
    // The norm of the sums is 20, that of the means of four batches 5.
    expect(clipFactor(gathered, 2.5, tensor([0.25])).item()).toBeCloseTo(0.5, 6);
  });
});

describe('what an optimiser remembers', () => {
  const options = { input: [6, 2, 5, 5], loss: crossEntropy };

  it('is nothing until a step is taken', async () => {
    const module = network();
    const optimizer = makers.AdamW(module.parameters());
    const trainer = await compileTraining(module, { ...options, optimizer, accumulate: 2 });
    trainer.sync();
    expect(optimizer.stateDict().tensors).toEqual({});
    await trainer.step(...batches[0]);
    trainer.sync();
    expect(optimizer.stateDict().tensors).toEqual({});
    await trainer.step(...batches[1]);
    trainer.sync();
    expect(optimizer.stateDict().tensors['0.step'].item()).toBe(1);
    trainer.dispose();
  });

  it('is of equal steps within a group', async () => {
    const module = network();
    const [first, ...others] = module.parameters();
    const uneven = async (...groups: Tensor[][]) => {
      const optimizer = new optim.AdamW(groups.map((parameters) => ({ parameters })));
      first.grad = mul(first.detach(), 0.1);
      optimizer.step();
      const trainer = await compileTraining(module, { ...options, optimizer });
      await trainer.step(...batches[0]);
      trainer.sync();
      trainer.dispose();
      const { tensors } = optimizer.stateDict();
      return [0, 1].map((place) => tensors[`${place}.step`].item());
    };
    await expect(uneven([first, ...others])).rejects.toThrow(
      'compileTraining: parameters of one group have taken 0 to 1 steps',
    );
    expect(await uneven([first], others)).toEqual([2, 1]);
  });
});

describe('Trainer.load', () => {
  const start = async (options: Gathering) => {
    const module = network();
    const optimizer = makers.AdamW(module.parameters());
    const trainer = await compileTraining(module, {
      input: [6, 2, 5, 5],
      loss: crossEntropy,
      optimizer,
      ...options,
    });
    return { module, optimizer, trainer };
  };
  const copyOf = (state: nn.StateDict): nn.StateDict =>
    Object.fromEntries(Object.entries(state).map(([key, t]) => [key, tensor(t.data.slice(), t.shape)]));

  it.each<[string, Gathering]>([
    ['', {}],
    [' with gathered gradients', { accumulate: 2 }],
  ])('goes on from where another stood%s, bit for bit', async (_, options) => {
    const known = await start(options);
    for (const [x, y] of batches.slice(0, 4)) await known.trainer.step(x, y);
    known.trainer.sync();
    const [weights, memory] = [copyOf(known.module.stateDict()), known.optimizer.stateDict()];
    for (const [x, y] of batches.slice(4)) await known.trainer.step(x, y);
    known.trainer.sync();

    const other = await start(options);
    for (const [x, y] of batches.slice(2, 5)) await other.trainer.step(x, y);
    // Of gradients that wait it brings back what is gathered, too.
    other.trainer.sync();
    other.module.loadStateDict(weights);
    other.optimizer.loadStateDict(memory);
    other.trainer.load();
    for (const [x, y] of batches.slice(4)) await other.trainer.step(x, y);
    other.trainer.sync();
    expect(weightsOf(other.module)).toEqual(weightsOf(known.module));
    expect(other.optimizer.stateDict()).toEqual(known.optimizer.stateDict());
    for (const { trainer } of [known, other]) trainer.dispose();
  });

  it('is refused while a step is on its way, and after the end', async () => {
    const { trainer } = await start({});
    const step = trainer.step(...batches[0]);
    expect(() => trainer.load()).toThrow('Trainer.load: a step is running; await it first');
    await step;
    trainer.dispose();
    expect(() => trainer.load()).toThrow('Trainer.load: the trainer was disposed');
  });
});
