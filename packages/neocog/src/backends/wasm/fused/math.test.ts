import { describe, expect, test } from 'vitest';
import type { BinaryOp, Expr, UnaryOp } from '../../../expression/expression.ts';
import * as e from '../../../expression/expression.ts';
import { roundToEven } from '../../../geometry/round.ts';
import type { Values } from '../../work.ts';
import { address, type Local, v128 } from '../assembler/index.ts';
import { compiled } from '../eager/compile.ts';
import { fused } from '../eager/fused.ts';
import { put, reserve, takeFloats } from '../eager/memory.ts';
import { engine } from '../engine.ts';
import { type Kernel, kernelParams } from '../kernels/kernel.ts';
import { fusedErf, fusedSigmoid, fusedTanh } from './math.ts';

/** Each op as plain float64 arithmetic. */
const unary: Record<UnaryOp, (a: number) => number> = {
  neg: (a) => -a,
  abs: Math.abs,
  sign: Math.sign,
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  erf,
  sin: Math.sin,
  cos: Math.cos,
  floor: Math.floor,
  round: roundToEven,
};
const binary: Record<BinaryOp, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  max: Math.max,
  min: Math.min,
  pow: Math.pow,
  gt: (a, b) => Number(a > b),
  ge: (a, b) => Number(a >= b),
  eq: (a, b) => Number(a === b),
};

/** The same as formulas. */
const formulas: Record<UnaryOp, (a: Expr) => Expr> & Record<BinaryOp, (a: Expr, b: Expr) => Expr> = e;

/** By its series up to 3, by the continued fraction of erfc beyond. */
function erf(x: number): number {
  if (x === 0) return x;
  if (Math.abs(x) > 6) return Math.sign(x);
  if (Math.abs(x) < 3) return erfSeries(x);
  let fraction = 0;
  for (let k = 60; k >= 1; k--) fraction = k / 2 / (Math.abs(x) + fraction);
  return Math.sign(x) * (1 - Math.exp(-x * x) / (Math.abs(x) + fraction) / Math.sqrt(Math.PI));
}

