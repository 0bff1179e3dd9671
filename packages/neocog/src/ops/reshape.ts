// The same values under another shape. No data moves.

import { type Field, field, isListOf, isSize, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { counted, show } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import { oneAxis, someAxes } from '../tensor/fields.ts';
import { formatShape, resolveAxis, type Shape, sameShape, sizeOf } from '../tensor/shape.ts';
import { record, type Tensor } from '../tensor/tensor.ts';
import { needTensor } from './check.ts';
import type { Flattening } from './signatures.ts';

/**
 * Gives a tensor another shape of as many elements. One axis may be −1: it is inferred.
 *
 * @throws ShapeError if the element counts differ or more than one axis is −1.
 * @example reshape(zeros([2, 6]), [3, -1]).shape // [3, 4]
 */
export function reshape(t: Tensor, shape: Shape): Tensor {
  needTensor('reshape', 'input', t);
  need('reshape', 'shape', shape, targetShape);
  if (sameShape(t.shape, shape)) return t;
  const resolved = inferAxis(t, shape);
  const rules = [(gradient: Tensor) => reshape(gradient, t.shape)];
  return record(t.data, resolved, { name: 'reshape', inputs: [t], rules });
}

const targetShape: Field<Shape> = field(
  'a list of sizes, each a whole number of at least 0, or -1 once for the rest',
  (v) => isListOf(v, (n) => n === -1 || isSize(n, 0)),
);

function inferAxis(t: Tensor, shape: Shape): Shape {
  const known = sizeOf(shape.filter((n) => n !== -1));
  const unknown = shape.filter((n) => n === -1).length;
  const fail = (needed: string): never => {
    throw new ShapeError(
      `reshape: shape is ${formatShape(shape)} for ${counted(t.size, 'element')} (input ${formatShape(t.shape)}); ${needed}`,
    );
  };
  if (unknown > 1) fail('give -1 at most once');
  if (unknown === 0) return known === t.size ? shape : fail('give sizes whose product is that count');
  const inferred = t.size / known;
  if (!Number.isInteger(inferred)) fail('give sizes that divide that count');
  return shape.map((n) => (n === -1 ? inferred : n));
}

const squeezeFields = { axis: someAxes };

/** Which axes `squeeze` leaves out. */
interface SqueezeOptions {
  /** One axis or several, each of size 1; all of that size unless given. Negative axes count from the end. */
  axis?: number | readonly number[] | undefined;
}

/**
 * Leaves out axes of size 1: those named, or all.
 *
 * @throws ShapeError for an axis that does not exist or has another size.
 * @example squeeze(zeros([1, 3, 1]), { axis: -1 }).shape // [1, 3]
 */
export function squeeze(t: Tensor, options: SqueezeOptions = {}): Tensor {
  needTensor('squeeze', 'input', t);
  needOptions('squeeze', options, squeezeFields);
  const { axis = t.shape.flatMap((n, d) => (n === 1 ? [d] : [])) } = options;
  const list = typeof axis === 'number' ? [axis] : axis;
  const gone = list.map((a) => resolveAxis('squeeze', a, t.rank));
  const large = gone.find((d) => t.shape[d] !== 1);
  if (large !== undefined) {
    throw new ShapeError(
      `squeeze: axis ${large} of ${formatShape(t.shape)} has size ${t.shape[large]}; name axes of size 1`,
    );
  }
  return reshape(
    t,
    t.shape.filter((_, d) => !gone.includes(d)),
  );
}

/**
 * Adds axes of size 1, at the places that they have in the result.
 *
 * @throws ShapeError for a place that the result does not have.
 * @example unsqueeze(zeros([3, 4]), 1).shape // [3, 1, 4]
 * @example unsqueeze(zeros([3, 4]), [0, -1]).shape // [1, 3, 4, 1]
 */
export function unsqueeze(t: Tensor, axis: number | readonly number[]): Tensor {
  needTensor('unsqueeze', 'input', t);
  need('unsqueeze', 'axis', axis, someAxes);
  const list = typeof axis === 'number' ? [axis] : axis;
  const rank = t.rank + list.length;
  const added = new Set(list.map((a) => resolveAxis('unsqueeze', a, rank)));
  if (added.size < list.length)
    throw new ShapeError(`unsqueeze: axes ${show(axis)} name one place twice; name each once`);
  const sizes = [...t.shape];
  return reshape(
    t,
    Array.from({ length: rank }, (_, d) => (added.has(d) ? 1 : (sizes.shift() as number))),
  );
}

/**
 * Merges the axes `startAxis` … `endAxis` into one.
 *
 * @throws ShapeError for an axis that does not exist.
 * @example flatten(zeros([8, 16, 5, 5]), { startAxis: 1 }).shape // [8, 400]
 */
export const flatten = mergeAxes as Flattening<FlattenOptions>;

/** Which axes `flatten` merges, both ends included. Negative axes count from the end. */
export interface FlattenOptions {
  /** Default 0. */
  startAxis?: number | undefined;
  /** Default the last. */
  endAxis?: number | undefined;
}

export const flattenFields: Fields<FlattenOptions> = { startAxis: oneAxis, endAxis: oneAxis };

function mergeAxes(t: Tensor, options: FlattenOptions = {}): Tensor {
  needTensor('flatten', 'input', t);
  needOptions('flatten', options, flattenFields);
  if (t.rank === 0) return reshape(t, [1]);
  const start = resolveAxis('flatten', options.startAxis ?? 0, t.rank);
  const end = resolveAxis('flatten', options.endAxis ?? -1, t.rank);
  if (end < start) throw new ShapeError(`flatten: endAxis ${end} lies before startAxis ${start}; swap them`);
  return reshape(t, [
    ...t.shape.slice(0, start),
    sizeOf(t.shape.slice(start, end + 1)),
    ...t.shape.slice(end + 1),
  ]);
}
