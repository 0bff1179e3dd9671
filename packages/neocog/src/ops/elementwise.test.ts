// Mathematical functions and comparisons: hand values, special values, gradients at kinks, both backends and compiled.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { runCompiled } from '../../../../test/compiled.ts';
import { backends } from '../../../../test/conformance/harness.ts';

type Tensor = neocog.Tensor;

const { tensor } = neocog;
const integers = (...values: number[]): Tensor => tensor(Int32Array.from(values));
const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];

interface Case {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly run: (...inputs: Tensor[]) => Tensor;
  readonly gives: readonly number[];
}

const unary = (name: keyof typeof neocog, x: number[], gives: number[]): Case => ({
  name,
  inputs: [tensor(x)],
  run: neocog[name] as (x: Tensor) => Tensor,
  gives,
});

const binary = (name: keyof typeof neocog, a: Tensor, b: Tensor, gives: number[]): Case => ({
  name: `${name} ${a.dtype}`,
  inputs: [a, b],
  run: neocog[name] as (a: Tensor, b: Tensor) => Tensor,
  gives,
});

const order = [tensor([1, 2, 3, nan, inf]), tensor([2, 2, 2, 1, inf])] as const;
const counts = [integers(1, 2, 3), integers(2)] as const;

const cases: readonly Case[] = [
  unary('exp', [0, 1, -inf, nan], [1, Math.E, 0, nan]),
  unary('log', [1, 0, -1, inf], [0, -inf, nan, inf]),
  unary('sqrt', [4, 0, -1], [2, 0, nan]),
  unary('abs', [-2, 3, -inf], [2, 3, inf]),
  unary('neg', [-2, 3], [2, -3]),
  unary('sign', [-2, 0, 5], [-1, 0, 1]),
  unary('floor', [-1.5, 1.5, -2, 1e20], [-2, 1, -2, 1e20]),
  unary('ceil', [-1.5, 1.5, -2, 1e20], [-1, 2, -2, 1e20]),
  unary('round', [0.5, 1.5, 2.5, -0.5, -1.5, 0.49999997, -0.7], [0, 2, 2, 0, -2, 0, -1]),
  unary('round', [8388609, -8388607.5, 1e20, inf, -inf, nan], [8388609, -8388608, 1e20, inf, -inf, nan]),
  unary('reciprocal', [2, -4, 0], [0.5, -0.25, inf]),
  unary('square', [-3, 0.5], [9, 0.25]),
  unary('sin', [0, 1, -2, 100, inf], [0, Math.sin(1), Math.sin(-2), Math.sin(100), nan]),
  unary('cos', [0, 1, -2, 100, inf], [1, Math.cos(1), Math.cos(-2), Math.cos(100), nan]),
  unary('erf', [0, 0.5, -inf], [0, 0.5204998778130465, -1]),
  binary('pow', tensor([2, -2, 0, 9, -1]), tensor([3, 3, 0, 0.5, 0.5]), [8, -8, 1, 3, nan]),
  binary('maximum', ...order, [2, 2, 3, nan, inf]),
  binary('minimum', ...order, [1, 2, 2, nan, inf]),
  binary('greater', ...order, [0, 0, 1, 0, 0]),
  binary('greaterEqual', ...order, [0, 1, 1, 0, 1]),
  binary('less', ...order, [1, 0, 0, 0, 0]),
  binary('lessEqual', ...order, [1, 1, 0, 0, 1]),
  binary('equal', ...order, [0, 1, 0, 0, 1]),
  binary('notEqual', ...order, [1, 0, 1, 1, 0]),
  binary('greater', ...counts, [0, 0, 1]),
  binary('equal', ...counts, [0, 1, 0]),
  {
    name: 'clamp between numbers',
    inputs: [tensor([-2, 0.5, 3, nan])],
    run: (x) => neocog.clamp(x, { min: 0, max: 1 }),
    gives: [0, 0.5, 1, nan],
  },
  {
    name: 'clamp from below only',
    inputs: [tensor([-2, 3])],
    run: (x) => neocog.clamp(x, { min: -1 }),
    gives: [-1, 3],
  },
  {
    name: 'clamp between tensors, the upper limit first of two that cross',
    inputs: [tensor([0, 5, 2]), tensor([1, 0, 9]), tensor([3])],
    run: (x, min, max) => neocog.clamp(x, { min, max }),
    gives: [1, 3, 3],
  },
  {
    name: 'where',
    inputs: [tensor([1, 0, nan, -2]), tensor([5]), tensor([1, 2, 3, 4])],
    run: neocog.where,
    gives: [5, 2, 5, 5],
  },
  {
    name: 'where of integers and numbers',
    inputs: [integers(1, 0), tensor([2, inf])],
    run: (condition, x) => neocog.where(condition, x, -1),
    gives: [2, -1],
  },
];

function expectClose(actual: Tensor, gives: readonly number[]): void {
  expect(actual.dtype).toBe('float32');
  expect(actual.size).toBe(gives.length);
  actual.data.forEach((value, i) => {
    const wanted = Math.fround(gives[i]);
    const off = Math.abs(value - wanted) <= 4e-7 * Math.abs(wanted);
    expect(value === wanted || off || Number.isNaN(value + wanted), `${value} for ${wanted}`).toBe(true);
    expect(Number.isNaN(value)).toBe(Number.isNaN(wanted));
  });
}

