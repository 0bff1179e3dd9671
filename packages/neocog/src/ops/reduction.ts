// How the terms of a loss become its value: their mean, their sum, or themselves.

import { oneOf } from '../arguments/field.ts';
import type { Fields } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import type { Expr } from '../expression/expression.ts';
import { broadcastShapes } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { mul } from './arithmetic.ts';
import { fuse } from './fuse.ts';
import { reshape } from './reshape.ts';

/** `mean` divides the sum by the number of terms, `none` leaves the terms apart. */
export type Reduction = 'mean' | 'sum' | 'none';

/** `batchmean` divides the sum by the number of samples, the size of the first axis. */
export type BatchReduction = Reduction | 'batchmean';

export const reductions: readonly Reduction[] = ['mean', 'sum', 'none'];

/** How the losses of the elements become one. */
export interface LossOptions {
  /** Default `mean`. */
  reduction?: Reduction | undefined;
}

export const lossFields: Fields<LossOptions> = { reduction: oneOf(...reductions) };

/** What a loss is of. */
export interface Compared {
  readonly input: Tensor;
  readonly target: Tensor;
}

/** The terms of a loss: a formula over inputs that broadcast. */
export interface Terms {
  readonly fn: string;
  readonly formula: Expr;
  readonly inputs: readonly Tensor[];
}

/** Terms reduced to one number, unless `reduction` is `none`. */
export function reduceTerms({ fn, formula, inputs }: Terms, reduction: BatchReduction): Tensor {
  if (reduction === 'none') return fuse(fn, formula, inputs);
  const shape = broadcastShapes(
    fn,
    inputs.map((t) => t.shape),
  );
  const into = shape.map(() => 1);
  if (reduction !== 'batchmean') {
    return reshape(fuse(fn, formula, inputs, { into, combine: reduction }), []);
  }
  if (shape.length === 0) {
    throw new ShapeError(
      `${fn}: input is a single number, but reduction 'batchmean' needs [n, …]; use reduction 'mean'`,
    );
  }
  // Of no sample it is 0 · ∞, which is NaN.
  return reshape(mul(fuse(fn, formula, inputs, { into }), 1 / shape[0]), []);
}
