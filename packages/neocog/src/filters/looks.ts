// Filters that give another picture of the same scene: softer, sharper, in relief. Their weights sum to 1, so
// flat areas stay as they are. All take an image `[channels, height, width]`, or with a batch, and return one
// of the same shape.

import { needOptions } from '../arguments/options.ts';
import { add, mul, sub } from '../ops/arithmetic.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { centred, separable } from './apply.ts';
import * as kernels from './kernels.ts';
import { type FilterOptions, filterFields } from './settings.ts';

/** The image itself, for comparisons. @throws ShapeError for another shape. */
export function identity(image: Tensor, options: FilterOptions = {}): Tensor {
  needOptions('filters.identity', options, filterFields);
  return centred('filters.identity', kernels.identity, options)(image);
}

/**
 * Softens with a Gaussian, along rows and then along columns. Image `[channels, height, width]` or with a
 * batch → the same shape.
 *
 * @throws ShapeError for another shape, or a setting out of its range. See `kernels.gaussianRow`.
 * @example filters.gaussianBlur(image, { sigma: 2 })
 */
export function gaussianBlur(image: Tensor, options: kernels.GaussianSettings & FilterOptions = {}): Tensor {
  const fn = 'filters.gaussianBlur';
  const row = kernels.gaussianRow(options);
  return separable(fn, row, options)(image);
}

/** The mean of a square around each pixel. @throws ShapeError as `gaussianBlur`. */
export function boxBlur(image: Tensor, options: kernels.BoxSettings & FilterOptions = {}): Tensor {
  const fn = 'filters.boxBlur';
  const row = kernels.boxRow(options);
  return separable(fn, row, options)(image);
}

/** Smears along a line, as a camera does that moves. @throws ShapeError as `gaussianBlur`. */
export function motionBlur(image: Tensor, options: kernels.MotionSettings & FilterOptions = {}): Tensor {
  return centred('filters.motionBlur', kernels.motionBlur(options), options)(image);
}

/** Adds detail of one pixel's size. @throws ShapeError as `gaussianBlur`. */
export function sharpen(image: Tensor, options: kernels.SharpenSettings & FilterOptions = {}): Tensor {
  return centred('filters.sharpen', kernels.sharpen(options), options)(image);
}

/**
 * Adds detail of the size that a Gaussian takes away: `image + amount · (image − blurred)`. Default sigma 2,
 * amount 1.
 *
 * @throws ShapeError as `gaussianBlur`. See `kernels.unsharp`.
 */
export function unsharp(image: Tensor, options: kernels.UnsharpSettings & FilterOptions = {}): Tensor {
  const fn = 'filters.unsharp';
  const row = kernels.unsharpRow(options);
  const { amount = 1 } = options;
  const blurred = separable(fn, row, options)(image);
  return add(image, mul(sub(image, blurred), amount));
}

/** Shows brightness as a relief under slanting light. @throws ShapeError as `gaussianBlur`. */
export function emboss(image: Tensor, options: kernels.EmbossSettings & FilterOptions = {}): Tensor {
  return centred('filters.emboss', kernels.emboss(options), options)(image);
}
