// add, sub, mul, div with broadcasting, and sums and means over axes.

import * as e from '../expression/expression.ts';
import { resolveAxis, type Shape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { floats, needKnown } from './check.ts';
import { binary } from './formula.ts';
import { fuse } from './fuse.ts';
import { reshape } from './reshape.ts';

/** a + b. Shapes broadcast. @throws ShapeError if they do not. */
export const add = binary('add', e.add(e.input(0), e.input(1)));
/** a − b. Shapes broadcast. @throws ShapeError if they do not. */
export const sub = binary('sub', e.sub(e.input(0), e.input(1)));
/** a · b, element by element. Shapes broadcast. @throws ShapeError if they do not. */
export const mul = binary('mul', e.mul(e.input(0), e.input(1)));
/** a / b, element by element. Shapes broadcast. @throws ShapeError if they do not. */
export const div = binary('div', e.div(e.input(0), e.input(1)));

export interface ReduceOptions {
  /** One axis or several; all unless given. Negative axes count from the end. */
  axis?: number | readonly number[] | undefined;
  /** Leave reduced axes in the shape with size 1. */
  keepDims?: boolean | undefined;
}

/** Sums over axes. @throws ShapeError for an axis that does not exist. @example sum(ones([2, 3])).item() // 6 */
export const sum = (t: Tensor, options: ReduceOptions = {}): Tensor => reduce('sum', t, options, () => 1);

/** Means over axes. @throws ShapeError for an axis that does not exist. @example mean(arange(4)).item() // 1.5 */
export const mean = (t: Tensor, options: ReduceOptions = {}): Tensor =>
  reduce('mean', t, options, (n) => 1 / n);

function reduce(fn: string, t: Tensor, options: ReduceOptions, scale: (count: number) => number): Tensor {
  floats(fn, 'input', t);
  needKnown(fn, options, ['axis', 'keepDims']);
  const axes = reducedAxes(fn, t.rank, options.axis);
  const count = sizeOf(axes.map((d) => t.shape[d]));
  const into = t.shape.map((n, d) => (axes.includes(d) ? 1 : n));
  const result = fuse(fn, e.mul(e.input(0), scale(count)), [t], { into });
  return options.keepDims ? result : reshape(result, dropAxes(t.shape, axes));
}

function reducedAxes(fn: string, rank: number, axis: number | readonly number[] | undefined): number[] {
  if (axis === undefined) return Array.from({ length: rank }, (_, d) => d);
  const list = typeof axis === 'number' ? [axis] : axis;
  return [...new Set(list.map((a) => resolveAxis(fn, a, rank)))];
}

const dropAxes = (shape: Shape, axes: readonly number[]): number[] =>
  shape.filter((_, d) => !axes.includes(d));
