// Layers that learn from their first input how many channels or features come in. Until then they have no parameters; a
// state dict says as much as an input. Inside is the plain layer: keys, values and results are its own.

import { count, isRecord, need } from '../arguments/field.ts';
import { needOptions } from '../arguments/options.ts';
import { counted } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import type { PerAxis, Rank } from '../geometry/options.ts';
import { needTensor } from '../ops/check.ts';
import { formatShape, type Shape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import {
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvLayerArguments,
  type ConvLayerOptions,
  type ConvLayerParameters,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeLayerOptions,
  checkConvLayer,
  convLayerFields,
  convTransposeLayerFields,
} from './conv.ts';
import { Linear, type LinearLayerOptions, linearFields } from './layers.ts';
import { Module, type StateDict } from './module.ts';
import type { Parameter } from './parameter.ts';
import { specialise } from './specialise.ts';

/** A layer with a weight and perhaps a bias. */
interface Weighted extends Module {
  /** Of the shape that the layer says. */
  readonly weight: Parameter;
  /** One number per output; null for a layer without. */
  readonly bias: Parameter | null;
}

/** How a lazy layer becomes a plain one. */
interface Recipe<L extends Weighted> {
  readonly make: (inputs: number) => L;
  /** The number of inputs by the shape of an input, and by that of a weight. */
  readonly inputsOf: (input: Shape) => number;
  readonly inputsOfWeight: (weight: Shape) => number;
}

/** A layer whose parameters are made by the first input, or by a state dict that is loaded before it. */
abstract class Lazy<L extends Weighted> extends Module {
  readonly #recipe: Recipe<L>;
  #layer: L | null = null;

  constructor(recipe: Recipe<L>) {
    super();
    this.#recipe = recipe;
  }

  /** The plain layer inside. @throws ShapeError before the first input. */
  get layer(): L {
    if (this.#layer) return this.#layer;
    throw new ShapeError(
      `${this.constructor.name}: there are no parameters before the first input; run an input through the network, or load a state dict`,
    );
  }

  /** That of the plain layer. @throws ShapeError before the first input. */
  get weight(): Parameter {
    return this.layer.weight;
  }

  /** That of the plain layer; null for one without. @throws ShapeError before the first input. */
  get bias(): Parameter | null {
    return this.layer.bias;
  }

  forward(x: Tensor): Tensor {
    needTensor(this.constructor.name, 'input', x);
    this.#layer ??= this.#recipe.make(this.#recipe.inputsOf(x.shape));
    return this.#layer.forward(x);
  }

  protected override ownTensors(): [property: string, t: Tensor][] {
    const { weight, bias } = this.layer;
    return Object.entries({ weight, bias }).filter(
      (entry): entry is [string, Parameter] => entry[1] !== null,
    );
  }

  protected override takeShapes(state: StateDict, prefix: string): void {
    const weight = state[`${prefix}weight`];
    if (weight) this.#layer ??= this.#recipe.make(this.#recipe.inputsOfWeight(weight.shape));
  }

  override describe(): string {
    return this.#layer ? this.#layer.describe() : 'no input yet';
  }
}

/** Reads the channels of an input of so many spatial axes, with or without a batch. */
const channelsOf =
  (fn: string, rank: Rank, { layout }: ConvLayerOptions) =>
  (input: Shape): number => {
    if (input.length === rank + 1 || input.length === rank + 2) {
      return input[input.length - 1 - (layout === 'channels-last' ? 0 : rank)];
    }
    throw new ShapeError(
      `${fn}: input has shape ${formatShape(input)}; give channels and ${counted(rank, 'spatial axis', 'spatial axes')}, with or without a batch`,
    );
  };

/** What is known of a lazy convolution before its first input. Any number of channels that the groups divide will do. */
const asIfKnown = <O extends ConvLayerOptions>({ rank, outChannels, kernel, options }: Unknown<O>) => {
  const groups = isRecord(options) ? (options.groups ?? 1) : 1;
  return { rank, inChannels: Number.isInteger(groups) ? groups : 1, outChannels, kernel, options };
};

type Unknown<O> = Omit<ConvLayerArguments<O>, 'inChannels'>;

/** A plain convolution layer of a rank. */
interface Plain<L extends Weighted> {
  readonly rank: Rank;
  readonly Layer: new (...parameters: ConvLayerParameters<ConvLayerOptions>) => L;
}

/** A convolution layer whose input channels the first input tells. */
abstract class LazyConv<L extends Weighted> extends Lazy<L> {
  constructor(
    { rank, Layer }: Plain<L>,
    outChannels: number,
    ...[kernel, options = {}]: [kernel: PerAxis, options?: ConvLayerOptions]
  ) {
    const fn = new.target.name;
    const given = asIfKnown({ rank, outChannels, kernel, options });
    const { groups } = checkConvLayer(fn, given, convLayerFields[rank]);
    super({
      make: (inChannels) => new Layer(inChannels, outChannels, kernel, options),
      inputsOf: channelsOf(fn, rank, options),
      inputsOfWeight: (weight) => weight[1] * groups,
    });
  }
}

/** A transposed convolution layer whose input channels the first input tells. */
abstract class LazyConvTranspose<L extends Weighted> extends Lazy<L> {
  constructor(
    { rank, Layer }: Plain<L>,
    outChannels: number,
    ...[kernel, options = {}]: [kernel: PerAxis, options?: ConvTransposeLayerOptions]
  ) {
    const fn = new.target.name;
    checkConvLayer(fn, asIfKnown({ rank, outChannels, kernel, options }), convTransposeLayerFields[rank]);
    super({
      make: (inChannels) => new Layer(inChannels, outChannels, kernel, options),
      inputsOf: channelsOf(fn, rank, options),
      inputsOfWeight: (weight) => weight[0],
    });
  }
}

/** A `Conv1d` whose input channels the first input tells. */
export class LazyConv1d extends specialise(LazyConv<Conv1d>, { rank: 1, Layer: Conv1d }) {}

/** A `Conv2d` whose input channels the first input tells. */
export class LazyConv2d extends specialise(LazyConv<Conv2d>, { rank: 2, Layer: Conv2d }) {}

/** A `Conv3d` whose input channels the first input tells. */
export class LazyConv3d extends specialise(LazyConv<Conv3d>, { rank: 3, Layer: Conv3d }) {}

/** A `ConvTranspose1d` whose input channels the first input tells. */
export class LazyConvTranspose1d extends specialise(LazyConvTranspose<ConvTranspose1d>, {
  rank: 1,
  Layer: ConvTranspose1d,
}) {}

/** A `ConvTranspose2d` whose input channels the first input tells. */
export class LazyConvTranspose2d extends specialise(LazyConvTranspose<ConvTranspose2d>, {
  rank: 2,
  Layer: ConvTranspose2d,
}) {}

/** A `ConvTranspose3d` whose input channels the first input tells. */
export class LazyConvTranspose3d extends specialise(LazyConvTranspose<ConvTranspose3d>, {
  rank: 3,
  Layer: ConvTranspose3d,
}) {}

/** A `Linear` whose input features, the last axis, the first input tells. */
export class LazyLinear extends Lazy<Linear> {
  constructor(outFeatures: number, options: LinearLayerOptions = {}) {
    need('LazyLinear', 'outFeatures', outFeatures, count);
    needOptions('LazyLinear', options, linearFields);
    super({
      make: (inFeatures) => new Linear(inFeatures, outFeatures, options),
      inputsOf: (input) => input[input.length - 1],
      inputsOfWeight: (weight) => weight[1],
    });
  }
}
