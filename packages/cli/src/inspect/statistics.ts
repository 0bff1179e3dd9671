// What a tensor's values are like, in a few numbers. Values that are no numbers (NaN, infinite) are counted and left out of
// the rest.

import type { Tensor } from 'neocog';

export interface Statistics {
  readonly count: number;
  readonly mean: number;
  /** Of all values, not of a sample. */
  readonly std: number;
  readonly min: number;
  readonly max: number;
  readonly zeros: number;
  readonly nans: number;
  readonly infinities: number;
}

/** Statistics of all values together; mean, std, min and max are 0 where there are none. */
export function statisticsOf(tensors: readonly Pick<Tensor, 'data'>[]): Statistics {
  const sum = { count: 0, sum: 0, min: Infinity, max: -Infinity, zeros: 0, nans: 0, infinities: 0 };
  for (const { data } of tensors) for (const value of data) add(sum, value);
  const { count, zeros, nans, infinities } = sum;
  const finite = count - nans - infinities;
  if (finite === 0) return { count, mean: 0, std: 0, min: 0, max: 0, zeros, nans, infinities };
  const mean = sum.sum / finite;
  // Around the mean in a second pass: the difference of two large sums would lose its digits.
  let squares = 0;
  for (const { data } of tensors)
    for (const value of data) if (Number.isFinite(value)) squares += (value - mean) ** 2;
  const std = Math.sqrt(squares / finite);
  return { count, mean, std, min: sum.min, max: sum.max, zeros, nans, infinities };
}

interface Sums {
  count: number;
  sum: number;
  min: number;
  max: number;
  zeros: number;
  nans: number;
  infinities: number;
}

function add(sums: Sums, value: number): void {
  sums.count++;
  if (Number.isNaN(value)) sums.nans++;
  else if (!Number.isFinite(value)) sums.infinities++;
  else {
    sums.sum += value;
    if (value < sums.min) sums.min = value;
    if (value > sums.max) sums.max = value;
    if (value === 0) sums.zeros++;
  }
}
