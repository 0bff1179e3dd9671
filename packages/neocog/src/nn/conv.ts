// Convolution layers. Each rank is the same class with a number: the operations and geometry know no difference.

import { count, flag, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import {
  type ConvOptions,
  type ConvTransposeOptions,
  convFields,
  convTransposeFields,
  kernelField,
  type Layout,
  type PerAxis,
  perRank,
  readSizes,
} from '../geometry/options.ts';
import { conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, convTranspose3d } from '../ops/index.ts';
import { frame } from '../ops/layout.ts';
import type { NoExtra } from '../ops/signatures.ts';
import type { Shape } from '../tensor/shape.ts';
import { type Tensor, zeros } from '../tensor/tensor.ts';
import type { Convolves, ConvolvesTransposed, Rule } from '../types/rules.ts';
import type { KernelShape } from '../types/shapes.ts';
import { type Activation, activation as activationField, activationFunction } from './activations.ts';
import { describeOptions } from './describe.ts';
import { drawFirstWeights } from './init/first.ts';
import { Layer } from './module.ts';
import { Parameter } from './parameter.ts';
import { specialise } from './specialise.ts';

type Rank = 1 | 2 | 3;

/** A layer's channel counts are those of all groups together. */
type Ungrouped<O> = Omit<O, 'groups'>;

/** What convolution layers add to the options of the operations. */
interface LayerOptions {
  /** Learn a bias per output channel. Default true. */
  bias?: boolean | undefined;
  /** Applied to the result. Default none. */
  activation?: Activation | undefined;
}

/** What convolution layers take of the operations beside the window. */
interface KernelOptions {
  /** Turn the kernel around: convolution as mathematics defines it, where the default is cross-correlation. */
  flipKernel?: boolean | undefined;
}

/**
 * Options of convolution layers: those of the operations, `bias` as a yes or no, and an activation. Weights are laid out as
 * PyTorch's in either `layout` of the data.
 */
export interface ConvLayerOptions extends ConvOptions, KernelOptions, LayerOptions {}
/**
 * Options of transposed convolution layers: those of the operations, `bias` as a yes or no, and an activation. Weights
 * are laid out as PyTorch's in either `layout` of the data.
 */
export interface ConvTransposeLayerOptions extends ConvTransposeOptions, KernelOptions, LayerOptions {}

const layerFields = { bias: flag, flipKernel: flag, activation: activationField };

/** What convolution layers take, lazy ones too. */
export const convLayerFields = perRank(
  (rank): Fields<ConvLayerOptions> => ({ ...convFields[rank], ...layerFields }),
);
export const convTransposeLayerFields = perRank(
  (rank): Fields<ConvTransposeLayerOptions> => ({ ...convTransposeFields[rank], ...layerFields }),
);

/** What every convolution layer is made with. */
export interface ConvLayerArguments<O> {
  readonly rank: Rank;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: PerAxis;
  readonly options: O;
}

/** The same without the rank, in the order in which callers write it. */
export type ConvLayerParameters<O> = [inChannels: number, outChannels: number, kernel: PerAxis, options?: O];

/** Refuses what no layer can be made with; returns the kernel's size per axis and the number of groups. */
export function checkConvLayer<O extends ConvLayerOptions>(
  fn: string,
  { rank, inChannels, outChannels, kernel, options }: ConvLayerArguments<O>,
  fields: Fields<O>,
): { sizes: readonly number[]; groups: number } {
  need(fn, 'inChannels', inChannels, count);
  need(fn, 'outChannels', outChannels, count);
  need(fn, 'kernel', kernel, kernelField[rank]);
  needOptions(fn, options, fields);
  const { groups = 1 } = options;
  if (inChannels % groups || outChannels % groups) {
    throw new ShapeError(
      `${fn}: groups is ${groups} for ${inChannels} input and ${outChannels} output channels; choose a common divisor`,
    );
  }
  return { sizes: readSizes({ fn, rank }, 'kernel', kernel), groups };
}

/** What convolution and transposed convolution layers share: a weight, a bias, options and an activation. */
abstract class ConvLayer<
  O extends ConvLayerOptions | ConvTransposeLayerOptions,
  R extends Rule,
> extends Layer<R> {
  /** `[out, in/groups, …kernel]`, of transposed convolution `[in, out/groups, …kernel]`, in either `layout`. */
  readonly weight: Parameter;
  /** `[out]`; null for a layer made with `bias: false`. */
  readonly bias: Parameter | null;
  /** As they were given, without `bias` and `activation`. */
  readonly options: Omit<O, keyof LayerOptions>;
  /** What is done to each result; null for nothing. */
  readonly activation: ((x: Tensor) => Tensor) | null;
  protected readonly rank: Rank;
  readonly #layout: Layout | undefined;

  protected constructor({ rank, outChannels, options }: ConvLayerArguments<O>, weightShape: Shape) {
    super();
    const { bias = true, activation, ...rest } = options;
    this.weight = new Parameter(zeros(weightShape));
    this.bias = bias ? new Parameter(zeros([outChannels])) : null;
    drawFirstWeights(this.weight, this.bias);
    this.options = rest as Omit<O, keyof LayerOptions>;
    this.rank = rank;
    this.#layout = options.layout;
    this.activation = activation === undefined ? null : activationFunction(activation);
  }

  /** The operation on channels-first data. */
  protected abstract convolve(x: Tensor): Tensor;

  protected run(x: Tensor): Tensor {
    const { enter, leave } = frame({ fn: this.constructor.name, rank: this.rank }, x, this.#layout);
    const y = leave(this.convolve(enter(x)));
    return this.activation ? this.activation(y) : y;
  }

  override describe(): string {
    const options = describeOptions(this.options, defaults);
    return [this.weight.shape.join('×'), ...options, ...(this.bias ? [] : ['no bias'])].join(', ');
  }
}

/** Options that go without saying. */
const defaults: Readonly<Record<string, unknown>> = {
  stride: 1,
  padding: 0,
  outputPadding: 0,
  dilation: 1,
  groups: 1,
  paddingMode: 'zeros',
  layout: 'channels-first',
  flipKernel: false,
};

const convolutions = { 1: conv1d, 2: conv2d, 3: conv3d };
const transposed = { 1: convTranspose1d, 2: convTranspose2d, 3: convTranspose3d };

/** A layer that convolves: `weight`, `bias` and options, and an activation at the end. */
abstract class Conv<R extends Rule> extends ConvLayer<ConvLayerOptions, R> {
  constructor(
    rank: Rank,
    ...[inChannels, outChannels, kernel, options = {}]: ConvLayerParameters<ConvLayerOptions>
  ) {
    const given = { rank, inChannels, outChannels, kernel, options };
    const { sizes, groups } = checkConvLayer(new.target.name, given, convLayerFields[rank]);
    super(given, [outChannels, inChannels / groups, ...sizes]);
  }

  protected override convolve(x: Tensor): Tensor {
    const options = { ...this.options, layout: undefined, bias: this.bias };
    return convolutions[this.rank](x, this.weight, options);
  }
}

/** A layer that convolves transposed: `weight`, `bias` and options, and an activation at the end. */
abstract class ConvTranspose<R extends Rule> extends ConvLayer<ConvTransposeLayerOptions, R> {
  constructor(
    rank: Rank,
    ...[inChannels, outChannels, kernel, options = {}]: ConvLayerParameters<ConvTransposeLayerOptions>
  ) {
    const given = { rank, inChannels, outChannels, kernel, options };
    const { sizes, groups } = checkConvLayer(new.target.name, given, convTransposeLayerFields[rank]);
    super(given, [inChannels, outChannels / groups, ...sizes]);
  }

  protected override convolve(x: Tensor): Tensor {
    const options = { ...this.options, layout: undefined, bias: this.bias };
    return transposed[this.rank](x, this.weight, options);
  }
}

/** The class of convolutions of a rank, which knows the shape of its weight. */
type ConvClass<R extends Rank> = new <
  In extends number,
  Out extends number,
  K extends PerAxis,
  O extends ConvLayerOptions,
>(
  inChannels: In,
  outChannels: Out,
  kernel: K,
  options?: NoExtra<O, ConvLayerOptions>,
) => Conv<Convolves<[Out, In, ...KernelShape<K, R>], Ungrouped<O>>>;

type ConvTransposeClass<R extends Rank> = new <
  In extends number,
  Out extends number,
  K extends PerAxis,
  O extends ConvTransposeLayerOptions,
>(
  inChannels: In,
  outChannels: Out,
  kernel: K,
  options?: NoExtra<O, ConvTransposeLayerOptions>,
) => ConvTranspose<ConvolvesTransposed<[In, Out, ...KernelShape<K, R>], Ungrouped<O>>>;

/* @__NO_SIDE_EFFECTS__ */
const convolution = <R extends Rank>(rank: R) => specialise(Conv, rank) as unknown as ConvClass<R>;

/* @__NO_SIDE_EFFECTS__ */
const transposedConvolution = <R extends Rank>(rank: R) =>
  specialise(ConvTranspose, rank) as unknown as ConvTransposeClass<R>;

/** Convolution of sequences `[n, in, w]` → `[n, out, w′]`; see `conv1d`. Weight `[out, in/groups, k]`. */
export class Conv1d<
  const In extends number = number,
  const Out extends number = number,
  const K extends PerAxis = PerAxis,
  const O extends ConvLayerOptions = ConvLayerOptions,
> extends convolution(1)<In, Out, K, O> {}

/** Convolution of images `[n, in, h, w]` → `[n, out, h′, w′]`; see `conv2d`. Weight `[out, in/groups, kh, kw]`. */
export class Conv2d<
  const In extends number = number,
  const Out extends number = number,
  const K extends PerAxis = PerAxis,
  const O extends ConvLayerOptions = ConvLayerOptions,
> extends convolution(2)<In, Out, K, O> {}

/** Convolution of volumes `[n, in, d, h, w]` → `[n, out, d′, h′, w′]`; see `conv3d`. Weight `[out, in/groups, kd, kh, kw]`. */
export class Conv3d<
  const In extends number = number,
  const Out extends number = number,
  const K extends PerAxis = PerAxis,
  const O extends ConvLayerOptions = ConvLayerOptions,
> extends convolution(3)<In, Out, K, O> {}

/** Transposed convolution of sequences; see `convTranspose1d`. Weight `[in, out/groups, k]`. */
export class ConvTranspose1d<
  const In extends number = number,
  const Out extends number = number,
  const K extends PerAxis = PerAxis,
  const O extends ConvTransposeLayerOptions = ConvTransposeLayerOptions,
> extends transposedConvolution(1)<In, Out, K, O> {}

/** Transposed convolution of images; see `convTranspose2d`. Weight `[in, out/groups, kh, kw]`. */
export class ConvTranspose2d<
  const In extends number = number,
  const Out extends number = number,
  const K extends PerAxis = PerAxis,
  const O extends ConvTransposeLayerOptions = ConvTransposeLayerOptions,
> extends transposedConvolution(2)<In, Out, K, O> {}

/** Transposed convolution of volumes; see `convTranspose3d`. Weight `[in, out/groups, kd, kh, kw]`. */
export class ConvTranspose3d<
  const In extends number = number,
  const Out extends number = number,
  const K extends PerAxis = PerAxis,
  const O extends ConvTransposeLayerOptions = ConvTransposeLayerOptions,
> extends transposedConvolution(3)<In, Out, K, O> {}
