// unfold (im2col) and its adjoint fold (col2im): the cells under each window of a convolution as a column, and columns
// added back to where they came from. Both are views of a padded input, so that derivatives of any order follow.
// Convolution does not go this way: its kernels read the input where it lies.

import { need } from '../arguments/field.ts';
import type { PerAxis, Rank } from '../geometry/options.ts';
import { paddedCells } from '../geometry/padding.ts';
import {
  columnShape,
  columnView,
  foldGeometry,
  imageShape,
  needWindows,
  paddedShape,
  spatialSize,
  type UnfoldGeometry,
  type UnfoldOptions,
  unfoldGeometry,
} from '../geometry/unfold.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { floats, needTensor } from './check.ts';
import { slice } from './move.ts';
import { pad } from './pad.ts';
import { reshape } from './reshape.ts';
import { addViews, readView, viewOfAxes } from './view.ts';

export type { UnfoldOptions };

/**
 * The cells under each window as a column: `[n, c, …spatial]`, of 1, 2 or 3 axes → `[n, c · taps, windows]`. Row
 * `(channel · kh + i) · kw + j` holds what tap `(i, j)` sees. As `torch.nn.functional.unfold`; float32 or int32.
 *
 * conv2d(x, w) is matmul of w as a matrix `[out, c · taps]` with each of these.
 *
 * @throws ShapeError if the window is larger than the padded input, or options do not fit.
 * @example unfold(zeros([1, 3, 8, 8]), 3, { padding: 1 }).shape // [1, 27, 64]
 */
export function unfold(x: Tensor, kernel: PerAxis, options: UnfoldOptions = {}): Tensor {
  needTensor('unfold', 'input', x);
  needWindows({ fn: 'unfold', rank: rankOf(x.rank - 2) }, kernel, options);
  const g = unfoldGeometry('unfold', { input: x.shape, kernel }, options);
  return reshape(readView('unfold', withPadding(x, g), columnView(g)), columnShape(g));
}

/**
 * The adjoint of unfold: `[n, c · taps, windows]` → `[n, c, …outputSize]`, values of a cell that several windows saw are
 * added. `kernel` and options are those of unfold. As `torch.nn.functional.fold`.
 *
 * @throws ShapeError if the columns are not those that unfold makes of `[n, c, …outputSize]`.
 * @example fold(ones([1, 4, 4]), [3, 3], 2) // 1, 2, 1, 2, 4, 2, 1, 2, 1
 */
export function fold(
  columns: Tensor,
  outputSize: readonly number[],
  kernel: PerAxis,
  options: UnfoldOptions = {},
): Tensor {
  floats('fold', 'columns', columns);
  need('fold', 'outputSize', outputSize, spatialSize);
  needWindows({ fn: 'fold', rank: rankOf(outputSize.length) }, kernel, options);
  const g = foldGeometry('fold', { columns: columns.shape, outputSize, kernel }, options);
  const view = columnView(g);
  const sums = addViews('fold', [{ values: reshape(columns, view.shape), view }], paddedShape(g));
  return withoutPadding(sums, g);
}

/** An input of no number of axes that there is, is refused by its geometry. */
const rankOf = (axes: number): Rank => (axes === 1 || axes === 3 ? axes : 2);

const isPadded = (g: UnfoldGeometry): boolean => g.axes.some((a) => a.padBefore + a.padAfter > 0);

function withPadding(x: Tensor, g: UnfoldGeometry): Tensor {
  if (!isPadded(g)) return x;
  const pads = g.axes.map((a): [number, number] => [a.padBefore, a.padAfter]);
  return pad(x, [[0, 0], [0, 0], ...pads], { mode: g.paddingMode });
}

/** The adjoint of padding: what stands in it is dropped, or belongs to the cells that it repeats. */
function withoutPadding(sums: Tensor, g: UnfoldGeometry): Tensor {
  if (!isPadded(g)) return sums;
  if (g.paddingMode === 'zeros') {
    const start = [0, 0, ...g.axes.map((a) => a.padBefore)];
    const end = [null, null, ...g.axes.map((a) => a.padBefore + a.input)];
    return slice(sums, { start, end });
  }
  const cells = g.axes.map((axis) => paddedCells(axis, g.paddingMode));
  const shape = imageShape(g);
  const view = viewOfAxes(shape, [undefined, undefined, ...cells]);
  return addViews('fold', [{ values: sums, view }], shape);
}
