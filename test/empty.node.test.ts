// Empty batches and reductions of nothing, by PyTorch's rule: empty in, empty out; the mean of nothing is NaN, its sum 0, its
// product 1. Eagerly on both backends, and compiled.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { runCompiled, type Tensors } from './compiled.ts';
import { backends, call } from './conformance/harness.ts';

type Tensor = neocog.Tensor;

const { zeros } = neocog;
const nan = Number.NaN;
const int = (...shape: number[]): Tensor => zeros(shape, { dtype: 'int32' });
const floats = (...shape: number[]): Tensor => zeros(shape);

interface Case {
  readonly title: string;
  readonly inputs: readonly Tensor[];
  readonly run: (...inputs: Tensor[]) => Tensor;
  readonly shape: readonly number[];
  readonly gives: readonly number[];
}

/** A call of tensors, which come first, and options. */
const of = (
  name: string,
  inputs: readonly Tensor[],
  rest: readonly unknown[],
  shape: readonly number[],
  gives: readonly number[] = [],
): Case => ({
  title: `${name} of ${inputs.map((t) => `[${t.shape}]`).join(', ')} ${JSON.stringify(rest)}`,
  inputs,
  run: (...values) => {
    const result = call<Tensor | { output: Tensor }>(name, ...values, ...rest);
    return 'output' in result ? result.output : result;
  },
  shape,
  gives,
});

const images = floats(0, 4, 8, 8);
const reductions = [
  { reduction: 'mean', shape: [], gives: [nan] },
  { reduction: 'sum', shape: [], gives: [0] },
];

const cases: readonly Case[] = [
  of('globalAvgPool', [images], [], [0, 4, 1, 1]),
  of('globalAvgPool', [floats(0, 8, 8, 4)], [{ layout: 'channels-last' }], [0, 1, 1, 4]),
  of('globalMaxPool', [images], [], [0, 4, 1, 1]),
  ...['maxPool2d', 'avgPool2d', 'lpPool2d', 'maxPool2dWithIndices'].map((name) =>
    of(name, [images], [2], [0, 4, 4, 4]),
  ),
  ...['adaptiveAvgPool2d', 'adaptiveMaxPool2d', 'adaptiveMaxPool2dWithIndices'].map((name) =>
    of(name, [images], [3], [0, 4, 3, 3]),
  ),
  of('maxUnpool2d', [images, int(0, 4, 8, 8)], [2], [0, 4, 16, 16]),
  of('conv2d', [images, floats(6, 4, 3, 3)], [], [0, 6, 6, 6]),
  of('conv2d', [images, floats(6, 4, 3, 3)], [{ padding: 1, paddingMode: 'reflect' }], [0, 6, 8, 8]),
  of('convTranspose2d', [images, floats(4, 6, 3, 3)], [], [0, 6, 10, 10]),
  of('linear', [floats(0, 4), floats(3, 4)], [], [0, 3]),
  of('unfold', [images], [2], [0, 16, 49]),
  of('fold', [floats(0, 16, 49)], [[8, 8], 2], [0, 4, 8, 8]),
  of('localResponseNorm', [images], [3], [0, 4, 8, 8]),
  of('resize', [images], [{ size: 5, mode: 'linear' }], [0, 4, 5, 5]),
  of('pixelShuffle', [images], [2], [0, 1, 16, 16]),
  of('cumSum', [floats(0, 3)], [{ axis: 1 }], [0, 3]),
  of('cumSum', [floats(0, 3)], [{ axis: 0, exclusive: true, reverse: true }], [0, 3]),
  of('gather', [floats(2, 3), int(0, 2)], [{ axis: 1 }], [0, 2]),
  of('scatter', [floats(0, 3), int(0, 2), floats(0, 2)], [{ axis: 1 }], [0, 3]),
  of('scatter', [floats(1, 3), int(1, 0), floats(1, 0)], [{ axis: 1, reduction: 'add' }], [1, 3], [0, 0, 0]),
  ...['tril', 'triu'].flatMap((name) => [
    of(name, [floats(0, 3, 3)], [], [0, 3, 3]),
    of(name, [int(2, 0, 3)], [], [2, 0, 3]),
  ]),
  of('embedding', [int(0), floats(4, 3)], [], [0, 3]),
  of('indexSelect', [floats(0, 3)], [[1, 2], { axis: 1 }], [0, 2]),
  of('matmul', [floats(0, 4, 2), floats(0, 2, 3)], [], [0, 4, 3]),
  of('matmul', [floats(2, 0), floats(0, 2)], [], [2, 2], [0, 0, 0, 0]),
  of('batchNorm', [images, floats(4), floats(4)], [], [0, 4, 8, 8]),
  of('instanceNorm', [images], [], [0, 4, 8, 8]),
  of('groupNorm', [images], [{ groups: 2 }], [0, 4, 8, 8]),
  of('layerNorm', [floats(0, 5)], [{ normalizedShape: 5 }], [0, 5]),
  ...['softmax', 'logSoftmax'].flatMap((name) => [
    of(name, [floats(0, 4)], [], [0, 4]),
    of(name, [floats(2, 0)], [], [2, 0]),
    of(name, [floats(2, 0, 3)], [{ axis: 1 }], [2, 0, 3]),
  ]),
  of('sum', [floats(0, 2)], [{ axis: 0 }], [2], [0, 0]),
  of('mean', [floats(0)], [], [], [nan]),
  of('mean', [floats(0, 2)], [{ axis: 0, keepDims: true }], [1, 2], [nan, nan]),
  of('mean', [floats(0, 2)], [{ axis: 1 }], [0]),
  of('prod', [floats(0, 2)], [{ axis: 0 }], [2], [1, 1]),
  of('prod', [floats(0)], [], [], [1]),
  of('logSumExp', [floats(2, 0)], [{ axis: 1 }], [2], [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]),
  ...['max', 'min', 'argMax', 'argMin'].map((name) => of(name, [floats(0, 2)], [{ axis: 1 }], [0])),
  ...['mse', 'l1', 'smoothL1', 'huber', 'klDiv', 'bce', 'bceWithLogits'].flatMap((name) => [
    of(name, [floats(0, 3), floats(0, 3)], [{ reduction: 'none' }], [0, 3]),
    ...reductions.map(({ reduction, shape, gives }) =>
      of(name, [floats(0, 3), floats(0, 3)], [{ reduction }], shape, gives),
    ),
  ]),
  of('klDiv', [floats(0, 3), floats(0, 3)], [{ reduction: 'batchmean' }], [], [nan]),
  of('klDiv', [floats(3, 0), floats(3, 0)], [{ reduction: 'batchmean' }], [], [0]),
  of('mse', [floats(3, 0), floats(3, 0)], [], [], [nan]),
  ...['crossEntropy', 'nll'].flatMap((name) => [
    of(name, [floats(0, 3, 2), int(0, 2)], [{ reduction: 'none' }], [0, 2]),
    ...reductions.map(({ reduction, shape, gives }) =>
      of(name, [floats(0, 3), int(0)], [{ reduction }], shape, gives),
    ),
  ]),
  of('crossEntropy', [floats(0, 3), floats(0, 3)], [], [], [nan]),
];

