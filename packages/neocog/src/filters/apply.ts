// A matrix over every channel of an image: a depthwise convolution in which all channels share one kernel.
// Here filters become operations; what the matrices are is in kernels.ts.

import { field, flag, isListOf, isSize } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { counted, show } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import { convGeometry } from '../geometry/conv.ts';
import type { Pair } from '../geometry/options.ts';
import type { PaddingMode } from '../geometry/types.ts';
import { mul } from '../ops/arithmetic.ts';
import { floats } from '../ops/check.ts';
import { conv2d } from '../ops/conv.ts';
import { reshape } from '../ops/reshape.ts';
import { formatShape } from '../tensor/shape.ts';
import { ones, record, Tensor, tensor } from '../tensor/tensor.ts';
import type { Matrix } from './matrix.ts';
import { type FilterOptions, filterFields } from './settings.ts';

/** How `filters.apply` lays a matrix over an image. */
export interface ApplyOptions extends FilterOptions {
  /**
   * Row and column, from 0, of the matrix's cell that lies on the pixel being computed. Default: the middle,
   * and of an even side the cell before the middle, `⌊(side − 1) / 2⌋`, as with `padding: 'same'` in
   * `conv2d`.
   */
  anchor?: readonly [row: number, column: number] | undefined;
  /** True convolution: the matrix turned by 180 degrees about its anchor. Default false: correlation. */
  flipKernel?: boolean | undefined;
}

const fields: Fields<ApplyOptions> = {
  ...filterFields,
  anchor: field(
    '[row, column] of a cell, from 0',
    (v) => isListOf(v, (at) => isSize(at, 0)) && v.length === 2,
  ),
  flipKernel: flag,
};

/**
 * Lays any matrix over an image, each channel by itself; the image keeps its size.
 *
 * `y[r, c] = Σ matrix[u, v] · image[r + u − anchor₀, c + v − anchor₁]`, with minus for plus if `flipKernel`.
 *
 * @param image `[channels, height, width]` or `[batch, channels, height, width]`.
 * @param matrix Rows of numbers, the first row above; or a tensor `[rows, columns]`, which may require a
 * gradient.
 * @throws ShapeError for another shape of image, a ragged matrix, or an anchor outside it.
 * @example filters.apply(image, [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]) // sharper
 */
export function apply(image: Tensor, matrix: Matrix | Tensor, options: ApplyOptions = {}): Tensor {
  const fn = 'filters.apply';
  needOptions(fn, options, fields);
  const kernel = matrix instanceof Tensor ? checkKernel(fn, matrix) : tensor(checkMatrix(fn, matrix));
  const sides = kernel.shape as readonly [number, number];
  const anchor = checkAnchor(fn, options.anchor, sides);
  const { flipKernel = false, paddingMode } = options;
  const pads = anchor.map((at, axis): Pair => {
    const rest = sides[axis] - 1 - at;
    return flipKernel ? [rest, at] : [at, rest];
  });
  return laying(fn, flipKernel ? turned(kernel) : kernel, { pads, paddingMode })(image);
}

/** What a filter does to an image. */
export type Filter = (image: Tensor) => Tensor;

/** A filter's own matrix, centred. `fn` is the name that errors carry. */
export const centred = (fn: string, matrix: Matrix, { paddingMode }: FilterOptions): Filter =>
  laying(fn, tensor(matrix), { pads: centredPads(matrix), paddingMode });

const centredPads = (matrix: Matrix): Pair[] =>
  [matrix.length, matrix[0].length].map((side) => [Math.floor((side - 1) / 2), Math.ceil((side - 1) / 2)]);

/** Weights along the rows and then along the columns: what their outer product does, for less. */
export function separable(fn: string, weights: readonly number[], options: FilterOptions): Filter {
  const along = centred(fn, [weights], options);
  const upright = centred(
    fn,
    weights.map((weight) => [weight]),
    options,
  );
  return (image) => upright(along(image));
}

interface Border {
  readonly pads: readonly Pair[];
  readonly paddingMode: PaddingMode | undefined;
}

/** Cross-correlation of every channel with one kernel `[rows, columns]`. */
function laying(fn: string, kernel: Tensor, { pads, paddingMode = 'replicate' }: Border): Filter {
  return (image) => {
    checkImage(fn, image);
    const batch = image.rank === 3 ? [1, ...image.shape] : image.shape;
    const channels = batch[1];
    const options = { padding: pads, paddingMode, groups: channels };
    const shapes = { input: batch, weight: [channels, 1, ...kernel.shape] };
    convGeometry({ fn, rank: 2 }, shapes, options); // refuses in the filter's name
    const weight = mul(reshape(kernel, [1, 1, ...kernel.shape]), ones([channels, 1, 1, 1]));
    return conv2d(image, weight, options);
  };
}

/** The kernel turned by 180 degrees: for two axes its elements in reverse. So is its gradient. */
const turned = (kernel: Tensor): Tensor =>
  record(floats('turn', 'kernel', kernel).slice().reverse(), kernel.shape, {
    name: 'turn',
    inputs: [kernel],
    rules: [turned],
  });

function checkImage(fn: string, image: Tensor): void {
  floats(fn, 'image', image);
  if (image.rank === 3 || image.rank === 4) return;
  throw new ShapeError(
    `${fn}: image has shape ${formatShape(image.shape)}; give [channels, height, width], with or without a batch ` +
      'before it (a grey image has one channel)',
  );
}

function checkKernel(fn: string, kernel: Tensor): Tensor {
  floats(fn, 'matrix', kernel);
  if (kernel.rank === 2 && kernel.size > 0) return kernel;
  throw new ShapeError(
    `${fn}: matrix has shape ${formatShape(kernel.shape)}; give [rows, columns], at least one of each`,
  );
}

/** Refuses what is no matrix of finite numbers, as it may come from a caller without types. */
function checkMatrix(fn: string, matrix: Matrix): number[][] {
  const refuse = (problem: string): never => {
    throw new ShapeError(
      `${fn}: ${problem}; give equally long rows of finite numbers, such as [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]`,
    );
  };
  if (!isListOf(matrix, Array.isArray) || matrix.length === 0) {
    return refuse(`matrix is ${show(matrix)}`);
  }
  matrix.forEach((row, r) => {
    if (row.length === 0 || row.length !== matrix[0].length) {
      refuse(`row ${r} of matrix has ${counted(row.length, 'number')}, but row 0 has ${matrix[0].length}`);
    }
    const c = Array.from(row).findIndex((value) => !Number.isFinite(value));
    if (c >= 0) refuse(`matrix[${r}][${c}] is ${show(row[c])}`);
  });
  return matrix.map((row) => [...row]);
}

function checkAnchor(
  fn: string,
  anchor: readonly number[] | undefined,
  sides: readonly [number, number],
): readonly number[] {
  if (anchor === undefined) return sides.map((side) => Math.floor((side - 1) / 2));
  const isInside = (at: number, axis: number): boolean => Number.isInteger(at) && at >= 0 && at < sides[axis];
  if (Array.isArray(anchor) && anchor.length === 2 && anchor.every(isInside)) return anchor;
  const inside = `give [row, column] inside the matrix of ${sides.join(' × ')}, counted from 0`;
  throw new ShapeError(`${fn}: anchor is ${show(anchor)}; ${inside}`);
}
