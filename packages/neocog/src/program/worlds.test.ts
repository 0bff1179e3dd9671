// Several ranks that train together against one that takes all their samples at once.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalWorld, together } from '../../../../test/worlds.ts';
import {
  type CompileTrainingOptions,
  compileTraining,
  configure,
  crossEntropy,
  features,
  manualSeed,
  nn,
  optim,
  randn,
  slice,
  type Tensor,
  tensor,
} from '../index.ts';

const network = (sync = false): nn.Sequential => {
  manualSeed(3);
  return new nn.Sequential(
    new nn.Conv2d(2, 4, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(4, { sync }),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(4 * 5 * 5, 3),
  );
};

/** What each of three ranks has in each step; a rank with none keeps the others company. */
const shares = [
  [4, 4, 4],
  [4, 4, 4],
  [4, 2, 1],
  [1, 1, 0],
  [4, 4, 4],
];

interface Step {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly parts: readonly (readonly [start: number, end: number])[];
}

const steps = ((): Step[] => {
  manualSeed(8);
  return shares.map((sizes) => {
    const n = sizes.reduce((sum, size) => sum + size, 0);
    const classes = Array.from({ length: n }, (_, i) => (i * 2) % 3);
    const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
    return {
      x: randn([n, 2, 5, 5]),
      y: tensor(classes, [n], { dtype: 'int32' }),
      parts: sizes.map((size, i) => [starts[i], starts[i] + size]),
    };
  });
})();

type Make = (parameters: Tensor[]) => optim.Optimizer;
const makers: Record<string, Make> = {
  SGD: (p) => new optim.SGD(p, { lr: 0.05, momentum: 0.9, weightDecay: 0.01 }),
  Adam: (p) => new optim.Adam(p, { lr: 0.01 }),
};

type Options = Partial<CompileTrainingOptions>;

interface Outcome {
  readonly losses: number[];
  readonly weights: Record<string, number[]>;
}

const isLast = (i: number): boolean => i === steps.length - 1;

async function train(
  make: Make,
  options: Options & { batch: number; syncLayers?: boolean },
  stepOf: (step: Step) => [Tensor, Tensor, boolean],
): Promise<Outcome> {
  const { batch, syncLayers = false, ...others } = options;
  const module = network(syncLayers);
  const trainer = await compileTraining(module, {
    input: [batch, 2, 5, 5],
    loss: crossEntropy,
    optimizer: make(module.parameters()),
    ...others,
  });
  const losses: number[] = [];
  for (const [i, step] of steps.entries()) {
    const [x, y, spare] = stepOf(step);
    losses.push((await trainer.step(x, y, { spare, last: isLast(i) })).loss);
  }
  trainer.sync();
  trainer.dispose();
  const weights = Object.entries(module.stateDict()).map(([key, t]) => [key, [...t.data]]);
  return { losses, weights: Object.fromEntries(weights) };
}

const alone = (make: Make, options: Options = {}): Promise<Outcome> =>
  train(make, { batch: 12, ...options }, ({ x, y }) => [x, y, false]);

const asRank = (
  world: LocalWorld,
  make: Make,
  options: Options & { syncLayers?: boolean },
): Promise<Outcome> =>
  train(make, { batch: 4, world, ...options }, ({ x, y, parts }) => {
    const [start, end] = parts[world.rank];
    const spare = end === start;
    const at = { start: spare ? 0 : start, end: spare ? 1 : end };
    return [slice(x, at), slice(y, at), spare];
  });

const all = (make: Make, options: Options & { syncLayers?: boolean }): Promise<Outcome[]> =>
  together(3, (world) => asRank(world, make, options));

function expectClose(outcome: Outcome, other: Outcome): void {
  const far = (a: readonly number[], b: readonly number[]): number =>
    Math.max(...a.map((value, i) => Math.abs(value - b[i])));
  expect(far(outcome.losses, other.losses)).toBeLessThan(1e-5);
  for (const [key, values] of Object.entries(outcome.weights))
    expect(far(values, other.weights[key]), key).toBeLessThan(2e-5);
}

const cases: [string, Options][] = [
  ['plainly', {}],
  ['clipped by norm', { clipNorm: 0.5 }],
  ['clipped by value', { clipValue: 0.01 }],
  ['gathered over two batches', { accumulate: 2 }],
  ['gathered and clipped', { accumulate: 2, clipNorm: 0.2 }],
];

describe.each(['wasm', 'reference'] as const)('three ranks on %s', (backend) => {
  const usual = features().backend as 'wasm' | 'reference';
  beforeAll(() => configure({ backend }));
  afterAll(() => configure({ backend: usual }));

  it.each(cases)('take the steps of one, %s, with synchronised normalisation', async (_, options) => {
    for (const make of Object.values(makers)) {
      const one = await alone(make, options);
      const ranks = await all(make, { ...options, sync: true });
      for (const rank of ranks) expect(rank).toEqual(ranks[0]);
      expectClose(ranks[0], one);
    }
  });

  it('have the same bits on all ranks where each normalises its own samples', async () => {
    const ranks = await all(makers.SGD, {});
    for (const rank of ranks) expect(rank).toEqual(ranks[0]);
    const synchronised = await all(makers.SGD, { sync: true });
    expect(ranks[0].losses).not.toEqual(synchronised[0].losses);
  });

  it('normalise by all samples in layers with sync, as with sync for all layers', async () => {
    const ranks = await all(makers.SGD, { syncLayers: true });
    expect(ranks).toEqual(await all(makers.SGD, { sync: true }));
    expectClose(ranks[0], await alone(makers.SGD));
  });
});
