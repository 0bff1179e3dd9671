// Arithmetic on shapes that tensors and operations share: sizes, strides, broadcasting, axis numbers.

import { isListOf, isSize, refuseValue } from '../arguments/field.ts';
import { show } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import type { Plain, Shape } from '../types/shapes.ts';

export type { Shape } from '../types/shapes.ts';

/** Most elements of one tensor: what one typed array can be expected to hold. */
const maxElements = 2 ** 31 - 1;

export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);
export const formatShape = (shape: Shape): string => `[${shape.join(',')}]`;
export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i]);

/** A copy of the caller's sizes that nobody can change; the literal sizes stay in its type. */
export const keepShape = <S extends Shape>(shape: S): Plain<S> =>
  Object.freeze([...shape]) as Shape as Plain<S>;

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= shape[d];
  }
  return strides;
}

/** Refuses a shape with an axis that is not a whole number of cells, or with too many cells in all. */
export function checkShape(fn: string, shape: Shape): void {
  if (!isListOf(shape, (size) => isSize(size, 0)))
    refuseValue(fn, 'shape', shape, 'a list of sizes, each a whole number of at least 0');
  if (sizeOf(shape) <= maxElements) return;
  throw new ShapeError(`${fn}: shape ${show(shape)} has more than 2^31 − 1 elements; split it into parts`);
}

/** Zeros for a shape. @throws ShapeError where the engine has no memory for them. */
export function allocate<T>(fn: string, shape: Shape, make: (size: number) => T): T {
  try {
    return make(sizeOf(shape));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ShapeError(
      `${fn}: there is no memory for ${sizeOf(shape)} values of shape ${show(shape)}; use a smaller shape`,
    );
  }
}

/** Turns an axis that may count from the end (−1 is the last) into one that counts from the start. */
export function resolveAxis(fn: string, axis: number, rank: number): number {
  const resolved = typeof axis === 'number' && axis < 0 ? axis + rank : axis;
  if (Number.isInteger(axis) && resolved >= 0 && resolved < rank) return resolved;
  const takes = rank > 0 ? `a whole number from ${-rank} to ${rank - 1}` : 'a tensor that has axes';
  return refuseValue(fn, 'axis', axis, takes);
}

/** The common shape of several, aligned at the last axis, axes of size 1 stretching (NumPy's rule). */
export function broadcastShapes(fn: string, shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, d) => {
    const sizes = shapes.map((s) => s[d - rank + s.length] ?? 1).filter((n) => n !== 1);
    if (sizes.some((n) => n !== sizes[0])) {
      const all = shapes.map(formatShape).join(' and ');
      throw new ShapeError(
        `${fn}: shapes ${all} do not broadcast; counted from the last axis, sizes must be equal or 1`,
      );
    }
    return sizes[0] ?? 1;
  });
}

/** Strides that read an array of shape `from` at the positions of the larger shape `to`: 0 where it stretches. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  return to.map((_, d) => {
    const own = d - to.length + from.length;
    return own < 0 || from[own] === 1 ? 0 : strides[own];
  });
}