function expectGives(y: Tensor, { shape, gives }: Case): void {
  expect(y.shape).toEqual(shape);
  expect([...y.data]).toEqual(gives);
}

describe.each(backends)('on %s', (backend) => {
  it.each(cases.map((each) => [each.title, each] as const))('%s', (_, each) => {
    neocog.withBackend(backend, () => expectGives(each.run(...each.inputs), each));
  });

  it('gradients of nothing are nothing, or zeros', () => {
    neocog.withBackend(backend, () => {
      const x = zeros([0, 3, 4, 4], { requiresGrad: true });
      const w = neocog.ones([2, 3, 3, 3], { requiresGrad: true });
      const pooled = neocog.globalMaxPool(neocog.conv2d(x, w) as Tensor);
      neocog.mean(pooled).backward();
      expect(x.grad?.shape).toEqual([0, 3, 4, 4]);
      expect([...(w.grad as Tensor).data]).toEqual(new Array(54).fill(0));
    });
  });

  it('training on nothing leaves running statistics as they are', () => {
    neocog.withBackend(backend, () => {
      for (const layer of [
        new neocog.nn.BatchNorm2d(3),
        new neocog.nn.InstanceNorm2d(3, { trackRunningStats: true }),
      ]) {
        expect(layer.forward(zeros([0, 3, 4, 4])).shape).toEqual([0, 3, 4, 4]);
        expect([...(layer.runningMean as Tensor).data]).toEqual([0, 0, 0]);
        expect([...(layer.runningVar as Tensor).data]).toEqual([1, 1, 1]);
      }
    });
  });
});

describe('compiled', () => {
  it.each(cases.map((each) => [each.title, each] as const))('%s', async (_, each) => {
    const named = Object.fromEntries(each.inputs.map((t, i) => [`x${i}`, t]));
    const run = (all: Tensors): Tensors => ({ y: each.run(...Object.values(all)) });
    expectGives((await runCompiled(named, [], false, run)).y as Tensor, each);
  });

  it('a network runs on no image', async () => {
    const program = await neocog.compile(neocog.models.lenet5(), { input: [0, 1, 28, 28] });
    expect((await program.run(zeros([0, 1, 28, 28]))).shape).toEqual([0, 10]);
    program.dispose();
  });
});

it('a compiled training step on no image moves nothing', async () => {
  const net = new neocog.nn.Sequential(
    new neocog.nn.Conv2d(1, 2, 3),
    new neocog.nn.BatchNorm2d(2),
    new neocog.nn.ReLU(),
    new neocog.nn.GlobalAvgPool(),
    new neocog.nn.Flatten(),
    new neocog.nn.Linear(2, 3),
  );
  const before = Object.entries(net.stateDict()).map(([name, t]) => [name, [...t.data]]);
  const optimizer = new neocog.optim.SGD(net.parameters(), { lr: 0.5 });
  const trainer = await neocog.compileTraining(net, {
    input: [2, 1, 5, 5],
    loss: neocog.crossEntropy,
    optimizer,
  });
  const { loss } = await trainer.step(zeros([0, 1, 5, 5]), int(0));
  trainer.sync();
  trainer.dispose();
  expect(loss).toBeNaN();
  const after = Object.entries(net.stateDict()).map(([name, t]) => [name, [...t.data]]);
  const counted = (name: string): boolean => !name.endsWith('num_batches_tracked');
  expect(after.filter(([name]) => counted(String(name)))).toEqual(
    before.filter(([name]) => counted(String(name))),
  );
});

it('refuses what has no answer', () => {
  const wrong: [() => unknown, string][] = [
    [() => neocog.max(zeros([2, 0]), { axis: 1 }), 'max: input [2,0] has no values along axis 1'],
    [() => neocog.argMin(zeros([0])), 'argMin: input [0] has no values'],
    [() => neocog.globalAvgPool(zeros([2, 3, 0, 4])), 'only the batch may be empty'],
    [() => neocog.globalMaxPool(zeros([2, 0, 4])), 'only the batch may be empty'],
    [() => neocog.klDiv(zeros([]), zeros([]), { reduction: 'batchmean' }), 'klDiv: input is a single number'],
  ];
  for (const [attempt, sentence] of wrong) expect(attempt).toThrow(sentence);
});
