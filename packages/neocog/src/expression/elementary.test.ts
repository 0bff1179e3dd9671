// Against Math, whose functions are right to a unit or two of the last place in every engine.

import { expect, it } from 'vitest';
import { cos, exp, log, power } from './elementary.ts';

const numbers = Array.from({ length: 801 }, (_, i) => (i - 400) * 0.0685);

/** Beside the larger of the result and `least`. */
const apart = (a: number, b: number, least = 0): number =>
  a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(b), least);

it('exp, log, cos and power are right to a few units of the last place', () => {
  for (const x of numbers) {
    expect(apart(exp(x), Math.exp(x)), `exp ${x}`).toBeLessThan(1e-15);
    expect(apart(exp(10 * x), Math.exp(10 * x)), `exp ${10 * x}`).toBeLessThan(1e-15);
    expect(apart(cos(x), Math.cos(x), 1e-2), `cos ${x}`).toBeLessThan(1e-14);
    expect(apart(cos(1000 * x), Math.cos(1000 * x), 1), `cos ${1000 * x}`).toBeLessThan(1e-15);
    const positive = Math.exp(x);
    expect(apart(log(positive), Math.log(positive)), `log ${positive}`).toBeLessThan(1e-15);
    expect(apart(log(1 + x / 1e6), Math.log(1 + x / 1e6)), 'log near 1').toBeLessThan(1e-15);
    expect(apart(power(positive, 1.7), positive ** 1.7), `power ${positive}`).toBeLessThan(1e-14);
  }
  // Squaring doubles the error that it finds: as many units as the exponent.
  for (let n = 0; n < 5000; n += 7)
    expect(apart(power(0.999, n), 0.999 ** n), `${n}`).toBeLessThan(1.2e-16 * (n + 2));
});

it('gives what Math gives where there is no rounding', () => {
  for (const x of [0, -0, Infinity, -Infinity, Number.NaN]) {
    expect(exp(x)).toBe(Math.exp(x));
    expect(log(x)).toBe(Math.log(x));
  }
  expect([800, -800].map(exp)).toEqual([Infinity, 0]);
  expect([1, -1].map(log)).toEqual([0, Number.NaN]);
  expect([0, 1, 2].map((b) => power(0, b))).toEqual([1, 0, 0]);
  expect(power(0, 0.5)).toBe(0);
  expect([0, 1, 2].map((n) => cos(n * Math.PI))).toEqual([1, -1, 1]);
});
