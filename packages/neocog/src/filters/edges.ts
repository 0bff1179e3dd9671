// Filters that answer to changes of brightness: slopes and curvatures. Their weights sum to 0, so flat areas
// give 0.

import { oneOf } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import * as e from '../expression/expression.ts';
import { fuse } from '../ops/fuse.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { centred } from './apply.ts';
import * as kernels from './kernels.ts';
import type { Matrix } from './matrix.ts';
import { type FilterOptions, filterFields } from './settings.ts';

/** `x`: growing to the right; `y`: growing downwards; `magnitude`: how steep, √(x² + y²). */
export type Direction = 'x' | 'y' | 'magnitude';
export const directions: readonly Direction[] = ['x', 'y', 'magnitude'];

/** What `sobel`, `scharr` and `prewitt` take. */
export interface SlopeOptions extends FilterOptions {
  /** Default 'magnitude'. */
  direction?: Direction | undefined;
}

const slopeFields: Fields<SlopeOptions> = { ...filterFields, direction: oneOf(...directions) };

// √s has no slope at 0, where an image is flat; the formula gives 0 there, as for |x|.
const squares = e.add(e.mul(e.input(0), e.input(0)), e.mul(e.input(1), e.input(1)));
const hypotenuse = e.select(e.gt(squares, 0), e.sqrt(squares), 0);

function slopeFilter(name: string, x: Matrix, y: Matrix): (image: Tensor, options?: SlopeOptions) => Tensor {
  const fn = `filters.${name}`;
  return (image, options = {}) => {
    needOptions(fn, options, slopeFields);
    const { direction = 'magnitude' } = options;
    const along = (matrix: Matrix): Tensor => centred(fn, matrix, options)(image);
    if (direction !== 'magnitude') return along(direction === 'x' ? x : y);
    return fuse(fn, hypotenuse, [along(x), along(y)]);
  };
}

/**
 * Edges by Sobel's matrices: image `[channels, height, width]` or with a batch → the same shape. A slope of 1
 * a pixel gives 8.
 *
 * @throws ShapeError for another shape, or an unknown direction. See `kernels.sobelX` for the source.
 */
export const sobel = slopeFilter('sobel', kernels.sobelX, kernels.sobelY);

/** Edges by Scharr's matrices, truer in direction. A slope of 1 a pixel gives 32. See `sobel`. */
export const scharr = slopeFilter('scharr', kernels.scharrX, kernels.scharrY);

/** Edges by Prewitt's matrices. A slope of 1 a pixel gives 6. See `sobel`. */
export const prewitt = slopeFilter('prewitt', kernels.prewittX, kernels.prewittY);

/** What `laplacian` takes. */
export interface LaplacianOptions extends FilterOptions {
  /** Whether the diagonal neighbours count too. Default 4. */
  neighbours?: 4 | 8 | undefined;
}

const laplacianFields: Fields<LaplacianOptions> = { ...filterFields, neighbours: oneOf(4, 8) };

/**
 * Curvature in both directions, ∂²/∂x² + ∂²/∂y²: image `[channels, height, width]` or with a batch → the same
 * shape.
 *
 * @throws ShapeError for another shape, or neighbours other than 4 and 8.
 */
export function laplacian(image: Tensor, options: LaplacianOptions = {}): Tensor {
  const fn = 'filters.laplacian';
  return centred(fn, laplacianMatrix(options), options)(image);
}

/** The matrix that `laplacian` uses. */
export function laplacianMatrix(options: LaplacianOptions): Matrix {
  needOptions('filters.laplacian', options, laplacianFields);
  return options.neighbours === 8 ? kernels.laplacian8 : kernels.laplacian4;
}

/**
 * Curvature of the image as seen through a Gaussian: zero at edges of that scale, negative on their bright
 * side. Image `[channels, height, width]` or with a batch → the same shape.
 *
 * @throws ShapeError for another shape, or a setting out of its range. See `kernels.laplacianOfGaussian`.
 */
export function laplacianOfGaussian(
  image: Tensor,
  options: kernels.GaussianSettings & FilterOptions = {},
): Tensor {
  const fn = 'filters.laplacianOfGaussian';
  return centred(fn, kernels.laplacianOfGaussian(options), options)(image);
}

/**
 * Stripes of one width and direction: image `[channels, height, width]` or with a batch → the same shape.
 *
 * @throws ShapeError for another shape, or a setting out of its range. See `kernels.gabor`.
 * @example filters.gabor(image, { wavelength: 6, angle: 90 }) // level stripes
 */
export function gabor(image: Tensor, options: kernels.GaborSettings & FilterOptions = {}): Tensor {
  const fn = 'filters.gabor';
  return centred(fn, kernels.gabor(options), options)(image);
}
