// Losses at their edges: saturated probabilities, empty targets, what is refused. Values in between are held by the
// reference vectors.

import { describe, expect, it } from 'vitest';
import * as neocog from '../index.ts';

const { tensor, ShapeError } = neocog;
type Tensor = neocog.Tensor;

const wanting = (values: number[]): Tensor => tensor(values, [values.length], { requiresGrad: true });

describe.each(['reference', 'wasm'] as const)('on %s', (backend) => {
  const slopes = (x: Tensor, loss: (x: Tensor) => Tensor): [values: number[], slopes: number[]] =>
    neocog.withBackend(backend, () => {
      const y = loss(x);
      y.backward(neocog.ones(y.shape));
      return [[...y.data], [...(x.grad as Tensor).data]];
    });

  it('bce holds logarithms at -100 and slopes at 1e12', () => {
    const target = tensor([0, 1, 0, 1]);
    const [values, by] = slopes(wanting([0, 0, 1, 1]), (x) => neocog.bce(x, target, { reduction: 'none' }));
    expect(values).toEqual([0, 100, 100, 0]);
    expect(by.map((v) => Number(v.toPrecision(6)))).toEqual([0, -1e12, 1e12, 0]);
  });

  it('klDiv adds nothing for a target of 0', () => {
    const input = wanting([-Infinity, Math.log(0.5)]);
    const [values, by] = slopes(input, (x) => neocog.klDiv(x, tensor([0, 1]), { reduction: 'none' }));
    expect(values).toEqual([0, expect.closeTo(Math.log(2), 6)]);
    expect(by).toEqual([0, -1]);
  });

  it('klDiv takes targets as logarithms', () => {
    const [input, target] = [wanting([-1, -2]), tensor([0.25, 0.75])];
    const logs = tensor([Math.log(0.25), Math.log(0.75)]);
    const [plain] = slopes(input, (x) => neocog.klDiv(x, target, { reduction: 'sum' }));
    const [logged] = slopes(input, (x) => neocog.klDiv(x, logs, { reduction: 'sum', logTarget: true }));
    expect(logged[0]).toBeCloseTo(plain[0], 5);
  });

  it('smoothL1 with a beta of 0 is l1', () => {
    const of = (loss: typeof neocog.l1, options = {}) =>
      slopes(wanting([-2, 0, 3]), (x) => loss(x, tensor([0, 0, 0]), { reduction: 'none', ...options }));
    expect(of(neocog.smoothL1, { beta: 0 })).toEqual(of(neocog.l1));
    expect(of(neocog.l1)).toEqual([
      [2, 0, 3],
      [-1, 0, 1],
    ]);
  });

  it('nll of logSoftmax is crossEntropy', () => {
    const x = tensor(
      [
        [1, 2, -1],
        [0, 0.5, 3],
      ],
      undefined,
      { requiresGrad: true },
    );
    const y = tensor([2, 1], [2], { dtype: 'int32' });
    const options = { weight: tensor([1, 2, 0.5]), ignoreIndex: 0 };
    const one = slopes(x, (t) => neocog.crossEntropy(t, y, options));
    x.grad = null;
    expect(slopes(x, (t) => neocog.nll(neocog.logSoftmax(t, { axis: 1 }), y, options))).toEqual(one);
  });

  it('nll takes a single sample, and impossible classes', () => {
    const y = tensor(1, [], { dtype: 'int32' });
    expect(slopes(wanting([-Infinity, -0.5]), (x) => neocog.nll(x, y))).toEqual([[0.5], [0, -1]]);
  });

  it('a weight scales bce', () => {
    const [x, target, weight] = [tensor([0.25, 0.75]), tensor([1, 1]), tensor([2])];
    const plain = neocog.bce(x, target).item();
    expect(neocog.bce(x, target, { weight }).item()).toBeCloseTo(2 * plain, 5);
  });
});

const two = tensor([0.5, 0.5]);
const int = tensor([0], [1], { dtype: 'int32' });

it('crossEntropy with probabilities takes a class to ignore that is none', () => {
  const [scores, target] = [tensor([[1, 2]]), tensor([[0.25, 0.75]])];
  const plain = neocog.crossEntropy(scores, target).item();
  expect(neocog.crossEntropy(scores, target, { ignoreIndex: -100 }).item()).toBe(plain);
});

it.each([
  ['a probability above 1', () => neocog.bce(tensor([1.5]), tensor([1]))],
  ['NaN as a probability', () => neocog.bce(tensor([Number.NaN]), tensor([1]))],
  ['a weight that would enlarge the input', () => neocog.bce(two, two, { weight: neocog.ones([3, 2]) })],
  ['targets of another shape', () => neocog.bceWithLogits(two, tensor([1]))],
  ['the batch mean of a single number', () => neocog.klDiv(tensor(1), tensor(1), { reduction: 'batchmean' })],
  ['batchmean elsewhere', () => neocog.mse(two, two, { reduction: 'batchmean' as 'mean' })],
  ['a misspelt option', () => neocog.huber(two, two, { beta: 1 } as object)],
  ['a delta of 0', () => neocog.huber(two, two, { delta: 0 })],
  ['a negative beta', () => neocog.smoothL1(two, two, { beta: -1 })],
  ['probabilities in nll', () => neocog.nll(neocog.zeros([1, 2]), neocog.zeros([1, 2]))],
  [
    'a class of probabilities',
    () => neocog.crossEntropy(neocog.zeros([1, 2]), neocog.zeros([1, 2]), { ignoreIndex: 1 }),
  ],
  [
    'the first class of probabilities',
    () => neocog.crossEntropy(neocog.zeros([1, 2]), neocog.zeros([1, 2]), { ignoreIndex: 0 }),
  ],
  ['class weights of another length', () => neocog.nll(neocog.zeros([1, 2]), int, { weight: tensor([1]) })],
])('losses refuse %s', (_, run) => {
  expect(run).toThrow(ShapeError);
});