function erfSeries(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** Every sign and size of number: extremes, and steps of 1 % from 1e-38 to 1e38 in both signs. */
const everySize = Array.from({ length: 17700 }, (_, i) => 1e-38 * 1.01 ** i).filter((x) => x < 3e38);
const nearby = Array.from({ length: 40001 }, (_, i) => (i - 20000) / 1000);
const extremes = [
  0,
  -0,
  1,
  -1,
  Infinity,
  -Infinity,
  Number.NaN,
  3.4028234e38,
  -3.4028234e38,
  1.1754944e-38,
  1e-45,
];
const grid = Float32Array.from([...extremes, ...everySize, ...everySize.map((x) => -x), ...nearby]);

const map = (expr: Expr, inputs: readonly Values[]): Float32Array => {
  const { length } = inputs[0];
  const strides = inputs.map(() => [1]);
  const loop = { expr, shape: [length], strides, reduced: [false], combine: 'sum' } as const;
  return fused({ op: 'fused', loop }, inputs)[0] as Float32Array;
};

const smallestNormal = 2 ** -126;

/** The distance in units of the last place of the expected float; denormals count as the smallest normal. */
function ulps(actual: number, expected: number): number {
  const wanted = Math.fround(expected);
  if (Object.is(actual, wanted) || actual === wanted) return 0;
  if (!Number.isFinite(wanted) || !Number.isFinite(actual)) return Infinity;
  const unit = 2 ** (Math.floor(Math.log2(Math.max(Math.abs(wanted), smallestNormal))) - 23);
  return Math.abs(actual - expected) / unit;
}

/** The worst point of a list of results. */
function worst(actual: Float32Array, expected: (i: number) => number): { error: number; at: number } {
  let result = { error: 0, at: -1 };
  actual.forEach((y, i) => {
    const error = ulps(y, expected(i));
    if (error > result.error) result = { error, at: i };
  });
  return result;
}

test('zeros have the sign that they have in float64, but for two functions of −0 that are sums', () => {
  const zeros = Float32Array.of(0, -0, 0, -0, 0);
  for (const op of Object.keys(unary) as UnaryOp[]) {
    const expected = Array.from(zeros, (x) =>
      ['sin', 'log1p'].includes(op) ? 0 : Math.fround(unary[op](x)),
    );
    // `toEqual` tells zeros by their signs.
    expect([...map(formulas[op](e.input(0)), [zeros])], op).toEqual(expected);
  }
});

/** Largest error allowed, in units of the last place; ½ is a correctly rounded result. */
const unaryLimits: Record<Exclude<UnaryOp, 'sin' | 'cos'>, number> = {
  ...{ neg: 0, abs: 0, sign: 0, floor: 0, round: 0, sqrt: 0.51 },
  ...{ exp: 2, log: 2, log1p: 3, tanh: 3, sigmoid: 3, erf: 3 },
};

for (const [op, limit] of Object.entries(unaryLimits) as [keyof typeof unaryLimits, number][]) {
  test(`${op} is within ${limit} units of the last place`, () => {
    const actual = map(formulas[op](e.input(0)), [grid]);
    const { error, at } = worst(actual, (i) => unary[op](grid[i]));
    expect(error, `${op}(${grid[at]}) = ${actual[at]}`).toBeLessThanOrEqual(limit);
  });
}

for (const op of ['sin', 'cos'] as const) {
  test(`${op} is within 1e-7 up to 8192, and NaN at infinity`, () => {
    const x = grid.filter((a) => Math.abs(a) <= 8192);
    const actual = map(formulas[op](e.input(0)), [x]);
    actual.forEach((y, i) => {
      expect(Math.abs(y - unary[op](x[i])), `${op}(${x[i]}) = ${y}`).toBeLessThanOrEqual(1e-7);
    });
    const beyond = map(formulas[op](e.input(0)), [Float32Array.of(Infinity, -Infinity, Number.NaN)]);
    expect([...beyond]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });
}

/** All pairs of some numbers of every kind. */
const some = [...extremes, 0.5, -0.5, 2, -2, 3, -3, 2.5, -7.25, 10, -11, 88, 127.5, 1e-20, -1e20, 16777216];
const lefts = Float32Array.from(some.flatMap((a) => some.map(() => a)));
const rights = Float32Array.from(some.flatMap(() => some));

for (const op of ['add', 'sub', 'mul', 'div', 'max', 'min', 'gt', 'ge', 'eq'] as const) {
  test(`${op} is exact`, () => {
    const actual = map(formulas[op](e.input(0), e.input(1)), [lefts, rights]);
    const { error, at } = worst(actual, (i) => binary[op](lefts[i], rights[i]));
    expect(error, `${op}(${lefts[at]}, ${rights[at]}) = ${actual[at]}`).toBeLessThanOrEqual(0.51);
  });
}

test('pow is within 2 units of the last place, with signs and special values', () => {
  const actual = map(e.pow(e.input(0), e.input(1)), [lefts, rights]);
  // Like C and unlike JavaScript, pow leaves 1^inf to nobody: either answer will do.
  const open = (i: number) => Math.abs(lefts[i]) === 1 && !Number.isFinite(rights[i]);
  const { error, at } = worst(actual, (i) => (open(i) ? actual[i] : lefts[i] ** rights[i]));
  expect(error, `${lefts[at]} ** ${rights[at]} = ${actual[at]}`).toBeLessThanOrEqual(2);
});

test('pow over a plane of operands', () => {
  // Multiples of two irrational numbers fill the unit square evenly.
  const a = Float32Array.from({ length: 20000 }, (_, i) => Math.exp(((i * Math.SQRT2) % 1) * 40 - 20));
  const b = Float32Array.from({ length: 20000 }, (_, i) => ((i * Math.PI) % 1) * 8 - 4);
  expect(worst(map(e.pow(e.input(0), e.input(1)), [a, b]), (i) => a[i] ** b[i]).error).toBeLessThanOrEqual(2);
});

for (const b of [0, 1, 2, 3, 4, 5, 16, -1, -2, -3, 0.5, -0.5, 0.3, 17, -0.7].map(Math.fround)) {
  test(`pow with the constant exponent ${b}`, () => {
    const x = grid.filter((a) => a !== -Infinity && (b > 0 || !reciprocalLoses(a ** -b)));
    const actual = map(e.pow(e.input(0), e.constant(b)), [x]);
    const { error, at } = worst(actual, (i) => x[i] ** b);
    expect(error, `${x[at]} ** ${b} = ${actual[at]}`).toBeLessThanOrEqual(2.5);
  });
}

/** Has the reciprocal of a power fewer digits than a float32, or none? Negative exponents go through it. */
const reciprocalLoses = (y: number): boolean =>
  y !== 0 && (Math.abs(y) < 2 ** -126 || Math.abs(y) > 2 ** 126);

test('select takes a where the test is not zero, NaN included', () => {
  const tests = Float32Array.of(0, -0, 1, -1, Number.NaN, Infinity, 1e-45);
  const expected = [2, 2, 1, 1, 1, 1, 1];
  expect([...map(e.select(e.input(0), 1, 2), [tests])]).toEqual(expected);
  const byComparison = e.select(e.gt(e.input(0), e.constant(0)), e.input(0), 7);
  expect([...map(byComparison, [Float32Array.of(1, -1, 0, Number.NaN, 5)])]).toEqual([1, 7, 7, 7, 5]);
});

test('shared parts are computed once and mean the same', () => {
  const x = e.input(0);
  const t = e.tanh(e.add(x, 1));
  const actual = map(e.add(e.mul(t, t), e.select(e.gt(t, e.constant(0)), t, e.gt(t, e.constant(0)))), [
    nearbyFloats,
  ]);
  const expected = (a: number) => Math.tanh(a + 1) ** 2 + Math.max(Math.tanh(a + 1), 0);
  actual.forEach((y, i) => {
    expect(Math.abs(y - expected(nearbyFloats[i]))).toBeLessThan(1e-6);
  });
});

const nearbyFloats = Float32Array.from({ length: 99 }, (_, i) => (i - 50) / 10);

test('limits are exact: NaN goes through, and of two zeros max gives 0 and min −0', () => {
  const x = Float32Array.from(extremes);
  for (const op of ['max', 'min'] as const)
    for (const limit of extremes)
      for (const expr of [
        formulas[op](e.input(0), e.constant(limit)),
        formulas[op](e.constant(limit), e.input(0)),
      ])
        expect([...map(expr, [x])]).toEqual([...x].map((v) => Math.fround(Math[op](v, limit))));
});

const fusedFunctions = { sigmoid: fusedSigmoid, tanh: fusedTanh, erf: fusedErf };

describe.skipIf(!engine().fma)('fused (an engine may not fuse)', () => {
  for (const [op, fusedFunction] of Object.entries(fusedFunctions))
    test(`${op} is within 3 units of the last place where it is not denormal`, () => {
      const inputs = grid.filter((x) => op !== 'sigmoid' || Number.isNaN(x) || x >= -88 || x < -104);
      // A NaN that is not JavaScript's: all bits below the exponent are set.
      new Int32Array(inputs.buffer)[inputs.indexOf(1)] = 0x7fffffff;
      const vectors = Math.floor(inputs.length / 4);
      const kernel: Kernel = {
        key: `fused ${op}`,
        operands: ['x', 'y'],
        units: vectors,
        scratchBytes: 0,
        emit: (scope) =>
          scope.func(kernelParams(['x', 'y']), (f, p) => {
            f.range('vector', p.from, p.to, 1, (vector) => {
              const at = (array: Local<'i32'>) => address(array, [vector, 16]);
              f.run(v128.store(at(p.y), fusedFunction(f, v128.load(at(p.x)))));
            });
          }),
      };
      const [x, y] = [64, 64 + inputs.byteLength];
      reserve(y + inputs.byteLength);
      put(x, inputs);
      compiled(kernel)(x, y, 0, vectors, 0);
      const actual = takeFloats(y, 4 * vectors);
      const { error, at } = worst(actual, (i) => unary[op as UnaryOp](inputs[i]));
      expect(error, `${op}(${inputs[at]}) = ${actual[at]}`).toBeLessThanOrEqual(3);
      expect(actual.filter(Number.isNaN)).toHaveLength(inputs.filter(Number.isNaN).length);
    });
});
