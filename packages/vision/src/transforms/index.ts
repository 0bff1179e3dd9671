// Changes of samples, to be composed: `transforms.compose([transforms.randomResizedCrop(224), …])`. Re-exports only.

export { compose, randomApply, randomChoice } from './compose.ts';
export {
  centerCrop,
  fiveCrop,
  type InterpolationOptions,
  type PadOption,
  pad,
  type RandomCropOptions,
  type RandomResizedCropOptions,
  type ResizeOptions,
  randomCrop,
  randomResizedCrop,
  resize,
  resizeShorter,
  type SizeOption,
} from './crops.ts';
export { type EraseOptions, erase } from './erase.ts';
export type { FillOptions } from './fields.ts';
export { horizontalFlip, verticalFlip } from './flips.ts';
export {
  autocontrast,
  type BlurOptions,
  blur,
  type ColorJitterOptions,
  colorJitter,
  equalize,
  gray,
  invert,
  normalize,
  posterize,
  sharpness,
  solarize,
} from './looks.ts';
export { cutmix, type MixBatch, type MixOptions, type MixTransform, mixup } from './mix.ts';
export { type RandAugmentOptions, randAugment, trivialAugment } from './policies.ts';
export type { TransformSample } from './sample.ts';
export type { Transform } from './transform.ts';
export {
  type AffineOptions,
  affine,
  type PerspectiveOptions,
  perspective,
  type RotateOptions,
  rotate,
  type SpreadOption,
  type WarpOptions,
} from './turns.ts';
export type { WarpInterpolation } from './warp.ts';
