// What many values along some axes come to: their sum, mean, largest, product; and where the largest is.

import { flag } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import * as e from '../expression/expression.ts';
import { oneAxis, someAxes } from '../tensor/fields.ts';
import { formatShape, resolveAxis, type Shape, sizeOf } from '../tensor/shape.ts';
import { record, type Tensor, zeros } from '../tensor/tensor.ts';
import { mul } from './arithmetic.ts';
import { cast } from './cast.ts';
import { floats, needTensor } from './check.ts';
import { exp, neg } from './elementwise.ts';
import { fuse, maxAlong } from './fuse.ts';
import { concat, permute, slice } from './move.ts';
import { maxPool1dWithIndices } from './pool.ts';
import { reshape } from './reshape.ts';

/** Which axes a reduction such as `sum` or `mean` takes away. */
export interface ReduceOptions {
  /** One axis or several; all unless given. Negative axes count from the end. */
  axis?: number | readonly number[] | undefined;
  /** Leave reduced axes in the shape with size 1. Default false. */
  keepDims?: boolean | undefined;
}

const fields: Fields<ReduceOptions> = { axis: someAxes, keepDims: flag };

/** The axes of a reduction, and the shape with 1 in their place. */
interface Reduced {
  readonly axes: readonly number[];
  readonly count: number;
  readonly into: Shape;
  /** Gives a result of shape `into` the shape that the caller wants. */
  readonly finish: (result: Tensor) => Tensor;
}

function reduced(fn: string, t: Tensor, options: ReduceOptions): Reduced {
  floats(fn, 'input', t);
  needOptions(fn, options, fields);
  const { axis = t.shape.map((_, d) => d), keepDims = false } = options;
  const list = typeof axis === 'number' ? [axis] : axis;
  const axes = [...new Set(list.map((a) => resolveAxis(fn, a, t.rank)))];
  const kept = t.shape.filter((_, d) => !axes.includes(d));
  return {
    axes,
    count: sizeOf(axes.map((d) => t.shape[d])),
    into: t.shape.map((n, d) => (axes.includes(d) ? 1 : n)),
    finish: (result) => (keepDims ? result : reshape(result, kept)),
  };
}

/** The same, of at least one value. */
function reducedSome(fn: string, t: Tensor, options: ReduceOptions): Reduced {
  const found = reduced(fn, t, options);
  if (found.count > 0) return found;
  throw new ShapeError(
    `${fn}: input ${formatShape(t.shape)} has no values along ${found.axes.length === 1 ? 'axis' : 'axes'} ${found.axes.join(', ')}; give it at least one`,
  );
}

/** Sums over axes. @throws ShapeError for an axis that does not exist. @example sum(ones([2, 3])).item() // 6 */
export function sum(t: Tensor, options: ReduceOptions = {}): Tensor {
  const { into, finish } = reduced('sum', t, options);
  return finish(fuse('sum', e.input(0), [t], { into }));
}

/**
 * Means over axes; NaN where there is no value.
 *
 * @throws ShapeError for an axis that does not exist.
 * @example mean(arange(4)).item() // 1.5
 */
export function mean(t: Tensor, options: ReduceOptions = {}): Tensor {
  const { into, finish } = reduced('mean', t, options);
  return finish(fuse('mean', e.input(0), [t], { into, combine: 'mean' }));
}

/**
 * The largest value along axes; NaN if there is one. Values that are equally large share the gradient.
 *
 * @throws ShapeError for an axis that does not exist, or one without values.
 * @example max(tensor([[1, 5], [4, 2]]), { axis: 1 }) // 5, 4
 */
export function max(t: Tensor, options: ReduceOptions = {}): Tensor {
  const { axes, into, finish } = reducedSome('max', t, options);
  const largest = maxAlong('max', t, axes);
  const back = (dy: Tensor): Tensor => {
    const wins = e.eq(e.input(0), e.input(1));
    const winners = fuse('max gradient', wins, [t.detach(), largest], { into });
    const share = e.mul(e.input(0), e.div(e.eq(e.input(1), e.input(2)), e.input(3)));
    return fuse('max gradient', share, [dy, t.detach(), largest, winners]);
  };
  return finish(record(largest.data, into, { name: 'max', inputs: [t], rules: [back] }));
}

/**
 * The smallest value along axes; NaN if there is one. Values that are equally small share the gradient.
 *
 * @throws ShapeError for an axis that does not exist, or one without values.
 */
export function min(t: Tensor, options: ReduceOptions = {}): Tensor {
  reducedSome('min', t, options);
  return neg(max(neg(t), options));
}

