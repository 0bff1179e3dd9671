// The two operations that all data movement is made of: reading a grid of places, and adding values to a grid of places.
// Each is the gradient of the other, so that derivatives of any order follow.

import { compute } from '../backends/current.ts';
import type { Values } from '../backends/work.ts';
import type { StridedView } from '../backends/workParts.ts';
import { type Shape, sizeOf, stridesOf } from '../tensor/shape.ts';
import { record, type Tensor } from '../tensor/tensor.ts';

/** The values of `x` at the places of a view, of the view's shape. float32 or int32. */
export const readView = (fn: string, x: Tensor, view: StridedView): Tensor =>
  readBy(fn, x, { view, back: (dy) => addViews(`${fn} gradient`, [{ values: dy, view }], x.shape) });

/** A view with its gradient, where something simpler than adding at the same places does. */
export interface ReversibleView {
  readonly view: StridedView;
  readonly back: (dy: Tensor) => Tensor;
}

export function readBy(fn: string, x: Tensor, { view, back }: ReversibleView): Tensor {
  const values = compute<Values>({ op: 'copy', view }, [x.data]);
  return record(values, view.shape, { name: fn, inputs: [x], rules: [back] });
}

/** Values, and a view of their shape that says where in a larger tensor they belong. */
export interface Placed {
  readonly values: Tensor;
  readonly view: StridedView;
}

/** Zeros of `shape` to which each part's values are added at their places. At least one part; all of one dtype. */
export function addViews(fn: string, parts: readonly Placed[], shape: Shape): Tensor {
  const inputs = parts.map((part) => part.values);
  const data = compute<Values>(
    { op: 'copyAdd', views: parts.map(({ view }) => view), size: sizeOf(shape) },
    inputs.map((values) => values.data),
  );
  const rules = parts.map(
    ({ view }) =>
      (dx: Tensor): Tensor =>
        readView(`${fn} gradient`, dx, view),
  );
  return record(data, shape, { name: fn, inputs, rules });
}

/** The cells of one axis that a view reads: some in even steps, or those of a list. */
export type AxisCells =
  | { readonly count: number; readonly start: number; readonly step: number }
  | Int32Array;

/** The view of a tensor of `shape` that reads some cells of each axis, and all of an axis without any. */
export function viewOfAxes(shape: Shape, cells: readonly (AxisCells | undefined)[]): StridedView {
  const dense = stridesOf(shape);
  const axes = shape.map((count, d) => cells[d] ?? { count, start: 0, step: 1 });
  const isList = (axis: AxisCells): axis is Int32Array => axis instanceof Int32Array;
  return {
    shape: axes.map((axis) => (isList(axis) ? axis.length : axis.count)),
    strides: axes.map((axis, d) =>
      isList(axis) ? axis.map((cell) => cell * dense[d]) : axis.step * dense[d],
    ),
    offset: axes.reduce((sum, axis, d) => sum + (isList(axis) ? 0 : axis.start * dense[d]), 0),
  };
}
