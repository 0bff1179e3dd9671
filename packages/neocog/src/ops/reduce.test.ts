// Reductions and casts: hand values, special values, both backends and compiled.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { runCompiled } from '../../../../test/compiled.ts';
import { backends } from '../../../../test/conformance/harness.ts';
import { normal } from '../../../../test/samples.ts';

type Tensor = neocog.Tensor;

const { argMax, argMin, cast, logSumExp, max, min, prod, tensor } = neocog;
const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];

const table = tensor([
  [3, -1, 7],
  [2, 7, -5],
]);
const strange = tensor([
  [1, nan, 3],
  [-inf, 2, inf],
]);
const severalNan = tensor([
  [nan, nan, nan],
  [inf, nan, nan],
  [nan, -inf, inf],
  [-inf, -inf, 1],
]);
const cube = normal(3, [3, 4, 5]);

type Case = readonly [name: string, x: Tensor, run: (x: Tensor) => Tensor, shape: number[], gives: number[]];

/** A reduction of the cube over its axes 0 and 2, by plain loops. */
const ofColumns = (f: (column: number[]) => number): number[] =>
  [0, 1, 2, 3].map((b) => f([...cube.data].filter((_, i) => Math.floor(i / 5) % 4 === b)));

const cases: readonly Case[] = [
  ['max of all', table, (x) => max(x), [], [7]],
  ['max of rows', table, (x) => max(x, { axis: 1 }), [2], [7, 7]],
  ['max of columns', table, (x) => max(x, { axis: 0, keepDims: true }), [1, 3], [3, 7, 7]],
  ['max of several axes', cube, (x) => max(x, { axis: [0, -1] }), [4], ofColumns((c) => Math.max(...c))],
  ['max hands NaN on', strange, (x) => max(x, { axis: 1 }), [2], [nan, inf]],
  ['min of rows', table, (x) => min(x, { axis: -1 }), [2], [-1, -5]],
  ['min hands NaN on', strange, (x) => min(x, { axis: 1 }), [2], [nan, -inf]],
  ['prod of rows', table, (x) => prod(x, { axis: 1 }), [2], [-21, -70]],
  ['prod of all', table, (x) => prod(x), [], [1470]],
  ['prod of an odd number', tensor([2, 0, -3, 1, 5]), (x) => prod(x), [], [-0]],
  [
    'prod of several axes',
    cube,
    (x) => prod(x, { axis: [0, 2] }),
    [4],
    ofColumns((c) => c.reduce((a, b) => a * b)),
  ],
  ['logSumExp', tensor([1000, 1000]), (x) => logSumExp(x), [], [1000 + Math.log(2)]],
  ['logSumExp of nothing but 0', tensor([-inf, -inf]), (x) => logSumExp(x), [], [-inf]],
  ['logSumExp of infinity', tensor([1, inf]), (x) => logSumExp(x), [], [inf]],
  [
    'logSumExp of several axes',
    cube,
    (x) => logSumExp(x, { axis: [0, 2] }),
    [4],
    ofColumns((c) => Math.log(c.reduce((sum, v) => sum + Math.exp(v), 0))),
  ],
  ['argMax of rows', table, (x) => argMax(x, { axis: 1 }), [2], [2, 1]],
  ['argMax of columns', table, (x) => argMax(x, { axis: 0, keepDims: true }), [1, 3], [0, 1, 0]],
  ['argMax of all, the first', table, (x) => argMax(x), [], [2]],
  ['argMax takes NaN', strange, (x) => argMax(x, { axis: 1 }), [2], [1, 2]],
  ['argMin of rows', table, (x) => argMin(x, { axis: -1 }), [2], [1, 2]],
  ['argMax of several NaN, the first', severalNan, (x) => argMax(x, { axis: 1 }), [4], [0, 1, 0, 2]],
  ['argMin of several NaN, the first', severalNan, (x) => argMin(x, { axis: 1 }), [4], [0, 1, 0, 0]],
  ['argMax of all, the first NaN', severalNan, (x) => argMax(x), [], [0]],
  ['argMax of columns with NaN', severalNan, (x) => argMax(x, { axis: 0 }), [3], [0, 0, 0]],
  ['min hands each NaN on', severalNan, (x) => min(x, { axis: 1 }), [4], [nan, nan, nan, -inf]],
  ['argMax of integers', tensor(Int32Array.of(4, 9, 9)), (x) => argMax(x), [], [1]],
  [
    'argMax in the middle',
    cube,
    (x) => argMax(x, { axis: 1 }),
    [3, 5],
    middle((c) => c.indexOf(Math.max(...c))),
  ],
  [
    'argMin in the middle',
    cube,
    (x) => argMin(x, { axis: 1 }),
    [3, 5],
    middle((c) => c.indexOf(Math.min(...c))),
  ],
  [
    'cast to int32',
    tensor([1.7, -1.7, nan, 1e10, -inf]),
    (x) => cast(x, 'int32'),
    [5],
    [1, -1, 0, 2147483647, -2147483648],
  ],
  ['cast to float32', tensor(Int32Array.of(3, -4)), (x) => cast(x, 'float32'), [2], [3, -4]],
  [
    'cast to and fro',
    tensor([1.7, -1.7, 2.5]),
    (x) => neocog.mul(cast(cast(neocog.mul(x, 2), 'int32'), 'float32'), 0.5),
    [3],
    [1.5, -1.5, 2.5],
  ],
];

