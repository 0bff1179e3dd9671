// Fused loops by hand: broadcasting, positions, reductions, and the rules for NaN, −0 and empty sums.

import { describe, expect, it } from 'vitest';
import { derivative } from '../../expression/derivative.ts';
import { erf } from '../../expression/erf.ts';
import * as e from '../../expression/expression.ts';
import type { FusedLoop } from '../workParts.ts';
import { fused } from './fused.ts';

const numbers = (...values: number[]): Float32Array => Float32Array.from(values);

/** Evaluates a formula at each of the given values of its input 0. */
const map = (expr: e.Expr, ...values: number[]): number[] => {
  const loop: FusedLoop = { expr, shape: [values.length], strides: [[1]], reduced: [false], combine: 'sum' };
  return [...fused(loop, [numbers(...values)])];
};
const x0 = e.input(0);

describe('fused', () => {
  it('broadcasts with stride 0 and knows its position', () => {
    const loop = { shape: [2, 3], reduced: [false, false], combine: 'sum' } as const;
    const sum = e.add(x0, e.input(1));
    const inputs = [numbers(10, 20), Int32Array.of(1, 2, 3)];
    const strides = [
      [1, 0],
      [0, 1],
    ];
    expect([...fused({ ...loop, expr: sum, strides }, inputs)]).toEqual([11, 12, 13, 21, 22, 23]);
    const place = e.add(e.mul(e.position(0), 10), e.position(1));
    expect([...fused({ ...loop, expr: place, strides: [] }, [])]).toEqual([0, 1, 2, 10, 11, 12]);
  });

  it.each([
    [[true, false], 'sum', [5, 7, 9]],
    [[false, true], 'sum', [6, 15]],
    [[true, true], 'sum', [21]],
    [[true, false], 'max', [4, 5, 6]],
  ] as const)('combines along %j with %s', (reduced, combine, expected) => {
    const loop = { expr: x0, shape: [2, 3], strides: [[3, 1]], reduced, combine };
    expect([...fused(loop, [numbers(1, 2, 3, 4, 5, 6)])]).toEqual(expected);
  });

  it('gives 0 for an empty sum and −∞ for an empty maximum', () => {
    const loop = { expr: x0, shape: [0, 2], strides: [[2, 1]], reduced: [true, false] };
    expect([...fused({ ...loop, combine: 'sum' }, [numbers()])]).toEqual([0, 0]);
    expect([...fused({ ...loop, combine: 'max' }, [numbers()])]).toEqual([-Infinity, -Infinity]);
  });

  it('hands NaN on through max, min and sign, and keeps −0', () => {
    expect(map(e.max(x0, 1), Number.NaN, 0, 2)).toEqual([Number.NaN, 1, 2]);
    expect(map(e.min(1, x0), Number.NaN, 0, 2)).toEqual([Number.NaN, 0, 1]);
    expect(map(e.sign(x0), Number.NaN, -3, 0, 3)).toEqual([Number.NaN, -1, 0, 1]);
    expect(map(e.neg(x0), 0)).toEqual([-0]);
    const loop = { expr: x0, shape: [3], strides: [[1]], reduced: [true], combine: 'max' } as const;
    expect([...fused(loop, [numbers(1, Number.NaN, 2)])]).toEqual([Number.NaN]);
  });

  it('compares to 1 or 0 and selects', () => {
    expect(map(e.gt(x0, 1), 0, 1, 2, Number.NaN)).toEqual([0, 0, 1, 0]);
    expect(map(e.ge(x0, 1), 0, 1, 2)).toEqual([0, 1, 1]);
    expect(map(e.eq(x0, 1), 0, 1, 2)).toEqual([0, 1, 0]);
    expect(map(e.select(e.gt(x0, 0), e.mul(x0, 2), -1), -3, 4)).toEqual([-1, 8]);
  });

  it('computes shared parts once and differentiates as the slope does', () => {
    const curve = e.mul(e.tanh(x0), e.add(e.sigmoid(x0), e.erf(x0)));
    const step = 2 ** -20;
    const at = (value: number): number => {
      const [t, s] = [Math.tanh(value), 1 / (1 + Math.exp(-value))];
      return t * (s + erf(value));
    };
    for (const value of [-2, -0.5, 0.25, 1.5]) {
      const slope = (at(value + step) - at(value - step)) / (2 * step);
      expect(map(derivative(curve, 0), value)[0]).toBeCloseTo(slope, 6);
    }
  });
});
