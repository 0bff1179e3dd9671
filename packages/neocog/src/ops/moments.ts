// Means and variances as normalisations need them, of the samples at hand, or of those of all ranks of a world.

import type { Across } from '../backends/backend.ts';
import type { Expr } from '../expression/expression.ts';
import * as e from '../expression/expression.ts';
import type { Shape } from '../tensor/shape.ts';
import { full, Tensor } from '../tensor/tensor.ts';
import { gatherRanks } from './acrossRanks.ts';
import { fuse } from './fuse.ts';
import { concat, slice } from './move.ts';
import { reshape } from './reshape.ts';

/** Values, and what they are normalised by. */
export interface Standard {
  readonly x: Tensor;
  /** A constant to differentiation. */
  readonly mean: Tensor;
  /** What the mean lost when it was rounded; null where it is as good as exact. */
  readonly rest: Tensor | null;
  readonly variance: Tensor;
}

/** The mean, as it was rounded, and the means of the distances from it and of their squares. */
interface Distances {
  readonly mean: Tensor;
  readonly rest: Tensor;
  readonly square: Tensor;
}

const difference = e.sub(e.input(0), e.input(1));
const squaredDifference = e.mul(difference, difference);

function distancesOf(fn: string, x: Tensor, into: Shape): Distances {
  const along = { into, combine: 'mean' } as const;
  const mean = fuse(fn, e.input(0), [x.detach()], along);
  const rest = fuse(fn, difference, [x, mean], along);
  const square = fuse(fn, squaredDifference, [x, mean], along);
  return { mean, rest, square };
}

const standardOf = (fn: string, x: Tensor, { mean, rest, square }: Distances): Standard => {
  const variance = e.sub(e.input(0), e.mul(e.input(1), e.input(1)));
  return { x, mean, rest, variance: fuse(fn, variance, [square, rest]) };
};

/**
 * The statistics of x over the axes that `into` shrinks to 1. Distances are from the mean as it was rounded, so that those of
 * equal values are 0; the mean of the distances says what rounding has lost, and all derivatives go through it.
 *
 * The variance is mean(d²) − mean(d)². Since |mean(d)| is at most half a unit in the last place, while a value other than the
 * mean is a whole unit away from it or more, the second term is at most half the first, and nothing cancels.
 */
export const momentsOf = (fn: string, x: Tensor, into: Shape): Standard =>
  standardOf(fn, x, distancesOf(fn, x, into));

/** Of every rank: a row for each, `[ranks, 1]` and `[ranks, c]`. */
interface Rows extends Distances {
  /** How many values of each channel it has; 0 where they count for nothing. */
  readonly count: Tensor;
}

/** Makes this rank's statistics, of c channels each, known to all: one exchange here, and one on the way back. */
function rowsOfAll({ mean, rest, square }: Distances, count: Tensor, ranks: number): Rows {
  const channels = mean.size;
  const own = [mean, rest, square].map((t) => reshape(t, [channels]));
  const all = gatherRanks(concat([...own, count], { axis: 0 }), ranks);
  const columns = (start: number, end: number): Tensor => slice(all, { axis: 1, start, end });
  return {
    mean: columns(0, channels).detach(),
    rest: columns(channels, 2 * channels),
    square: columns(2 * channels, 3 * channels),
    count: columns(3 * channels, 3 * channels + 1).detach(),
  };
}

const [aCount, aMean, theMean, aRest, aSquare] = [0, 1, 2, 3, 4].map((i) => e.input(i));
const offset = e.sub(aMean, theMean);
/** Of one rank's values, summed up: how far they are from the mean of all, and the squares of that (Chan et al., 1979). */
const restFromAll = e.mul(aCount, e.add(aRest, offset));
const squareFromAll = e.mul(
  aCount,
  e.add(aSquare, e.add(e.mul(e.mul(offset, aRest), 2), e.mul(offset, offset))),
);

/** Statistics of all ranks together, and the variance as it is estimated for all values there may be, both `into`. */
export function momentsAcross(
  x: Tensor,
  into: Shape,
  { ranks, present }: Across,
): { stats: Standard; unbiased: Tensor } {
  const fn = 'batchNorm';
  const local = distancesOf(fn, x, into);
  const channels = local.mean.size;
  const here = full([1], x.size / channels);
  const count = fuse(fn, e.mul(e.input(0), e.input(1)), [new Tensor(present, [1]), here]);
  const rows = rowsOfAll(local, count, ranks);
  const total = fuse(fn, e.input(0), [rows.count], { into: [1, 1] });
  const sum = (expr: Expr, inputs: readonly Tensor[]): Tensor =>
    fuse(fn, expr, inputs, { into: [1, channels] });
  const meanOf = (t: Tensor): Tensor => fuse(fn, e.div(e.input(0), e.input(1)), [t, total]);
  const mean = meanOf(sum(e.mul(aCount, aMean), [rows.count, rows.mean]));
  const far = [rows.count, rows.mean, mean, rows.rest, rows.square];
  const shaped = (t: Tensor): Tensor => reshape(t, into);
  const stats = standardOf(fn, x, {
    mean: shaped(mean),
    rest: shaped(meanOf(sum(restFromAll, far.slice(0, 4)))),
    square: shaped(meanOf(sum(squareFromAll, far))),
  });
  const larger = e.mul(e.input(0), e.div(e.input(1), e.sub(e.input(1), 1)));
  const known = reshape(stats.variance.detach(), [1, channels]);
  return { stats, unbiased: shaped(fuse(fn, larger, [known, total])) };
}