/**
 * The product along axes, by multiplying halves: exact where zeros and signs are concerned, in value and in gradient. The
 * product of nothing is 1.
 *
 * @throws ShapeError for an axis that does not exist.
 * @example prod(tensor([2, -3, 4])).item() // -24
 */
export function prod(t: Tensor, options: ReduceOptions = {}): Tensor {
  const { axes, count, into, finish } = reduced('prod', t, options);
  if (count === 0) return finish(exp(sum(t, { ...options, keepDims: true })));
  let rest = axesLast(t, axes, count);
  for (let n = count; n > 1; n = Math.ceil(n / 2)) {
    const half = Math.floor(n / 2);
    const product = mul(
      slice(rest, { axis: 1, end: half }),
      slice(rest, { axis: 1, start: half, end: 2 * half }),
    );
    rest = n % 2 === 0 ? product : concat([product, slice(rest, { axis: 1, start: -1 })], { axis: 1 });
  }
  return finish(reshape(rest, into));
}

/** `[…kept, …axes]` as rows: `[size of kept, count]`. */
function axesLast(t: Tensor, axes: readonly number[], count: number): Tensor {
  const kept = t.shape.map((_, d) => d).filter((d) => !axes.includes(d));
  return reshape(permute(t, [...kept, ...axes]), [t.size / count, count]);
}

/**
 * log Σ exp(x) along axes, shifted by the largest value, so that nothing overflows; −∞ of nothing.
 *
 * @throws ShapeError for an axis that does not exist.
 * @example logSumExp(tensor([1000, 1000])).item() // 1000.6931
 */
export function logSumExp(t: Tensor, options: ReduceOptions = {}): Tensor {
  const { axes, into, finish } = reduced('logSumExp', t, options);
  const largest = maxAlong('logSumExp', t, axes);
  // An infinite shift would leave NaN of what is infinite itself.
  const [x, top] = [e.input(0), e.input(1)];
  const shift = e.select(e.eq(e.abs(top), Number.POSITIVE_INFINITY), 0, top);
  const total = fuse('logSumExp', e.exp(e.sub(x, shift)), [t, largest], { into });
  return finish(fuse('logSumExp', e.add(e.log(x), shift), [total, largest]));
}

/** Along which axis `argMax` and `argMin` look. */
export interface ArgOptions {
  /** Default: all axes, as one long row. Negative axes count from the end. */
  axis?: number | undefined;
  /** Leave the axis in the shape with size 1. Default false. */
  keepDims?: boolean | undefined;
}

const argFields: Fields<ArgOptions> = { axis: oneAxis, keepDims: flag };

/**
 * Where along an axis the largest value is, int32: the first, if there are several; NaN counts as largest, the first NaN.
 *
 * @throws ShapeError for an axis that does not exist, or one without values.
 * @example argMax(tensor([[1, 5], [4, 2]]), { axis: 1 }) // 1, 0
 */
export const argMax = argLargest('argMax', (x) => x);

/**
 * Where along an axis the smallest value is, int32: the first, if there are several; NaN counts as smallest, the first NaN.
 *
 * @throws ShapeError for an axis that does not exist, or one without values.
 */
export const argMin = argLargest('argMin', neg);

/** Where the first of the values is that are largest once they are turned. */
/* @__NO_SIDE_EFFECTS__ */
function argLargest(
  fn: string,
  turn: (values: Tensor) => Tensor,
): (t: Tensor, options?: ArgOptions) => Tensor {
  return (t, options = {}) => {
    needTensor(fn, 'input', t);
    needOptions(fn, options, argFields);
    const values = cast(t, 'float32').detach();
    const { axes, count, into, finish } = reducedSome(fn, values, options);
    if (values.size === 0) return finish(zeros(into, { dtype: 'int32' }));
    const rows = axesLast(firstNanLargest(fn, turn(values), axes), axes, count);
    const { indices } = maxPool1dWithIndices(reshape(rows, [1, ...rows.shape]), count);
    return finish(reshape(indices, into));
  };
}

/** Pooling takes the last NaN of a window. In rows that hold one, 1 stands for NaN, and 0 for all else. */
function firstNanLargest(fn: string, t: Tensor, axes: readonly number[]): Tensor {
  const [x, largest] = [e.input(0), e.input(1)];
  const isNan = e.select(e.eq(x, x), 0, 1);
  return fuse(fn, e.select(e.eq(largest, largest), x, isNan), [t, maxAlong(fn, t, axes)]);
}
