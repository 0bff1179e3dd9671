// The largest and the least values of an axis, where some are equal, infinite or NaN.

import { expect, it } from 'vitest';
import { largestOf } from './places.ts';
import { HostArray } from './value.ts';

const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];
const row = [1, nan, 7, -inf, nan, inf, 7, inf];
const host = new HostArray('float32', Float64Array.from(row), [1, row.length]);

it.each([
  { largest: true, k: 5, values: [nan, nan, inf, inf, 7], places: [1, 4, 5, 7, 2] },
  { largest: false, k: 8, values: [-inf, 1, 7, 7, inf, inf, nan, nan], places: [3, 0, 2, 6, 5, 7, 1, 4] },
])('NaN is above all: largest $largest', ({ largest, k, values, places }) => {
  const [found, at] = largestOf(host, 1, k, largest);
  expect([...found.data]).toEqual(values);
  expect([...at.data]).toEqual(places);
});
