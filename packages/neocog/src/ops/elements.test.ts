// gather, scatter, cumSum, tril, triu, tan, prelu and localResponseNorm where the reference vectors do not reach: repeated, negative
// and computed indices, whole numbers, NaN and infinities, long rows. On both backends and compiled.

import * as neocog from 'neocog';
import { describe, expect, it } from 'vitest';
import { runCompiled, type Tensors } from '../../../../test/compiled.ts';
import { backends } from '../../../../test/conformance/harness.ts';
import { normal, whole } from '../../../../test/samples.ts';

type Tensor = neocog.Tensor;

const { cast, cumSum, gather, grad, localResponseNorm, mul, scatter, tan, tensor, tril, triu, withBackend } =
  neocog;
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const int = (data: readonly number[], ...shape: number[]): Tensor =>
  tensor(data as number[], shape, { dtype: 'int32' });
const floats = (data: readonly number[], ...shape: number[]): Tensor => tensor(data as number[], shape);

interface Case {
  readonly title: string;
  readonly inputs: Tensors;
  readonly run: (t: Tensors) => Tensor;
  readonly gives: readonly number[];
}

const x = floats([1, 2, 3, 4, 5, 6], 2, 3);
const repeated = int([1, 1, -1, 1, 0, 0, 2, -3], 2, 4);
const values = floats([10, 20, 30, 40, 50, 60, 70, 80], 2, 4);
const column = int([1, 0], 2, 1);

const cases: readonly Case[] = [
  {
    title: 'gather with repeated and negative indices',
    inputs: { x, i: repeated },
    run: (t) => gather(t.x, t.i, { axis: -1 }),
    gives: [2, 2, 3, 2, 4, 4, 6, 4],
  },
  {
    title: 'gather along the first axis, of fewer columns',
    inputs: { x, i: int([1, 0, 0, 1, -1, 1], 3, 2) },
    run: (t) => gather(t.x, t.i),
    gives: [4, 2, 1, 5, 4, 5],
  },
  {
    title: 'gather of whole numbers',
    inputs: { x: int([2 ** 24 + 1, -1, 7], 3), i: int([2, 0], 2) },
    run: (t) => gather(t.x, t.i),
    gives: [7, 2 ** 24 + 1],
  },
  {
    title: 'scatter: the last value stays',
    inputs: { x, i: repeated, v: values },
    run: (t) => scatter(t.x, t.i, t.v, { axis: 1 }),
    gives: [1, 40, 30, 80, 5, 70],
  },
  {
    title: 'scatter into fewer rows and from more values',
    inputs: { x, i: int([2, 2, 1], 1, 3), v: floats([7, 8, 9, 10, 11, 12, 13, 14], 2, 4) },
    run: (t) => scatter(t.x, t.i, t.v, { axis: 1 }),
    gives: [1, 9, 8, 4, 5, 6],
  },
  {
    title: 'scatter of a number over NaN',
    inputs: { x: floats([nan, 2, nan, inf], 2, 2), i: column },
    run: (t) => scatter(t.x, t.i, 9, { axis: 1 }),
    gives: [nan, 9, 9, inf],
  },
  {
    title: 'scatter of NaN, lost ones leave nothing',
    inputs: { x, i: int([0, 0, 2], 1, 3), v: floats([nan, 5, inf], 1, 3) },
    run: (t) => scatter(t.x, t.i, t.v, { axis: 1 }),
    gives: [5, 2, inf, 4, 5, 6],
  },
  {
    title: 'scatter of whole numbers',
    inputs: { x: int([1, 2, 3], 3), i: int([2, 2], 2), v: int([5, 2 ** 24 + 1], 2) },
    run: (t) => scatter(t.x, t.i, t.v),
    gives: [1, 2, 2 ** 24 + 1],
  },
  {
    title: 'scatter that adds',
    inputs: { x, i: repeated, v: values },
    run: (t) => scatter(t.x, t.i, t.v, { axis: 1, reduction: 'add' }),
    gives: [1, 72, 33, 194, 5, 76],
  },
  {
    title: 'scatter that adds to fewer rows',
    inputs: { x, i: int([1, 1], 2, 1), v: values },
    run: (t) => scatter(t.x, t.i, t.v, { axis: 0, reduction: 'add' }),
    gives: [1, 2, 3, 64, 5, 6],
  },
  {
    title: 'scatter of many for one place',
    inputs: { x: floats([0, 0], 2), i: int(new Array(37).fill(1), 37), v: cumSum(neocog.ones([37])) },
    run: (t) => scatter(t.x, t.i, t.v),
    gives: [0, 37],
  },
  {
    title: 'cumSum hands NaN and infinities on',
    inputs: { x: floats([1, inf, 1, -inf, 1, nan], 6) },
    run: (t) => cumSum(t.x),
    gives: [1, inf, inf, nan, nan, nan],
  },
  {
    title: 'cumSum does not look ahead',
    inputs: { x: floats([1, 2, 3, nan, inf], 5) },
    run: (t) => cumSum(t.x, { exclusive: true }),
    gives: [0, 1, 3, 6, nan],
  },
  {
    title: 'tril of NaN',
    inputs: { x: floats([nan, nan, 3, inf], 2, 2) },
    run: (t) => tril(t.x),
    gives: [nan, 0, 3, inf],
  },
  {
    title: 'triu of whole numbers',
    inputs: { x: int([2 ** 24 + 1, 2, 3, 4, 5, 6], 2, 3) },
    run: (t) => triu(t.x),
    gives: [2 ** 24 + 1, 2, 3, 0, 5, 6],
  },
  {
    title: 'tril of whole numbers in a batch',
    inputs: { x: int([1, 2, 3, 4, 5, 6, 7, 8], 2, 2, 2) },
    run: (t) => tril(t.x, { diagonal: -1 }),
    gives: [0, 0, 3, 0, 0, 0, 7, 0],
  },
  {
    title: 'tan',
    inputs: { x: floats([0, inf, nan, 1.25, -1.25], 5) },
    run: (t) => tan(t.x),
    gives: [0, nan, nan, Math.tan(1.25), Math.tan(-1.25)],
  },
  {
    title: 'prelu of a row, which has one slope',
    inputs: { x: floats([-2, 3], 2), w: floats([0.5], 1) },
    run: (t) => neocog.prelu(t.x, t.w),
    gives: [-1, 3],
  },
  {
    title: 'localResponseNorm over more channels than there are',
    inputs: { x: floats([1, 2, 2], 1, 3, 1) },
    run: (t) => localResponseNorm(t.x, 300_000_000, { alpha: 300_000_000, beta: 0.5, k: 7 }),
    gives: [0.25, 0.5, 0.5],
  },
  {
    title: 'localResponseNorm of an even size, more before than after',
    inputs: { x: floats([1, 10, 100], 1, 3, 1) },
    run: (t) => localResponseNorm(t.x, 2, { alpha: 2, beta: 1, k: 0 }),
    gives: [1, 10 / 101, 100 / 10100],
  },
];

