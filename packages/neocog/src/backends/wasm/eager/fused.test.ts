import { expect, test } from 'vitest';
import type { Expr } from '../../../expression/expression.ts';
import * as e from '../../../expression/expression.ts';
import type { Values } from '../../work.ts';
import type { FusedLoop } from '../../workParts.ts';
import { fused as run } from './fused.ts';

const fused = (loop: FusedLoop, inputs: readonly Values[]): Float32Array =>
  run({ op: 'fused', loop }, inputs)[0] as Float32Array;

let seed = 7;
/** Numbers in ±½, the same in every run. */
const floats = (length: number): Float32Array =>
  Float32Array.from({ length }, () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647 - 0.5;
  });

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** All positions of a shape in row-major order. */
function* positions(shape: readonly number[]): Generator<number[]> {
  for (let i = 0; i < size(shape); i++) {
    const position: number[] = [];
    let rest = i;
    for (const n of [...shape].reverse()) {
      position.unshift(rest % n);
      rest = Math.floor(rest / n);
    }
    yield position;
  }
}

type Formula = (x: number[], position: number[]) => number;

/** The definition, with the formula as a JavaScript function. */
function expected(loop: Omit<FusedLoop, 'expr'>, formula: Formula, inputs: readonly Values[]): number[] {
  const kept = loop.shape.flatMap((_, d) => (loop.reduced[d] ? [] : [d]));
  const outputs = new Array<number>(size(kept.map((d) => loop.shape[d]))).fill(
    loop.combine === 'sum' ? 0 : -Infinity,
  );
  for (const position of positions(loop.shape)) {
    const x = inputs.map(
      (values, i) => values[position.reduce((at, p, d) => at + p * loop.strides[i][d], 0)],
    );
    const at = kept.reduce((sum, d) => sum * loop.shape[d] + position[d], 0);
    const value = formula(x, position);
    outputs[at] = loop.combine === 'sum' ? outputs[at] + value : Math.max(outputs[at], value);
  }
  return outputs;
}

function check(expr: Expr, formula: Formula, loop: Omit<FusedLoop, 'expr'>, inputs: readonly Values[]): void {
  const actual = fused({ ...loop, expr }, inputs);
  const wanted = expected(loop, formula, inputs);
  expect(actual.length).toBe(wanted.length);
  wanted.forEach((y, i) => {
    const error = Number.isFinite(y)
      ? Math.abs(actual[i] - y) / (1 + Math.abs(y))
      : Object.is(actual[i], y)
        ? 0
        : 1;
    expect(error, `output ${i} is ${actual[i]}, expected ${y}`).toBeLessThan(2e-6);
  });
}

/** Row-major strides of a shape; 0 where `broadcast` says so. */
function dense(shape: readonly number[], broadcast: readonly boolean[] = []): number[] {
  let stride = 1;
  return [...shape.keys()].reverse().reduce<number[]>((strides, d) => {
    strides.unshift(broadcast[d] ? 0 : stride);
    if (!broadcast[d]) stride *= shape[d];
    return strides;
  }, []);
}

const [x0, x1] = [e.input(0), e.input(1)];
const none = (shape: readonly number[]): boolean[] => shape.map(() => false);
const twice = (n: number): boolean[][] =>
  n === 0
    ? [[]]
    : twice(n - 1).flatMap((rest) => [
        [false, ...rest],
        [true, ...rest],
      ]);

test('maps of every length', () => {
  for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 4095, 4096, 4097, 8200]) {
    const loop = { shape: [n], strides: [[1]], reduced: [false], combine: 'sum' as const };
    check(e.max(x0, 0), ([a]) => Math.max(a, 0), loop, [floats(n)]);
  }
});

test('a scalar, and shapes of ones', () => {
  const loop = { shape: [], strides: [[]], reduced: [], combine: 'sum' as const };
  check(e.exp(x0), ([a]) => Math.exp(a), loop, [floats(1)]);
  check(
    e.exp(x0),
    ([a]) => Math.exp(a),
    { ...loop, shape: [1, 1], strides: [[1, 1]], reduced: [true, false] },
    [floats(1)],
  );
});

test('no cells: zeros for a sum, −∞ for a maximum, nothing for a map', () => {
  const loop = { expr: x0, shape: [0, 3], strides: [[3, 1]], combine: 'sum' as const };
  expect(fused({ ...loop, reduced: [false, false] }, [floats(0)])).toEqual(new Float32Array(0));
  expect(fused({ ...loop, reduced: [true, false] }, [floats(0)])).toEqual(new Float32Array(3));
  const largest = fused({ ...loop, reduced: [true, false], combine: 'max' }, [floats(0)]);
  expect(largest).toEqual(new Float32Array(3).fill(-Infinity));
});

for (const shape of [[7], [5, 6], [3, 4, 5], [2, 17, 3], [3, 5, 9], [2, 3, 4, 5]]) {
  test(`reductions and broadcasts over any axes of ${shape.join('×')}`, () => {
    const formula: Formula = ([a, b]) => a * b + a;
    const expr = e.add(e.mul(x0, x1), x0);
    for (const reduced of twice(shape.length)) {
      for (const broadcast of twice(shape.length)) {
        const strides = [dense(shape), dense(shape, broadcast)];
        const inputs = [floats(size(shape)), floats(size(shape))];
        for (const combine of ['sum', 'max'] as const)
          check(expr, formula, { shape, strides, reduced, combine }, inputs);
      }
    }
  });
}

