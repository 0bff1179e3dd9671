// Local response normalisation: each value is divided by a power of what stands in its place in neighbouring channels.
// Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012, in PyTorch's
// form, where alpha counts for the mean of squares and not for their sum.

import { count, finite, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import * as e from '../expression/expression.ts';
import { poolScales } from '../geometry/pool.ts';
import { formatShape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { floats } from './check.ts';
import { fuse } from './fuse.ts';
import { windowSum } from './pool.ts';
import { reshape } from './reshape.ts';

/** The numbers in the formula of `localResponseNorm`. */
export interface LocalResponseNormOptions {
  /** Factor of the mean of squares. Default 1e-4. */
  alpha?: number | undefined;
  /** The power. Default 0.75. */
  beta?: number | undefined;
  /** Added before the power is taken. Default 1. */
  k?: number | undefined;
}

const fields: Fields<LocalResponseNormOptions> = { alpha: finite, beta: finite, k: finite };

/**
 * x / (k + alpha · m)^beta, where m is the sum of squares over `size` channels around x's own, divided by `size`: channels
 * beyond the first and the last count as 0. Of an even size one more lies before than after. `[n, c, …]` keeps its shape.
 * As `torch.nn.functional.local_response_norm`.
 *
 * @throws ShapeError for fewer than 3 axes, a size below 1, or options that are no numbers.
 * @example localResponseNorm(ones([1, 8, 5, 5]), 5, { alpha: 5, beta: 1, k: 0 })
 */
export function localResponseNorm(x: Tensor, size: number, options: LocalResponseNormOptions = {}): Tensor {
  const fn = 'localResponseNorm';
  floats(fn, 'input', x);
  need(fn, 'size', size, count);
  const { alpha, beta, k } = readResponse(fn, options);
  if (x.rank < 3) throw new ShapeError(`${fn}: input has shape ${formatShape(x.shape)}; give [n, c, …]`);
  if (x.size === 0) return fuse(fn, e.input(0), [x]);
  const squares = fuse(fn, e.mul(e.input(0), e.input(0)), [x]);
  const base = e.add(k, e.mul(alpha / size, e.input(1)));
  return fuse(fn, e.div(e.input(0), e.pow(base, beta)), [x, neighbourSums(fn, squares, size)]);
}

/** The options as numbers. */
export type ResponseNumbers = Readonly<Record<'alpha' | 'beta' | 'k', number>>;

export function readResponse(fn: string, options: LocalResponseNormOptions): ResponseNumbers {
  needOptions(fn, options, fields);
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
  return { alpha, beta, k };
}

/** Sums over channels c − ⌊size / 2⌋ to c + ⌊(size − 1) / 2⌋: windows that slide along the channels of one image each. */
function neighbourSums(fn: string, t: Tensor, size: number): Tensor {
  const [n, channels, ...space] = t.shape;
  // What reaches beyond all channels adds nothing.
  const [before, after] = [size / 2, (size - 1) / 2].map((reach) =>
    Math.min(Math.floor(reach), channels - 1),
  );
  const planes = reshape(t, [n, 1, channels, sizeOf(space)]);
  const sums = windowSum({ fn, rank: 2 }, planes, {
    kernel: [before + 1 + after, 1],
    stride: 1,
    padding: [
      [before, after],
      [0, 0],
    ],
    scales: (g) => poolScales(g, { divisorOverride: 1 }),
  });
  return reshape(sums, t.shape);
}