function expectGives(y: Tensor, gives: readonly number[]): void {
  expect(y.data).toHaveLength(gives.length);
  gives.forEach((wanted, i) => {
    const got = y.data[i];
    if (Number.isInteger(wanted) || !Number.isFinite(wanted)) expect(got, `at ${i}`).toBe(wanted);
    else expect(got / wanted, `at ${i}`).toBeCloseTo(1, 6);
  });
}

describe.each(backends)('on %s', (backend) => {
  it.each(cases.map((each) => [each.title, each] as const))('%s', (_, { inputs, run, gives }) => {
    withBackend(backend, () => expectGives(run(inputs), gives));
  });

  it('pow by a known whole number is a product, bit for bit', () => {
    withBackend(backend, () => {
      const t = normal(2, [200]);
      expect(neocog.pow(t, 2).data).toEqual(mul(t, t).data);
    });
  });

  it('tile repeats as often as it is told, also not at all', () => {
    withBackend(backend, () => {
      expect(neocog.tile(x, [0, 2]).shape).toEqual([0, 6]);
      expect([...neocog.tile(x, [1, 2]).data]).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
    });
  });

  it('cumSum adds whole numbers as such', () => {
    withBackend(backend, () => {
      expect([...cumSum(int([2 ** 24, 1, 1, 5], 4)).data]).toEqual([
        2 ** 24,
        2 ** 24 + 1,
        2 ** 24 + 2,
        2 ** 24 + 7,
      ]);
      const added = scatter(int([2 ** 24, 3], 2), int([0, 0], 2), int([1, 2], 2), { reduction: 'add' });
      expect([...added.data]).toEqual([2 ** 24 + 3, 3]);
    });
  });

  it('gradients of scatter go where values stayed', () => {
    withBackend(backend, () => {
      const [a, b] = [whole(1, [2, 3], true), whole(2, [2, 4], true)];
      const above = floats([1, 2, 3, 4, 5, 6], 2, 3);
      const y = scatter(a, repeated, b, { axis: 1 });
      const [da, db] = grad(y, [a, b], { gradient: above }) as [Tensor, Tensor];
      expect([...da.data]).toEqual([1, 0, 0, 0, 5, 0]);
      expect([...db.data]).toEqual([0, 0, 3, 2, 0, 0, 6, 4]);
      const sums = scatter(a, repeated, b, { axis: 1, reduction: 'add' });
      const [ea, eb] = grad(sums, [a, b], { gradient: above }) as [Tensor, Tensor];
      expect([...ea.data]).toEqual([1, 2, 3, 4, 5, 6]);
      expect([...eb.data]).toEqual([2, 2, 3, 2, 4, 4, 6, 4]);
    });
  });
});

