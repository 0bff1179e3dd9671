// Cells of one axis by their numbers. Numbers that are known when the operation is recorded become a view; others are read
// when it runs.

import { either, type Field, field, isListOf, need } from '../arguments/field.ts';
import { needOptions } from '../arguments/options.ts';
import { effects } from '../backends/current.ts';
import { ShapeError } from '../errors.ts';
import * as e from '../expression/expression.ts';
import { type AxisOptions, axisFields, intTensor } from '../tensor/fields.ts';
import { formatShape, resolveAxis } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { cast } from './cast.ts';
import { ints, needTensor } from './check.ts';
import { expand } from './expand.ts';
import { fuse } from './fuse.ts';
import { take } from './gather.ts';
import { permute } from './move.ts';
import { reshape } from './reshape.ts';
import { readView, viewOfAxes } from './view.ts';

/**
 * The cells that `indices` names along an axis (default 0), in their order; negative ones count from the end. An axis of
 * `[a, n, b]` becomes the axes of `indices`: with `[k]` the result is `[a, k, b]`. float32 or int32.
 *
 * In a compiled network indices that are computed on the way are not checked: those outside of the axis stand for its ends.
 *
 * @throws ShapeError for an index outside of the axis, or indices that are not whole numbers.
 * @example indexSelect(tensor([5, 6, 7]), [2, 0, -1]) // 7, 5, 7
 */
export function indexSelect(
  x: Tensor,
  indices: readonly number[] | Tensor,
  options: AxisOptions = {},
): Tensor {
  needTensor('indexSelect', 'input', x);
  need('indexSelect', 'indices', indices, someIndices);
  needOptions('indexSelect', options, axisFields);
  const axis = resolveAxis('indexSelect', options.axis ?? 0, x.rank);
  if (!(indices instanceof Tensor)) {
    checkIndices('indexSelect', { x, axis }, indices);
    const list = new Tensor(Int32Array.from(indices), [indices.length]);
    return selectCells('indexSelect', { x, indices: list, axis });
  }
  needIndices('indexSelect', { x, indices, axis });
  return selectCells('indexSelect', { x, indices, axis });
}

/** An axis of a tensor. */
interface AxisOf {
  readonly x: Tensor;
  readonly axis: number;
}

/** Cells of an axis of x, named by int32 indices. */
export interface NamedCells extends AxisOf {
  readonly indices: Tensor;
}

const someIndices: Field<readonly number[] | Tensor> = either(
  field('a list of whole numbers', (v) => isListOf(v, Number.isInteger)),
  intTensor,
);

/** Refuses indices that are not int32 or name no cell of the axis, as soon as they are known. */
export function needIndices(fn: string, { x, indices, axis }: NamedCells): void {
  ints(fn, 'indices', indices);
  effects().look(indices.data, (numbers) => checkIndices(fn, { x, axis }, numbers));
}

function checkIndices(fn: string, { x, axis }: AxisOf, indices: ArrayLike<number>): void {
  const size = x.shape[axis];
  for (let at = 0; at < indices.length; at++) {
    const i = indices[at];
    if (Number.isInteger(i) && i >= -size && i < size) continue;
    throw new ShapeError(
      `${fn}: index ${i} is outside axis ${axis} of ${formatShape(x.shape)}; give whole numbers from ${-size} to ${size - 1}`,
    );
  }
}

/** The cells of an axis by an int32 tensor of any shape, which takes the place of the axis. */
export function selectCells(fn: string, cells: NamedCells): Tensor {
  const { x, indices, axis } = cells;
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const shape = [...before, ...indices.shape, ...after];
  const read = effects().knows(indices.data) ? selectKnown : selectComputed;
  return reshape(read(fn, cells), shape);
}

function selectKnown(fn: string, { x, indices, axis }: NamedCells): Tensor {
  const size = x.shape[axis];
  const cells = new Array<Int32Array | undefined>(x.rank);
  // Much faster than a map: a network may pick millions.
  const fromStart = new Int32Array(indices.data);
  for (let at = 0; at < fromStart.length; at++) if (fromStart[at] < 0) fromStart[at] += size;
  cells[axis] = fromStart;
  return readView(fn, x, viewOfAxes(x.shape, cells));
}

/** The axis goes last; each row of it is a plane, and all planes are read at the same places. */
function selectComputed(_fn: string, { x, indices, axis }: NamedCells): Tensor {
  const size = x.shape[axis];
  const others = x.shape.map((_, d) => d).filter((d) => d !== axis);
  const planes = reshape(permute(x, [...others, axis]), [1, x.size / size, size]);
  const places = expand(reshape(cellsOf(indices, size), [1, 1, indices.size]), [
    1,
    x.size / size,
    indices.size,
  ]);
  const rows = reshape(take(planes, places), [...others.map((d) => x.shape[d]), indices.size]);
  return permute(rows, [
    ...others.slice(0, axis),
    others.length,
    ...others.slice(axis).map((_, i) => axis + i),
  ]);
}

/** Indices from 0 up to, not including, `size`. */
export function cellsOf(indices: Tensor, size: number): Tensor {
  const i = e.input(0);
  const fromStart = e.select(e.gt(0, i), e.add(i, size), i);
  return cast(fuse('indexSelect', e.min(e.max(fromStart, 0), size - 1), [indices]), 'int32');
}
