// Convolutions that treat channels apart: depthwise, and separable, which is depthwise and then pointwise. Sifre,
// "Rigid-Motion Scattering for Image Classification", 2014; Chollet, "Xception", 2017.

import { count, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { type PerAxis, perRank, type Rank } from '../geometry/options.ts';
import type { NoExtra } from '../ops/signatures.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Multiply } from '../types/arithmetic.ts';
import type { Convolves, Rule } from '../types/rules.ts';
import type { KernelShape } from '../types/shapes.ts';
import { Conv1d, Conv2d, Conv3d, type ConvLayerOptions, convLayerFields } from './conv.ts';
import { Layer, type Module } from './module.ts';

/** Options of layers that treat channels apart: those of convolution layers, without groups, which are the channels. */
export interface DepthwiseLayerOptions extends Omit<ConvLayerOptions, 'groups'> {
  /** Filters for each channel. Default 1. */
  multiplier?: number | undefined;
}

const depthwiseFields = perRank((rank): Fields<DepthwiseLayerOptions> => {
  const { groups: _, ...window } = convLayerFields[rank];
  return { ...window, multiplier: count };
});

/** The multiplier in a type of options. */
type MultiplierOf<O> = O extends { readonly multiplier: infer M extends number } ? M : 1;

/** The output channels of a depthwise layer, and its options as those of a convolution. */
function depthwise<C extends number, O extends DepthwiseLayerOptions>(
  rank: Rank,
  channels: C,
  options: O | undefined,
): [outChannels: Multiply<C, MultiplierOf<O>>, options: NoExtra<O, ConvLayerOptions>] {
  const fn = `DepthwiseConv${rank}d`;
  need(fn, 'channels', channels, count);
  const given: DepthwiseLayerOptions = options === undefined ? {} : options;
  needOptions(fn, given, depthwiseFields[rank]);
  const { multiplier = 1, ...window } = given;
  // The types follow from literals that are only numbers here.
  return [channels * multiplier, { ...window, groups: channels }] as unknown as ReturnType<
    typeof depthwise<C, O>
  >;
}

/**
 * Convolution of each channel of `[n, c, w]` by filters of its own → `[n, c·multiplier, w′]`; see `conv1d`. Weight
 * `[c·multiplier, 1, k]`, a channel's filters side by side.
 */
export class DepthwiseConv1d<
  const C extends number = number,
  const K extends PerAxis = PerAxis,
  const O extends DepthwiseLayerOptions = DepthwiseLayerOptions,
> extends Conv1d<C, Multiply<C, MultiplierOf<O>>, K, O> {
  constructor(channels: C, kernel: K, options?: NoExtra<O, DepthwiseLayerOptions>) {
    const [out, rest] = depthwise<C, O>(1, channels, options);
    super(channels, out, kernel, rest);
  }
}

/**
 * Convolution of each channel of `[n, c, h, w]` by filters of its own → `[n, c·multiplier, h′, w′]`; see `conv2d`. Weight
 * `[c·multiplier, 1, kh, kw]`, a channel's filters side by side.
 */
export class DepthwiseConv2d<
  const C extends number = number,
  const K extends PerAxis = PerAxis,
  const O extends DepthwiseLayerOptions = DepthwiseLayerOptions,
> extends Conv2d<C, Multiply<C, MultiplierOf<O>>, K, O> {
  constructor(channels: C, kernel: K, options?: NoExtra<O, DepthwiseLayerOptions>) {
    const [out, rest] = depthwise<C, O>(2, channels, options);
    super(channels, out, kernel, rest);
  }
}

/**
 * Convolution of each channel of `[n, c, d, h, w]` by filters of its own → `[n, c·multiplier, d′, h′, w′]`; see `conv3d`.
 * Weight `[c·multiplier, 1, kd, kh, kw]`, a channel's filters side by side.
 */
export class DepthwiseConv3d<
  const C extends number = number,
  const K extends PerAxis = PerAxis,
  const O extends DepthwiseLayerOptions = DepthwiseLayerOptions,
> extends Conv3d<C, Multiply<C, MultiplierOf<O>>, K, O> {
  constructor(channels: C, kernel: K, options?: NoExtra<O, DepthwiseLayerOptions>) {
    const [out, rest] = depthwise<C, O>(3, channels, options);
    super(channels, out, kernel, rest);
  }
}

/** Options of pointwise layers: nothing slides, so no window. */
export type PointwiseLayerOptions = Pick<ConvLayerOptions, 'bias' | 'activation' | 'groups' | 'layout'>;

const { bias, activation, groups, layout } = convLayerFields[1];
const pointwiseFields: Fields<PointwiseLayerOptions> = { bias, activation, groups, layout };

/** Mixes the channels of each cell: `[n, in, w]` → `[n, out, w]`, a convolution with a kernel of 1. Lin et al., 2014. */
export class PointwiseConv1d<
  const In extends number = number,
  const Out extends number = number,
> extends Conv1d<In, Out, 1> {
  constructor(inChannels: In, outChannels: Out, options: PointwiseLayerOptions = {}) {
    needOptions('PointwiseConv1d', options, pointwiseFields);
    super(inChannels, outChannels, 1, options);
  }
}

/** Mixes the channels of each cell: `[n, in, h, w]` → `[n, out, h, w]`, a convolution with a kernel of 1. Lin et al., 2014. */
export class PointwiseConv2d<
  const In extends number = number,
  const Out extends number = number,
> extends Conv2d<In, Out, 1> {
  constructor(inChannels: In, outChannels: Out, options: PointwiseLayerOptions = {}) {
    needOptions('PointwiseConv2d', options, pointwiseFields);
    super(inChannels, outChannels, 1, options);
  }
}

/** Mixes the channels of each cell: `[n, in, d, h, w]` → `[n, out, d, h, w]`, a convolution with a kernel of 1. Lin et al., 2014. */
export class PointwiseConv3d<
  const In extends number = number,
  const Out extends number = number,
> extends Conv3d<In, Out, 1> {
  constructor(inChannels: In, outChannels: Out, options: PointwiseLayerOptions = {}) {
    needOptions('PointwiseConv3d', options, pointwiseFields);
    super(inChannels, outChannels, 1, options);
  }
}

/** Which half of a separable layer an option is for: the window slides in the first, the result leaves the second. */
function halves(rank: Rank, options: DepthwiseLayerOptions = {}): [DepthwiseLayerOptions, ConvLayerOptions] {
  needOptions(`SeparableConv${rank}d`, options, depthwiseFields[rank]);
  const { bias, activation, ...window } = options;
  return [
    { ...window, bias: false },
    { bias, activation, layout: options.layout },
  ];
}

/** Two layers, one after the other. As a whole they have the shape of one convolution. */
abstract class Separable<D extends Module, P extends Module, R extends Rule> extends Layer<R> {
  /** Slides the window over each channel by itself, without bias. */
  readonly depthwise: D;
  /** Mixes the channels of each cell, with bias and activation. */
  readonly pointwise: P;

  constructor(parts: { depthwise: D; pointwise: P }) {
    super();
    this.depthwise = parts.depthwise;
    this.pointwise = parts.pointwise;
  }

  protected run(x: Tensor): Tensor {
    return this.pointwise.forward(this.depthwise.forward(x));
  }
}

/**
 * A depthwise convolution of sequences without bias, then a pointwise one with bias and activation: `[n, in, w]` →
 * `[n, out, w′]`. Costs 1/out + 1/k of the whole convolution.
 */
export class SeparableConv1d<
  const In extends number = number,
  const Out extends number = number,
  const K extends PerAxis = PerAxis,
  const O extends DepthwiseLayerOptions = DepthwiseLayerOptions,
> extends Separable<DepthwiseConv1d, Conv1d, Convolves<[Out, In, ...KernelShape<K, 1>], O>> {
  constructor(inChannels: In, outChannels: Out, kernel: K, options?: NoExtra<O, DepthwiseLayerOptions>) {
    const [first, second] = halves(1, options);
    const depthwise = new DepthwiseConv1d<number, PerAxis>(inChannels, kernel, first);
    const pointwise = new Conv1d<number, number, PerAxis>(depthwise.weight.shape[0], outChannels, 1, second);
    super({ depthwise, pointwise });
  }
}

/**
 * A depthwise convolution of images without bias, then a pointwise one with bias and activation: `[n, in, h, w]` →
 * `[n, out, h′, w′]`. Costs 1/out + 1/(kh·kw) of the whole convolution.
 */
export class SeparableConv2d<
  const In extends number = number,
  const Out extends number = number,
  const K extends PerAxis = PerAxis,
  const O extends DepthwiseLayerOptions = DepthwiseLayerOptions,
> extends Separable<DepthwiseConv2d, Conv2d, Convolves<[Out, In, ...KernelShape<K, 2>], O>> {
  constructor(inChannels: In, outChannels: Out, kernel: K, options?: NoExtra<O, DepthwiseLayerOptions>) {
    const [first, second] = halves(2, options);
    const depthwise = new DepthwiseConv2d<number, PerAxis>(inChannels, kernel, first);
    const pointwise = new Conv2d<number, number, PerAxis>(depthwise.weight.shape[0], outChannels, 1, second);
    super({ depthwise, pointwise });
  }
}

/**
 * A depthwise convolution of volumes without bias, then a pointwise one with bias and activation: `[n, in, d, h, w]` →
 * `[n, out, d′, h′, w′]`. Costs 1/out + 1/(kd·kh·kw) of the whole convolution.
 */
export class SeparableConv3d<
  const In extends number = number,
  const Out extends number = number,
  const K extends PerAxis = PerAxis,
  const O extends DepthwiseLayerOptions = DepthwiseLayerOptions,
> extends Separable<DepthwiseConv3d, Conv3d, Convolves<[Out, In, ...KernelShape<K, 3>], O>> {
  constructor(inChannels: In, outChannels: Out, kernel: K, options?: NoExtra<O, DepthwiseLayerOptions>) {
    const [first, second] = halves(3, options);
    const depthwise = new DepthwiseConv3d<number, PerAxis>(inChannels, kernel, first);
    const pointwise = new Conv3d<number, number, PerAxis>(depthwise.weight.shape[0], outChannels, 1, second);
    super({ depthwise, pointwise });
  }
}