describe.each(backends)('on %s', (backend) => {
  it.each(cases.map((each) => [each.name, each] as const))('%s', (_, { inputs, run, gives }) => {
    expectClose(
      neocog.withBackend(backend, () => run(...inputs)),
      gives,
    );
  });
});

describe('compiled', () => {
  it.each(cases.map((each) => [each.name, each] as const))('%s', async (_, { inputs, run, gives }) => {
    const named = Object.fromEntries(inputs.map((t, i) => [`x${i}`, t]));
    const found = await runCompiled(named, [], false, (given) => ({ y: run(...Object.values(given)) }));
    expectClose(found.y, gives);
  });
});

describe('slopes where formulas bend', () => {
  const slopes = (run: (x: Tensor) => Tensor, ...x: number[]): number[] => {
    const input = tensor(x, [x.length], { requiresGrad: true });
    neocog.sum(run(input)).backward();
    return [...(input.grad as Tensor).data];
  };

  it('clamp gives the gradient to x at its limits', () => {
    expect(slopes((x) => neocog.clamp(x, { min: 0, max: 1 }), -1, 0, 0.5, 1, 2)).toEqual([0, 1, 1, 1, 0]);
  });

  it('maximum and minimum share a tie', () => {
    expect(slopes((x) => neocog.maximum(x, 1), 0, 1, 2)).toEqual([0, 0.5, 1]);
    expect(slopes((x) => neocog.minimum(x, 1), 0, 1, 2)).toEqual([1, 0.5, 0]);
  });

  it('pow at 0', () => {
    expect(slopes((x) => neocog.pow(x, 2), 0, 3)).toEqual([0, 6]);
    expect(slopes((x) => neocog.pow(x, tensor([0, 2])), 0, 0)).toEqual([0, 0]);
    expect(slopes((x) => neocog.pow(0, x), 0, 2)).toEqual([0, 0]);
  });

  it('where hides what it does not choose', () => {
    const safe = (x: Tensor) => neocog.where(neocog.greater(x, 0), neocog.log(x), 0);
    expect(slopes(safe, 2)).toEqual([0.5]);
  });
});

it('refuses what it cannot do', () => {
  const x = tensor([1, 2]);
  expect(() => neocog.exp(integers(1))).toThrow('exp: input is Tensor int32 [1]; give a float32 Tensor');
  expect(() => neocog.greater(x, tensor([1, 2, 3]))).toThrow('greater: shapes [2] and [3] do not broadcast');
  expect(() => neocog.clamp(x, { low: 1 } as object)).toThrow('clamp');
});

it('hardTanh takes one limit for both, and no range that is turned', () => {
  const x = neocog.tensor([-2, 0.5, 3]);
  expect([...neocog.hardTanh(x, { min: 0.5, max: 0.5 }).data]).toEqual([0.5, 0.5, 0.5]);
  expect(() => neocog.hardTanh(x, { min: 0.5, max: 0.25 })).toThrow('hardTanh: min is 0.5 and max is 0.25');
});

it('prelu has a slope for all, or for each channel, of which rows have one', () => {
  const [row, image] = [neocog.tensor([-1, 2]), neocog.tensor([-1, 2, -3, 4], [1, 2, 2])];
  expect([...neocog.prelu(row, neocog.tensor([0.5])).data]).toEqual([-0.5, 2]);
  expect([...neocog.prelu(image, neocog.tensor([2, 3])).data]).toEqual([-2, 2, -9, 4]);
  const refused = (x: neocog.Tensor, weight: neocog.Tensor, needed: string): void =>
    expect(() => neocog.prelu(x, weight)).toThrow(
      `prelu: weight has shape [${weight.shape}] for input ${needed}`,
    );
  refused(row, neocog.ones([2]), '[2]; give [1], or [1] for a slope per channel');
  refused(image, neocog.ones([3]), '[1,2,2]; give [1], or [2] for a slope per channel');
  refused(image, neocog.ones([1, 2]), '[1,2,2]; give [1]');
});

it('dropout of nothing is what it was given, and draws nothing', () => {
  const [x, generator] = [neocog.ones([3]), new neocog.Generator(4)];
  expect(neocog.dropout(x, { p: 0, generator })).toBe(x);
  expect(neocog.dropout(x, { training: false, generator })).toBe(x);
  expect(generator.uniform()).toBe(new neocog.Generator(4).uniform());
  expect([...neocog.dropout(x, { p: 1 }).data]).toEqual([0, 0, 0]);
});

it('the slope of a p-norm of zeros is 0, not NaN', () => {
  for (const normType of [1, 2, 3]) {
    const x = neocog.zeros([1, 1, 4], { requiresGrad: true });
    const [gradient] = neocog.grad(neocog.sum(neocog.lpPool1d(x, 2, { normType })), [x]);
    expect([...gradient.data]).toEqual([0, 0, 0, 0]);
  }
});
