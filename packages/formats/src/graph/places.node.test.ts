// The largest and the least values of an axis, where some are equal, infinite or NaN; updates of places.

import { FormatError, zeros } from 'neocog';
import { expect, it } from 'vitest';
import { atCostOf, Budget } from '../budget.ts';
import { largestOf } from './largest.ts';
import { combinations, scatter } from './places.ts';
import { HostArray, halfToEven, int64s } from './value.ts';

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

it('of several rows and along any axis, all or none of them', () => {
  const table = new HostArray('int64', [3, 1, 2, 1, 2, 3], [3, 2]);
  const [values, places] = largestOf(table, 0, 2, true);
  expect([[...values.data], [...places.data]]).toEqual([
    [3, 3, 2, 1],
    [0, 2, 1, 0],
  ]);
  const [all] = largestOf(table, 1, 2, false);
  expect([...all.data]).toEqual([1, 3, 1, 2, 2, 3]);
  expect(largestOf(table, 0, 0, true).map(({ shape, data }) => [shape, [...data]])).toEqual([
    [[0, 2], []],
    [[0, 2], []],
  ]);
  for (const k of [4, -1, 1.5]) {
    expect(() => largestOf(table, 0, k, true)).toThrow(FormatError);
    expect(() => largestOf(table, 0, k, true)).toThrow(`it asks for the ${k} largest of 3 values`);
  }
});

it('sorting counts as so many steps for each digit of the length', () => {
  const long = new HostArray('float32', new Float64Array(1023), [1023]);
  const within = (work: number) => () =>
    atCostOf(new Budget('a file', 0, { work }), () => largestOf(long, 0, 1, true));
  expect(within(100_000)).toThrow(/limits\.work is 100000/);
  expect(within(400_000)).not.toThrow();
});

it('updates of one place meet in pairs, and the last one stays where nothing combines them', () => {
  const x = int64s([1, 1, 1]);
  const updates = { places: [2, 0, 2, 2], values: int64s([5, 2, 3, 4]) };
  const of = (name: string) => [...scatter(x, updates, combinations[name]).data];
  expect(['none', 'add', 'mul', 'max', 'min'].map(of)).toEqual([
    [2, 1, 4],
    [3, 1, 13],
    [2, 1, 60],
    [2, 1, 5],
    [1, 1, 1],
  ]);
});

it('no update leaves the value itself', () => {
  const x = zeros([3]);
  for (const combine of [null, combinations.add])
    expect(scatter(x, { places: [], values: zeros([0]) }, combine)).toBe(x);
});

it('halves are rounded to even, and nothing else', () => {
  const least = 2 ** -54;
  expect([0.5 - least, 0.5, 1.5, 2.5, 2.5 + 2 ** -50].map(halfToEven)).toEqual([0, 0, 2, 2, 3]);
  expect([-0.5, -1.5, -2.5, -2.6, 2 ** 53].map((v) => halfToEven(v) + 0)).toEqual([0, -2, -2, -3, 2 ** 53]);
});