describe('compiled', () => {
  it.each(cases.map((each) => [each.title, each] as const))('%s', async (_, { inputs, run, gives }) => {
    // Indices of the run, and indices that are known beforehand.
    expectGives((await runCompiled(inputs, [], false, (t) => ({ y: run(t) }))).y, gives);
    const { i, ...others } = inputs;
    if (!i) return;
    expectGives((await runCompiled(others, [], false, (t) => ({ y: run({ ...t, i }) }))).y, gives);
  });

  it('indices that are computed stop at the ends of the axis', async () => {
    const i = floats([9, -9, 1], 3);
    const row = floats([5, 6, 7], 3);
    const run = (t: Tensors): Tensors => {
      const at = cast(mul(t.i, 1), 'int32');
      return {
        gathered: gather(t.row, at),
        put: scatter(t.row, at, floats([1, 2, 3], 3)),
        added: scatter(t.row, at, floats([1, 2, 3], 3), { reduction: 'add' }),
      };
    };
    const found = await runCompiled({ i, row }, [], false, run);
    expect([...found.gathered.data]).toEqual([7, 5, 6]);
    expect([...found.put.data]).toEqual([2, 3, 1]);
    expect([...found.added.data]).toEqual([7, 9, 8]);
  });

  it('sums of whole numbers are refused', async () => {
    const given = { x: int([1, 2], 2), i: int([0], 1) };
    const attempts: ((t: Tensors) => Tensor)[] = [
      (t) => cumSum(t.x),
      (t) => scatter(t.x, t.i, 5, { reduction: 'add' }),
    ];
    for (const attempt of attempts) {
      const run = runCompiled(given, [], false, (t) => ({ y: attempt(t) }));
      await expect(run).rejects.toThrow('input is int32, but a compiled network adds float32 only');
    }
  });
});

describe('cumSum of long rows', () => {
  const long = normal(1, [3, 20_011, 2]);

  it('is as near as a sum in pairs', () => {
    const exact = new Float64Array(6);
    const y = cumSum(long, { axis: 1 });
    let worst = 0;
    y.data.forEach((value, i) => {
      const lane = Math.floor(i / 40_022) * 2 + (i % 2);
      exact[lane] += long.data[i];
      worst = Math.max(worst, Math.abs(value - exact[lane]));
    });
    expect(worst).toBeLessThan(1e-4);
  });

  it('takes linear memory: no node of its program is larger than the row', () => {
    class Running extends neocog.nn.Module {
      forward(t: Tensor): Tensor {
        return cumSum(t, { axis: 1 });
      }
    }
    const { nodes } = neocog.recordNetwork(new Running(), { input: [1, 20_011] });
    const sizes = nodes.flatMap((node) => node.outputs.map((value) => value.size));
    expect(Math.max(...sizes)).toBe(20_011);
    expect(sizes.reduce((a, b) => a + b)).toBeLessThan(8 * 20_011);
  });
});

describe('scatter', () => {
  it('of nothing gives back what it was given', () => {
    const [x, none] = [int([1, 2], 2), int([], 0)];
    expect(scatter(x, none, 9)).toBe(x);
    expect(scatter(x, none, none, { reduction: 'add' })).toBe(x);
  });

  it.each([2 ** 31, -(2 ** 31) - 1, 0.5, Number.NaN])('refuses to put %d among whole numbers', (value) => {
    expect(() => scatter(int([1, 2], 2), int([0], 1), value)).toThrow('a whole number for int32 input');
  });

  it('puts the least and the greatest whole number', () => {
    for (const value of [2 ** 31 - 1, -(2 ** 31)])
      expect([...scatter(int([1, 2], 2), int([0], 1), value).data]).toEqual([value, 2]);
  });
});
