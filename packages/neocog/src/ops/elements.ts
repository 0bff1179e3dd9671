// gather and scatter: single elements along an axis, by a tensor of indices that says for each place which one. Indices
// that are known when the operation is recorded become views; others are read when it runs. Whole rows and blocks by their
// numbers are indexSelect's.

import { anyNumber, either, need, oneOf, refuseValue } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { effects } from '../backends/current.ts';
import { ShapeError, UnsupportedError } from '../errors.ts';
import * as e from '../expression/expression.ts';
import { type AxisOptions, aTensor, axisFields } from '../tensor/fields.ts';
import { formatShape, resolveAxis, type Shape, sizeOf, stridesOf } from '../tensor/shape.ts';
import { full, ones, Tensor } from '../tensor/tensor.ts';
import { add } from './arithmetic.ts';
import { cast } from './cast.ts';
import { needTensor } from './check.ts';
import { needSummable } from './cumSum.ts';
import { fuse } from './fuse.ts';
import { scatterAdd, take } from './gather.ts';
import { cellsOf, type NamedCells, needIndices } from './indexSelect.ts';
import { concat, permute, slice } from './move.ts';
import { pad } from './pad.ts';
import { reshape } from './reshape.ts';
import { addViews, readView } from './view.ts';

/**
 * For each place of `indices`, the element of x at the same place but, along the axis (default 0), at the index: of matrices
 * and axis 1, `y[i, j] = x[i, indices[i, j]]`. x and int32 indices have as many axes; along the others indices may be
 * smaller. Negative indices count from the end. float32 or int32. As `torch.gather`.
 *
 * In a compiled network indices that are computed on the way are not checked: those outside of the axis stand for its ends.
 *
 * @throws ShapeError for an index outside of the axis, or indices of another dtype or a shape that does not fit.
 * @example gather(tensor([[5, 6], [7, 8]]), tensor([[1], [0]], [2, 1], { dtype: 'int32' }), { axis: 1 }) // 6, 7
 */
export function gather(x: Tensor, indices: Tensor, options: AxisOptions = {}): Tensor {
  needOptions('gather', options, axisFields);
  const axis = readAxis('gather', { x, indices }, options);
  const part = cropTo(x, indices.shape.with(axis, x.shape[axis]));
  const found = take(rowsOf(part, axis), rowsOf(placesAlong(indices, x.shape[axis]), axis));
  return fromRows(found, indices.shape, axis);
}

/** Where `scatter` puts values, and what becomes of those that are there. */
export interface ScatterOptions extends AxisOptions {
  /** 'none' (default) replaces elements, by the last value where several meet; 'add' adds to them. */
  reduction?: 'none' | 'add' | undefined;
}

const scatterFields: Fields<ScatterOptions> = { ...axisFields, reduction: oneOf('none', 'add') };

/**
 * x with `values` put in the places that gather would read, or added to what is there: of matrices and axis 1,
 * `y[i, indices[i, j]] = values[i, j]`. Values may be a number, or as large as indices or larger: what is beyond is left out.
 * float32 or int32. As `torch.scatter` and `torch.scatter_add`.
 *
 * In a compiled network indices that are computed on the way are not checked: those outside of the axis stand for its ends.
 *
 * @throws ShapeError for an index outside of the axis, or shapes and dtypes that do not fit. @throws UnsupportedError for
 * sums of int32 in a compiled network.
 * @example scatter(zeros([3]), tensor([2, 0], [2], { dtype: 'int32' }), tensor([5, 6])) // 6, 0, 5
 */
export function scatter(
  x: Tensor,
  indices: Tensor,
  values: Tensor | number,
  options: ScatterOptions = {},
): Tensor {
  needOptions('scatter', options, scatterFields);
  const { reduction = 'none' } = options;
  const axis = readAxis('scatter', { x, indices }, options);
  if (reduction === 'add') needSummable('scatter', x);
  const fresh = readValues(x, indices, values);
  if (indices.size === 0) return x;
  const isKnown = effects().knows(indices.data);
  const how = reduction === 'add' ? (isKnown ? addKnown : addComputed) : isKnown ? putKnown : putComputed;
  return how({ x, indices, axis }, fresh);
}

/** The axis, once x and indices fit each other. */
function readAxis(
  fn: string,
  { x, indices }: Omit<NamedCells, 'axis'>,
  { axis: given = 0 }: { axis?: number | undefined },
): number {
  needTensor(fn, 'input', x);
  needTensor(fn, 'indices', indices);
  const axis = resolveAxis(fn, given, x.rank);
  const fits =
    indices.rank === x.rank && indices.shape.every((n, d) => d === axis || (x.shape[d] as number) >= n);
  if (!fits) {
    throw new ShapeError(
      `${fn}: indices have shape ${formatShape(indices.shape)} for input ${formatShape(x.shape)}; give as many axes, none longer except axis ${axis}`,
    );
  }
  needIndices(fn, { x, indices, axis });
  return axis;
}

function readValues(x: Tensor, indices: Tensor, values: Tensor | number): Tensor {
  need('scatter', 'values', values, either(aTensor, anyNumber));
  if (typeof values === 'number') {
    if (x.dtype === 'int32' && values !== (values | 0))
      refuseValue('scatter', 'values', values, 'a whole number for int32 input');
    return full(indices.shape, values, { dtype: x.dtype });
  }
  needTensor('scatter', 'values', values);
  const fits = values.rank === x.rank && indices.shape.every((n, d) => (values.shape[d] as number) >= n);
  if (fits && values.dtype === x.dtype) return cropTo(values, indices.shape);
  throw new ShapeError(
    `scatter: values are ${values.dtype} ${formatShape(values.shape)}; give ${x.dtype} of at least the indices' shape ${formatShape(indices.shape)}`,
  );
}

