// Numbers of batches as lines that can be read.

import type { Pass } from '../work/facts.ts';

/** More points than pixels help nobody. */
const mostPoints = 500;

/** The mean of the last so many batches, where it is told. */
const window = 20;

export function averaged(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value, i) => {
    sum += value - (i >= window ? (values[i - window] ?? 0) : 0);
    return sum / Math.min(window, i + 1);
  });
}

/** Every so many-th point, and the last. */
export function thinned<T>(points: readonly T[]): readonly T[] {
  const every = Math.ceil(points.length / mostPoints);
  return every <= 1 ? points : points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

/** Where the axis of right answers begins: as high as the passes allow. */
export function lowestOf(passes: readonly Pass[]): number {
  const least = Math.min(1, ...passes.map(({ accuracy, held }) => Math.min(accuracy, held?.accuracy ?? 1)));
  return passes.length === 0 ? 0 : ([0.9, 0.8, 0.5].find((level) => least > level + 0.01) ?? 0);
}
