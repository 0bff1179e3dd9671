// Rearranging values: permute, transpose, flip, slice, concat. All are views and sums of views (view.ts); what keeps the
// order of values and only renames axes is reshape's.

import { type Field, field, isListOf, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { show } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import { type AxisOptions, axisFields, axisList, oneAxis, someTensors } from '../tensor/fields.ts';
import { formatShape, resolveAxis, type Shape, stridesOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { needTensor } from './check.ts';
import { type AxisCells, addViews, readBy, readView, viewOfAxes } from './view.ts';

/**
 * Reorders axes: axis d of the result is axis `axes[d]` of the input. Negative axes count from the end.
 *
 * @throws ShapeError unless every axis is named once.
 * @example permute(zeros([2, 3, 4]), [2, 0, 1]).shape // [4, 2, 3]
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  needTensor('permute', 'input', x);
  need('permute', 'axes', axes, axisList);
  const order = resolveOrder(x, axes);
  if (order.every((axis, d) => axis === d)) return x;
  const strides = stridesOf(x.shape);
  const view = { shape: order.map((d) => x.shape[d]), strides: order.map((d) => strides[d]), offset: 0 };
  const inverse = order.map((_, d) => order.indexOf(d));
  return readBy('permute', x, { view, back: (dy) => permute(dy, inverse) });
}

function resolveOrder(x: Tensor, axes: readonly number[]): number[] {
  const order = axes.map((axis) => resolveAxis('permute', axis, x.rank));
  if (order.length === x.rank && new Set(order).size === x.rank) return order;
  throw new ShapeError(
    `permute: axes are ${show(axes)} for input ${formatShape(x.shape)}; name each of its axes once`,
  );
}

/**
 * Exchanges two axes, the last two unless given.
 *
 * @throws ShapeError for an axis that does not exist.
 * @example transpose(zeros([5, 2, 3])).shape // [5, 3, 2]
 */
export function transpose(x: Tensor, axisA = -2, axisB = -1): Tensor {
  needTensor('transpose', 'input', x);
  const [a, b] = [axisA, axisB].map((axis) => resolveAxis('transpose', axis, x.rank));
  const order = x.shape.map((_, d) => (d === a ? b : d === b ? a : d));
  return permute(x, order);
}

/**
 * Reverses the order of cells along some axes; the shape stays.
 *
 * @throws ShapeError for an axis that does not exist.
 * @example flip(tensor([1, 2, 3]), [0]) // 3, 2, 1
 */
export function flip(x: Tensor, axes: readonly number[]): Tensor {
  needTensor('flip', 'input', x);
  need('flip', 'axes', axes, axisList);
  const turned = axes.map((axis) => resolveAxis('flip', axis, x.rank));
  const cells = x.shape.map((count, d) =>
    turned.includes(d) ? { count, start: Math.max(0, count - 1), step: -1 } : undefined,
  );
  return readBy('flip', x, { view: viewOfAxes(x.shape, cells), back: (dy) => flip(dy, turned) });
}

/** A number, or one per axis from the first; null and missing entries stand for the default. */
type PerAxis = number | readonly Bound[] | undefined;
type Bound = number | null | undefined;

/** Which part of each axis `slice` takes. */
export interface SliceOptions {
  /** The axis that single numbers speak of. Default 0. Not together with lists. */
  axis?: number | undefined;
  /** First cell; negative from the end. Default: the first (with a negative step, the last). */
  start?: PerAxis;
  /** The cell before which to stop; negative from the end. Default: behind the last (with a negative step, before the first). */
  end?: PerAxis;
  /** Distance from cell to cell; negative runs backwards. Default 1. */
  step?: PerAxis;
}

const isPlace = (value: unknown): boolean => value === null || value === undefined || Number.isInteger(value);
const places: Field<Exclude<PerAxis, undefined>> = field(
  'a whole number, or a list of them with null for the default',
  (v) => Number.isInteger(v) || isListOf(v, isPlace),
);
const sliceFields: Fields<SliceOptions> = { axis: oneAxis, start: places, end: places, step: places };

/**
 * Cells from `start` up to, not including, `end` by `step`, of one axis or, with lists, of several. As in Python and in
 * `Array.slice`, what reaches beyond an axis is cut off.
 *
 * @throws ShapeError for numbers that are not whole, a step of 0, or an axis that does not exist.
 * @example slice(arange(6), { start: 1, end: -1 }) // 1, 2, 3, 4
 * @example slice(zeros([1, 3, 8, 8]), { start: [0, 0, 2, 2], end: [1, 3, -2, -2] }).shape // [1, 3, 4, 4]
 * @example slice(zeros([1, 3, 8, 8]), { axis: 2, step: 2 }).shape // [1, 3, 4, 8]
 */
export function slice(x: Tensor, options: SliceOptions): Tensor {
  needTensor('slice', 'input', x);
  needOptions('slice', options, sliceFields);
  const [start, end, step] = (['start', 'end', 'step'] as const).map((key) => readBounds(x, key, options));
  const cells = x.shape.map((size, d) =>
    sliceAxis(size, { start: start[d], end: end[d], step: step[d] ?? 1 }),
  );
  return readView('slice', x, viewOfAxes(x.shape, cells));
}

/** A bound per axis; a single number stands at its axis. */
function readBounds(x: Tensor, key: 'start' | 'end' | 'step', options: SliceOptions): readonly Bound[] {
  const { axis, [key]: value = [] } = options;
  const single = typeof value === 'number';
  const bounds = single ? [...new Array<Bound>(resolveAxis('slice', axis ?? 0, x.rank)), value] : value;
  const fits = isListOf(bounds, (b) => isBound(key, b)) && bounds.length <= x.rank;
  if (fits && (single || bounds.length === 0 || axis === undefined)) return bounds;
  const numbers = `whole numbers${key === 'step' ? ' other than 0' : ''}`;
  throw new ShapeError(
    `slice: ${key} is ${show(value)} for input ${formatShape(x.shape)}; give ${numbers}: one together with axis, or a list of at most ${x.rank} without`,
  );
}

const isBound = (key: string, bound: unknown): boolean =>
  bound === null || bound === undefined || (Number.isInteger(bound) && !(key === 'step' && bound === 0));

interface Range {
  readonly start: Bound;
  readonly end: Bound;
  readonly step: number;
}

/** Python's rule for one axis. */
function sliceAxis(size: number, { start, end, step }: Range): AxisCells {
  // Backwards, positions run from the last cell down to −1, the place before the first.
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const resolve = (bound: Bound, otherwise: number): number =>
    typeof bound === 'number' ? Math.min(Math.max(bound < 0 ? bound + size : bound, low), high) : otherwise;
  const [first, stop] = [resolve(start, step > 0 ? low : high), resolve(end, step > 0 ? high : low)];
  const count = Math.max(0, Math.ceil((stop - first) / step));
  return { count, start: count === 0 ? 0 : first, step };
}

/**
 * Joins tensors along an axis (default 0): `[2, 3]` and `[2, 1]` along axis 1 → `[2, 4]`.
 *
 * @throws ShapeError unless there is at least one tensor and all agree in dtype, rank and every other axis.
 * @example concat([zeros([1, 3, 8, 8]), zeros([1, 5, 8, 8])], { axis: 1 }).shape // [1, 8, 8, 8]
 */
export function concat(tensors: readonly Tensor[], options: AxisOptions = {}): Tensor {
  need('concat', 'tensors', tensors, someTensors);
  needOptions('concat', options, axisFields);
  const { shape: first, axis } = checkParts(tensors, options.axis ?? 0);
  if (tensors.length === 1) return tensors[0];
  const shape = first.with(
    axis,
    tensors.reduce((n, t) => n + t.shape[axis], 0),
  );
  let start = 0;
  const parts = tensors.map((values) => {
    const cells = new Array<AxisCells | undefined>(shape.length);
    cells[axis] = { count: values.shape[axis], start, step: 1 };
    start += values.shape[axis];
    return { values, view: viewOfAxes(shape, cells) };
  });
  return addViews('concat', parts, shape);
}

function checkParts(tensors: readonly Tensor[], axis: number): { shape: Shape; axis: number } {
  const { shape, dtype } = tensors[0];
  const along = resolveAxis('concat', axis, shape.length);
  tensors.forEach((t, i) => {
    needTensor('concat', `tensors[${i}]`, t);
    const fits = t.rank === shape.length && t.shape.every((n, d) => d === along || n === shape[d]);
    if (fits && t.dtype === dtype) return;
    const [first, other] = [`${dtype} ${formatShape(shape)}`, `${t.dtype} ${formatShape(t.shape)}`];
    throw new ShapeError(
      `concat: tensor 0 is ${first} and tensor ${i} is ${other}; they may differ only along axis ${along}`,
    );
  });
  return { shape, axis: along };
}