/** Indices that count from the start of an axis of `size` cells. */
function placesAlong(indices: Tensor, size: number): Tensor {
  if (!effects().knows(indices.data)) return cellsOf(indices, size);
  return new Tensor(
    Int32Array.from(indices.data, (i) => (i < 0 ? i + size : i)),
    indices.shape,
  );
}

const cropTo = (x: Tensor, shape: Shape): Tensor =>
  shape.every((n, d) => n === x.shape[d]) ? x : slice(x, { end: shape });

/** `[…, axis, …]` → `[1, all others, axis]` */
function rowsOf(x: Tensor, axis: number): Tensor {
  const others = x.shape.map((_, d) => d).filter((d) => d !== axis);
  return reshape(permute(x, [...others, axis]), [1, sizeOf(others.map((d) => x.shape[d])), x.shape[axis]]);
}

function fromRows(rows: Tensor, shape: Shape, axis: number): Tensor {
  const others = shape.filter((_, d) => d !== axis);
  const order = shape.map((_, d) => (d === axis ? others.length : d < axis ? d : d - 1));
  return permute(reshape(rows, [...others, shape[axis]]), order);
}

/** Where in x, as one long row, each index points. */
function flatPlaces({ x, indices, axis }: NamedCells): Int32Array {
  const [from, to] = [stridesOf(indices.shape), stridesOf(x.shape)];
  return Int32Array.from(placesAlong(indices, x.shape[axis]).data, (index, i) =>
    to.reduce((place, step, d) => {
      const own = Math.floor(i / from[d]) % indices.shape[d];
      return place + (d === axis ? index : own) * step;
    }, 0),
  );
}

function addKnown(cells: NamedCells, values: Tensor): Tensor {
  const { x } = cells;
  const view = { shape: [values.size], strides: [flatPlaces(cells)], offset: 0 };
  const whole = { shape: [x.size], strides: [1], offset: 0 };
  const parts = [
    { values: reshape(x, [x.size]), view: whole },
    { values: reshape(values, [values.size]), view },
  ];
  return reshape(addViews('scatter', parts, [x.size]), x.shape);
}

function addComputed({ x, indices, axis }: NamedCells, values: Tensor): Tensor {
  const shape = indices.shape.with(axis, x.shape[axis]);
  const rows = [1, sizeOf(shape.toSpliced(axis, 1)), x.shape[axis]];
  const places = rowsOf(placesAlong(indices, x.shape[axis]), axis);
  const sums = fromRows(scatterAdd(rowsOf(values, axis), places, rows), shape, axis);
  return add(x, growTo(sums, x.shape));
}

/** The result is read from x and the values side by side. */
function putKnown(cells: NamedCells, values: Tensor): Tensor {
  const { x } = cells;
  const sources = Int32Array.from({ length: x.size }, (_, i) => i);
  flatPlaces(cells).forEach((place, i) => {
    sources[place] = x.size + i;
  });
  const both = concat([reshape(x, [x.size]), reshape(values, [values.size])]);
  return reshape(readView('scatter', both, { shape: [x.size], strides: [sources], offset: 0 }), x.shape);
}

/** Float32 counts to here without gaps. */
const mostCounted = 2 ** 24;

/** The same, where the cells to read are computed, row by row. */
function putComputed({ x, indices, axis }: NamedCells, values: Tensor): Tensor {
  const [size, count] = [x.shape[axis], indices.shape[axis]];
  if (size + count > mostCounted) {
    throw new UnsupportedError(
      `scatter: axis ${axis} of ${formatShape(x.shape)} and ${count} computed indices make more than ${mostCounted} cells; split the indices`,
    );
  }
  const wide = x.shape.with(axis, count);
  const inRows = (t: Tensor): Tensor => rowsOf(growTo(t, wide), axis);
  const [rows, fresh, places] = [rowsOf(x, axis), inRows(values), inRows(placesAlong(indices, size))];
  const last = lastNamed(inRows(ones(indices.shape)), places, rows.shape);
  const replaced = e.gt(e.input(0), 0);
  const cells = fuse('scatter', e.select(replaced, e.add(e.input(0), size - 1), e.position(2)), [last]);
  return fromRows(take(concat([rows, fresh], { axis: 2 }), cast(cells, 'int32')), x.shape, axis);
}

/**
 * For each cell of rows the number, from 1, of the last place that names it; 0 for none. `counts` is 1 for the places that
 * count. Found bit by bit from the highest: where one that names a cell has the bit, those without it are out.
 */
function lastNamed(counts: Tensor, places: Tensor, rows: Shape): Tensor {
  const number = e.add(e.position(2), 1);
  const [alive, rival] = [e.input(0), e.input(1)];
  let left = counts;
  for (let bit = 2 ** Math.floor(Math.log2(places.shape[2])); bit >= 1; bit /= 2) {
    const half = e.floor(e.mul(number, 1 / bit));
    const hasBit = e.sub(half, e.mul(2, e.floor(e.mul(half, 0.5))));
    const marked = fuse('scatter', e.mul(alive, hasBit), [left]);
    const rivals = take(scatterAdd(marked, places, rows), places);
    left = fuse('scatter', e.select(e.gt(rival, 0), e.mul(alive, hasBit), alive), [left, rivals]);
  }
  return scatterAdd(fuse('scatter', e.mul(alive, number), [left]), places, rows);
}

/** Zeros behind the cells of each axis. */
const growTo = (x: Tensor, shape: Shape): Tensor =>
  shape.every((n, d) => n === x.shape[d])
    ? x
    : pad(
        x,
        shape.map((n, d): [number, number] => [0, n - x.shape[d]]),
      );
