// Normalisations within a sample: of groups of channels (Wu and He, 2018), of each channel by itself, which is as many
// groups as channels (Ulyanov et al., 2016), and of the last axes (Ba et al., 2016). None depends on the other samples.

import { atLeast, between, count, either, listOf, required } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { counted, show } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import { floatsOrNull } from '../tensor/fields.ts';
import { formatShape, type Shape, sameShape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { floats } from './check.ts';
import { momentsOf, type Standard } from './moments.ts';
import { type Affine, checkAffine, checkPair, normalise, updateRunning } from './norm.ts';
import { mean } from './reduce.ts';
import { reshape } from './reshape.ts';

/** What group, instance and layer normalisation share. */
interface AffineOptions {
  /** Scale; 1 unless given. Of shape `[c]`, in layerNorm of `normalizedShape`. */
  weight?: Tensor | null | undefined;
  /** Shift, of the same shape; 0 unless given. */
  bias?: Tensor | null | undefined;
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
}

const affineFields: Fields<AffineOptions> = { weight: floatsOrNull, bias: floatsOrNull, eps: atLeast(0) };

const affineOf = ({ weight = null, bias = null, eps = 1e-5 }: AffineOptions): Affine => ({
  weight,
  bias,
  eps,
});

/** x seen as `view`, of whose axes `into` shrinks some to 1; weight and bias seen as `affineView`. */
interface Viewed<S extends Shape> {
  readonly x: Tensor<S>;
  readonly view: Shape;
  readonly into: Shape;
  readonly affineView: Shape;
}

/** Normalises over the axes that shrink. */
function normaliseView<S extends Shape>(
  fn: string,
  { x, view, into, affineView }: Viewed<S>,
  { weight, bias, eps }: Affine,
): { output: Tensor<S>; stats: Standard } {
  const stats = momentsOf(fn, reshape(x, view), into);
  const fit = (t: Tensor | null): Tensor | null => t && reshape(t, affineView);
  const output = normalise(fn, stats, { weight: fit(weight), bias: fit(bias), eps });
  return { output: reshape(output, x.shape) as Tensor<S>, stats };
}

/** x `[n, c, …]` as `[n, groups, c / groups, cells]`. */
function groupViews<S extends Shape>(x: Tensor<S>, groups: number): Viewed<S> {
  const [n, channels] = x.shape;
  const width = channels / groups;
  const view = [n, groups, width, sizeOf(x.shape.slice(2))];
  return { x, view, into: [n, groups, 1, 1], affineView: [1, groups, width, 1] };
}

function checkChannels(fn: string, x: Tensor, tensors: Record<string, Tensor | null>): void {
  floats(fn, 'input', x);
  if (x.rank < 2) {
    throw new ShapeError(`${fn}: input has shape ${formatShape(x.shape)}; give [n, c, …]`);
  }
  checkAffine(fn, tensors, { shape: [x.shape[1]], to: `input ${formatShape(x.shape)}` });
}

/** Options of `groupNorm`. */
export interface GroupNormOptions extends AffineOptions {
  /** How many groups the channels are divided into. */
  groups: number;
}

const groupFields: Fields<GroupNormOptions> = { ...affineFields, groups: required(count) };

/**
 * Normalises each group of channels of each sample of `[n, c, …]` to zero mean and unit variance, then scales and shifts
 * each channel.
 *
 * @throws ShapeError if groups do not divide the channels, weight or bias are not `[c]`, or a group is one value in all.
 */
export function groupNorm<S extends Shape>(x: Tensor<S>, options: GroupNormOptions): Tensor<S> {
  needOptions('groupNorm', options, groupFields);
  const { groups } = options;
  const affine = affineOf(options);
  checkChannels('groupNorm', x, { weight: affine.weight, bias: affine.bias });
  const channels = x.shape[1];
  if (channels % groups !== 0) {
    throw new ShapeError(
      `groupNorm: groups is ${groups} for ${counted(channels, 'channel')} (input ${formatShape(x.shape)}); choose a divisor`,
    );
  }
  if (x.size === groups) {
    throw new ShapeError(
      `groupNorm: input ${formatShape(x.shape)} has 1 value per group, but a variance needs 2; use fewer groups`,
    );
  }
  return normaliseView('groupNorm', groupViews(x, groups), affine).output;
}

/** Options of `instanceNorm`: with running statistics it also updates these. */
export interface InstanceNormOptions extends AffineOptions {
  /** `[c]`, updated in place by the mean over the batch; null (default) for none. */
  runningMean?: Tensor | null | undefined;
  /** `[c]`, updated in place by the mean of the unbiased variances. Default null, none. */
  runningVar?: Tensor | null | undefined;
  /** running = (1 − momentum)·running + momentum·batch. Default 0.1. */
  momentum?: number | undefined;
}

const instanceFields: Fields<InstanceNormOptions> = {
  ...affineFields,
  runningMean: floatsOrNull,
  runningVar: floatsOrNull,
  momentum: between(0, 1),
};

/**
 * Normalises each channel of each sample of `[n, c, …]` to zero mean and unit variance, then scales and shifts it.
 *
 * @throws ShapeError for one value per channel, or statistics, weight or bias that are not `[c]`.
 */
export function instanceNorm<S extends Shape>(x: Tensor<S>, options: InstanceNormOptions = {}): Tensor<S> {
  needOptions('instanceNorm', options, instanceFields);
  const { runningMean = null, runningVar = null, momentum = 0.1 } = options;
  const affine = affineOf(options);
  const perChannel = { weight: affine.weight, bias: affine.bias, runningMean, runningVar };
  checkChannels('instanceNorm', x, perChannel);
  checkPair('instanceNorm', runningMean, runningVar);
  const [samples, channels] = x.shape;
  const views = groupViews(x, channels);
  const cells = views.view[3];
  if (cells <= 1) {
    throw new ShapeError(
      `instanceNorm: input ${formatShape(x.shape)} has ${counted(cells, 'value')} per channel of a sample, but a variance needs 2; use a larger input`,
    );
  }
  const { output, stats } = normaliseView('instanceNorm', views, affine);
  if (runningMean && samples > 0) {
    const average = (t: Tensor): Tensor => mean(t.detach(), { axis: 0 });
    updateRunning(runningMean, average(stats.mean), { momentum });
    updateRunning(runningVar, average(stats.variance), { momentum, scale: cells / (cells - 1) });
  }
  return output;
}

/** Options of `layerNorm`. */
export interface LayerNormOptions extends AffineOptions {
  /** Sizes of the last axes, over which each part is normalised; a number for the last alone. */
  normalizedShape: number | readonly number[];
}

const layerFields: Fields<LayerNormOptions> = {
  ...affineFields,
  normalizedShape: required(either(count, listOf('sizes', count))),
};

/**
 * Normalises over the last axes, whose sizes are `normalizedShape`, to zero mean and unit variance, then scales and shifts
 * each element of them. `[…, …normalizedShape]` keeps its shape.
 *
 * @throws ShapeError if the input does not end in these sizes, or weight or bias are of another shape.
 */
export function layerNorm<S extends Shape>(x: Tensor<S>, options: LayerNormOptions): Tensor<S> {
  needOptions('layerNorm', options, layerFields);
  floats('layerNorm', 'input', x);
  const affine = affineOf(options);
  const shape = lastSizes(x, options.normalizedShape);
  const { weight, bias } = affine;
  checkAffine('layerNorm', { weight, bias }, { shape, to: `input ${formatShape(x.shape)}` });
  const inner = sizeOf(shape);
  const outer = sizeOf(x.shape.slice(0, x.rank - shape.length));
  const viewed = { x, view: [outer, inner], into: [outer, 1], affineView: [1, inner] };
  return normaliseView('layerNorm', viewed, affine).output;
}

function lastSizes(x: Tensor, normalizedShape: number | readonly number[]): Shape {
  const shape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
  const fits = shape.length > 0 && sameShape(x.shape.slice(-shape.length), shape);
  if (fits) return shape;
  throw new ShapeError(
    `layerNorm: normalizedShape is ${show(normalizedShape)} for input ${formatShape(x.shape)}; give the sizes of its last axes`,
  );
}
