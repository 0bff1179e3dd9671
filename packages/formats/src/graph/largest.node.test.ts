// TopK against a plain sort: few of many, many of few, ties, NaN and every axis.

import { Generator } from 'neocog';
import { expect, it } from 'vitest';
import { largestOf } from './largest.ts';
import { HostArray } from './value.ts';

/** Numbers with ties, infinities and NaN. */
function someValues(length: number, seed: number): number[] {
  const random = new Generator(seed);
  const odd = [Number.NaN, Infinity, -Infinity, 0, -0];
  return Array.from({ length }, () => {
    const v = Math.floor(random.uniform() * 40);
    return v < odd.length ? odd[v] : v;
  });
}

const rank = (v: number): number => (Number.isNaN(v) ? 1e9 : Math.min(Math.max(v, -1e8), 1e8));

const wanted = (row: readonly number[], k: number, largest: boolean): number[] =>
  [...row.keys()].sort((i, j) => (rank(row[j]) - rank(row[i])) * (largest ? 1 : -1) || i - j).slice(0, k);

it.each([
  [1, 300],
  [7, 300],
  [75, 300],
  [76, 300],
  [300, 300],
  [0, 5],
  [256, 2000],
  [257, 2000],
])('the first %d of %d', (k, length) => {
  for (const largest of [true, false])
    for (const seed of [1, 2]) {
      const row = someValues(length, seed);
      const [values, places] = largestOf(new HostArray('float32', row, [length]), 0, k, largest);
      expect([...places.data]).toEqual(wanted(row, k, largest));
      expect([...values.data]).toEqual(wanted(row, k, largest).map((i) => row[i]));
    }
});

it('goes along any axis', () => {
  const data = someValues(6 * 20 * 3, 3);
  const [, places] = largestOf(new HostArray('int64', data, [6, 20, 3]), 1, 4, true);
  for (let n = 0; n < 6; n++)
    for (let c = 0; c < 3; c++) {
      const row = Array.from({ length: 20 }, (_, i) => data[(n * 20 + i) * 3 + c]);
      expect([0, 1, 2, 3].map((i) => places.data[(n * 4 + i) * 3 + c])).toEqual(wanted(row, 4, true));
    }
});