/** A reduction of the cube over its axis 1. */
function middle(f: (column: number[]) => number): number[] {
  return [0, 1, 2].flatMap((a) =>
    [0, 1, 2, 3, 4].map((c) => f([0, 1, 2, 3].map((b) => cube.data[(a * 4 + b) * 5 + c]))),
  );
}

function expectGives(y: Tensor, shape: readonly number[], gives: readonly number[]): void {
  expect(y.shape).toEqual(shape);
  y.data.forEach((value, i) => {
    const wanted = Math.fround(gives[i]);
    const near = value === wanted || Math.abs(value - wanted) <= 1e-6 * Math.max(1e-3, Math.abs(wanted));
    expect(near || (Number.isNaN(value) && Number.isNaN(wanted)), `${value} for ${wanted}`).toBe(true);
  });
}

const isInteger = (name: string): boolean => name.startsWith('arg') || name === 'cast to int32';

describe.each(backends)('on %s', (backend) => {
  it.each(cases)('%s', (name, x, run, shape, gives) => {
    const y = neocog.withBackend(backend, () => run(x));
    expect(y.dtype).toBe(isInteger(name) ? 'int32' : 'float32');
    expectGives(y, shape, gives);
  });
});

describe('compiled', () => {
  it.each(cases)('%s', async (name, x, run, shape, gives) => {
    const { y } = await runCompiled({ x }, [], false, (given) => ({ y: run(given.x as Tensor) }));
    expect((y as Tensor).dtype).toBe(isInteger(name) ? 'int32' : 'float32');
    expectGives(y as Tensor, shape, gives);
  });
});

it('ties of max share the gradient', () => {
  const x = tensor([2, 5, 5, 1], [4], { requiresGrad: true });
  max(x).backward();
  expect([...(x.grad as Tensor).data]).toEqual([0, 0.5, 0.5, 0]);
});

it('zeros have the right gradients in products', () => {
  const x = tensor([2, 0, 3], [3], { requiresGrad: true });
  prod(x).backward();
  expect([...(x.grad as Tensor).data]).toEqual([0, 6, 0]);
});

it('refuses what it cannot do', () => {
  const none = neocog.zeros([2, 0]);
  expect(() => max(none, { axis: 1 })).toThrow('max: input [2,0] has no values along axis 1');
  expect(() => min(none, { axis: 1 })).toThrow('min: input [2,0] has no values along axis 1');
  expect(max(none, { axis: 0 }).shape).toEqual([0]);
  expect(argMax(none, { axis: 0 }).shape).toEqual([0]);
  expect(() => neocog.indexSelect(table, [2])).toThrow('indexSelect: index 2 is outside axis 0 of [2,3]');
  expect(() => neocog.indexSelect(table, tensor([1]))).toThrow(
    'give a list of whole numbers, or an int32 Tensor',
  );
  expect(() => neocog.expand(table, [4, 3])).toThrow('does not stretch to [4,3]');
  expect(() => neocog.tile(table, [2])).toThrow('2 whole numbers');
  expect(() => neocog.split(table, [1, 1], { axis: 1 })).toThrow('sizes that add up to 3');
  expect(() => neocog.split(table, 4, { axis: 1 })).toThrow('number of parts that leaves none empty');
  expect(() => neocog.squeeze(table, { axis: 0 })).toThrow('name axes of size 1');
  expect(() => neocog.unsqueeze(table, [0, 0])).toThrow('name each once');
  expect(() => neocog.stack([table, tensor([1])])).toThrow('use concat');
});

it('pools of planes take an empty batch, and no empty plane', () => {
  for (const pool of [neocog.globalAvgPool, neocog.globalMaxPool]) {
    expect(pool(neocog.zeros([0, 2, 3])).shape).toEqual([0, 2, 1]);
    expect(pool(neocog.zeros([0, 3, 2]), { layout: 'channels-last' }).shape).toEqual([0, 1, 2]);
    for (const shape of [
      [1, 0, 3],
      [1, 2, 0],
      [1, 2],
    ])
      expect(() => pool(neocog.zeros(shape))).toThrow('[n, c, …] with at least one cell');
  }
});