test('transposed inputs', () => {
  for (const [rows, columns] of [
    [1, 5],
    [5, 1],
    [3, 4],
    [7, 9],
    [20, 33],
  ]) {
    const shape = [rows, columns];
    const strides = [
      [1, rows],
      [columns, 1],
    ];
    const inputs = [floats(rows * columns), floats(rows * columns)];
    for (const reduced of twice(2)) {
      const loop = { shape, strides, reduced, combine: 'sum' as const };
      check(e.sub(x0, x1), ([a, b]) => a - b, loop, inputs);
    }
  }
});

test('strided windows of a larger array', () => {
  const loop = { shape: [3, 5, 6], strides: [[100, 12, 2]], combine: 'sum' as const };
  for (const reduced of twice(3)) check(x0, ([a]) => a, { ...loop, reduced }, [floats(300)]);
});

test('int32 inputs are read as floats', () => {
  const n = 11;
  const integers = Int32Array.from({ length: n }, (_, i) => i * 1000 - 5000);
  const loop = { shape: [n], strides: [[1], [1]], combine: 'sum' as const };
  for (const reduced of twice(1))
    check(e.mul(x0, x1), ([a, b]) => a * b, { ...loop, reduced }, [integers, floats(n)]);
  check(
    e.eq(x0, e.constant(2000)),
    ([a]) => Number(a === 2000),
    { ...loop, strides: [[1]], reduced: [false] },
    [integers],
  );
});

test('positions along any axis, inner, outer, of one cell, and reduced', () => {
  const shape = [3, 1, 5, 9];
  for (const axis of shape.keys()) {
    for (const reduced of twice(4)) {
      const expr = e.add(e.mul(x0, e.constant(0.01)), e.position(axis));
      const loop = { shape, strides: [dense(shape)], reduced, combine: 'sum' as const };
      check(expr, ([a], p) => a * 0.01 + p[axis], loop, [floats(size(shape))]);
    }
  }
  const both = e.eq(e.position(0), e.position(1));
  check(
    both,
    (_, p) => Number(p[0] === p[1]),
    { shape: [6, 7], strides: [], reduced: none([6, 7]), combine: 'sum' },
    [],
  );
  check(e.position(0), (_, p) => p[0], { shape: [9000], strides: [], reduced: [false], combine: 'sum' }, []);
});

test('parts that do not change along a row', () => {
  const shape = [4, 3, 21];
  const [mean, variance] = [e.input(1), e.input(2)];
  const expr = e.div(e.sub(x0, mean), e.sqrt(e.add(variance, 1e-5)));
  const perChannel = [0, 1, 0];
  const inputs = [floats(size(shape)), floats(3), floats(3).map(Math.abs)];
  for (const reduced of twice(3)) {
    const loop = { shape, strides: [dense(shape), perChannel, perChannel], reduced, combine: 'sum' as const };
    check(expr, ([a, m, v]) => (a - m) / Math.sqrt(v + 1e-5), loop, inputs);
  }
});

test('the same array twice', () => {
  const x = floats(10);
  const loop = { shape: [10], strides: [[1], [1]], reduced: [false], combine: 'sum' as const };
  check(e.mul(x0, x1), ([a, b]) => a * b, loop, [x, x]);
});

test('a maximum hands NaN on, wherever it is', () => {
  const shape = [3, 19];
  for (const at of [0, 7, 18, 20, 56]) {
    const x = floats(57);
    x[at] = Number.NaN;
    for (const reduced of twice(2)) {
      const loop = { shape, strides: [dense(shape)], reduced, combine: 'max' as const };
      check(x0, ([a]) => a, loop, [x]);
    }
  }
});

test('long sums stay exact to a few units in the last place', () => {
  const n = 1_000_000;
  const x = Float32Array.from({ length: n }, () => 0.1);
  const loop = { expr: x0, combine: 'sum' as const };
  const wanted = n * Math.fround(0.1);
  const sums = [
    fused({ ...loop, shape: [n], strides: [[1]], reduced: [true] }, [x]),
    fused({ ...loop, shape: [n / 4, 4], strides: [[4, 1]], reduced: [true, false] }, [x]).map((s) => s * 4),
  ];
  for (const sum of sums) expect(Math.abs(sum[0] / wanted - 1)).toBeLessThan(1e-6);
});

test('the same size gives the same bits every time, whatever came between', () => {
  const x = floats(5000);
  const sum = (n: number) =>
    fused({ expr: x0, shape: [n], strides: [[1]], reduced: [true], combine: 'sum' }, [x])[0];
  const first = [5000, 4999, 3, 128].map(sum);
  expect([5000, 4999, 3, 128].map(sum)).toEqual(first);
});

test('maps of any size, which share kernels', () => {
  const expr = e.add(e.mul(x0, x1), e.input(2));
  for (const n of [1, 2, 63, 64, 65, 511, 513, 16383, 16384, 16385, 20479, 20481, 40000]) {
    const [shape, reduced] = [[n], [false]];
    const inputs = [floats(n), Float32Array.of(0.75), Int32Array.from({ length: n }, (_, i) => (i % 9) - 4)];
    const strides = [[1], [0], [1]];
    check(expr, ([a, b, c]) => a * b + c, { shape, strides, reduced, combine: 'sum' }, inputs);
  }
});

test('a map of an array beside its own first element', () => {
  const x = floats(100);
  const loop = { shape: [100], strides: [[0], [1]], reduced: [false], combine: 'sum' as const };
  check(e.sub(x1, x0), ([a, b]) => b - a, loop, [x, x]);
});
