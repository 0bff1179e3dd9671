import { expect, it } from 'vitest';
import { truncate } from './truncate.ts';

it('cuts fractions off towards zero', () => {
  const x = Float32Array.of(1.9, -1.9, 0.5, -0.5, 7, -8, 16777216);
  expect([...truncate(x)]).toEqual([1, -1, 0, 0, 7, -8, 16777216]);
});

it('holds what is too large at the ends of int32, and makes 0 of NaN', () => {
  const x = Float32Array.of(Infinity, -Infinity, 2 ** 31, -(2 ** 31), 3e9, -3e9, 2 ** 32 + 512, Number.NaN);
  const [least, most] = [-2147483648, 2147483647];
  expect([...truncate(x)]).toEqual([most, least, most, least, most, least, most, 0]);
});

it('leaves its input as it is, and takes nothing', () => {
  const x = Float32Array.of(1.5);
  expect(truncate(x)).toEqual(Int32Array.of(1));
  expect(x).toEqual(Float32Array.of(1.5));
  expect(truncate(new Float32Array(0))).toEqual(new Int32Array(0));
});
