// The error function against digits from CPython's math.erf, on both sides of each change of formula.

import { describe, expect, it } from 'vitest';
import { erf } from './erf.ts';

describe('erf', () => {
  it.each([
    [0.001, 0.0011283787909692365],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.9999, 0.9999778955735178],
    [3, 0.9999779095030014],
    [4, 0.9999999845827421],
    [5.9, 0.9999999999999999],
    [7, 1],
  ])('of %d', (x, expected) => {
    expect(Math.abs(erf(x) / expected - 1)).toBeLessThan(4e-16);
    expect(erf(-x)).toBe(-erf(x));
  });

  it('keeps zeros, NaN and infinities', () => {
    expect([erf(0), erf(-0), erf(Number.NaN), erf(-Infinity)]).toEqual([0, -0, Number.NaN, -1]);
  });
});
