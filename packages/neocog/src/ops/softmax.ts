// softmax and its logarithm, both shifted by the largest value, so that no exponential overflows.

import { needOptions } from '../arguments/options.ts';
import * as e from '../expression/expression.ts';
import { axisFields } from '../tensor/fields.ts';
import { resolveAxis, type Shape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { floats } from './check.ts';
import { fuse, maxAlong } from './fuse.ts';

const shifted = e.sub(e.input(0), e.input(1));

/** The axis along which `softmax` and `logSoftmax` make values that sum to 1. */
export interface SoftmaxOptions {
  /** Default -1, the last. */
  axis?: number | undefined;
}

/** The maximum along the axis, and the sum of exp(x − max): what both forms are made of. */
function shiftedSum(fn: string, t: Tensor, axis: number): { shift: Tensor; total: Tensor } {
  floats(fn, 'input', t);
  const along = resolveAxis(fn, axis, t.rank);
  const shift = maxAlong(fn, t, [along]);
  const into = t.shape.map((n, d) => (d === along ? 1 : n));
  return { shift, total: fuse(fn, e.exp(shifted), [t, shift], { into }) };
}

/**
 * exp(x) divided by its sum along `axis` (default: the last), computed without overflow.
 *
 * @throws ShapeError for an axis that does not exist.
 */
export function softmax<S extends Shape>(t: Tensor<S>, options: SoftmaxOptions = {}): Tensor<S> {
  needOptions('softmax', options, axisFields);
  const { shift, total } = shiftedSum('softmax', t, options.axis ?? -1);
  return fuse('softmax', e.div(e.exp(shifted), e.input(2)), [t, shift, total]) as Tensor<S>;
}

/**
 * The logarithm of softmax along `axis` (default: the last), computed without overflow or loss.
 *
 * @throws ShapeError for an axis that does not exist.
 */
export function logSoftmax<S extends Shape>(t: Tensor<S>, options: SoftmaxOptions = {}): Tensor<S> {
  needOptions('logSoftmax', options, axisFields);
  const { shift, total } = shiftedSum('logSoftmax', t, options.axis ?? -1);
  return fuse('logSoftmax', e.sub(shifted, e.log(e.input(2))), [t, shift, total]) as Tensor<S>;
}
