// Layers without a convolution: linear, flatten, dropout.

import { between, count, flag, need } from '../arguments/field.ts';
import { needOptions } from '../arguments/options.ts';
import { dropout, flatten, linear } from '../ops/index.ts';
import { type FlattenOptions, flattenFields } from '../ops/reshape.ts';
import { generator } from '../tensor/fields.ts';
import type { Generator } from '../tensor/random.ts';
import { type Tensor, zeros } from '../tensor/tensor.ts';
import type { Flattens, Multiplies, Same } from '../types/rules.ts';
import { drawFirstWeights } from './init/first.ts';
import { Layer } from './module.ts';
import { Parameter } from './parameter.ts';

/** What linear layers take, lazy ones too. */
/** Options of `nn.Linear` and `nn.LazyLinear`. */
export interface LinearLayerOptions {
  /** Learn a bias per output. Default true. */
  bias?: boolean | undefined;
}

export const linearFields = { bias: flag };

/** x·wᵀ + bias: `[…, in]` → `[…, out]`. Weight `[out, in]`. */
export class Linear<const In extends number = number, const Out extends number = number> extends Layer<
  Multiplies<In, Out>
> {
  /** `[out, in]`. */
  readonly weight: Parameter;
  /** `[out]`; null for a layer made with `bias: false`. */
  readonly bias: Parameter | null;

  constructor(inFeatures: In, outFeatures: Out, options: LinearLayerOptions = {}) {
    super();
    need('Linear', 'inFeatures', inFeatures, count);
    need('Linear', 'outFeatures', outFeatures, count);
    needOptions('Linear', options, linearFields);
    this.weight = new Parameter(zeros([outFeatures, inFeatures]));
    this.bias = options.bias === false ? null : new Parameter(zeros([outFeatures]));
    drawFirstWeights(this.weight, this.bias);
  }

  protected run(x: Tensor): Tensor {
    return linear(x, this.weight, { bias: this.bias });
  }

  override describe(): string {
    return `${this.weight.shape[1]} → ${this.weight.shape[0]}${this.bias ? '' : ', no bias'}`;
  }
}

/** Merges all axes from `startAxis` (default 1: all but the batch) to `endAxis`. */
export class Flatten extends Layer<Flattens> {
  readonly #axes: { startAxis: number; endAxis: number };

  constructor(options: FlattenOptions = {}) {
    super();
    needOptions('Flatten', options, flattenFields);
    this.#axes = { startAxis: options.startAxis ?? 1, endAxis: options.endAxis ?? -1 };
  }

  protected run(x: Tensor): Tensor {
    return flatten(x, this.#axes);
  }
}

const dropoutFields = { generator };

/** Options of `nn.Dropout` beside the probability. */
interface DropoutLayerOptions {
  /** Draws what is zeroed; the default generator unless given, see `manualSeed`. */
  generator?: Generator | undefined;
}

/** Zeroes elements with probability p while training; see `dropout`. */
export class Dropout extends Layer<Same> {
  /** The probability of an element to become 0. */
  readonly p: number;
  /** Draws what is zeroed; null for the default generator. */
  readonly generator: Generator | null;

  constructor(p = 0.5, options: DropoutLayerOptions = {}) {
    super();
    need('Dropout', 'p', p, between(0, 1));
    this.p = p;
    needOptions('Dropout', options, dropoutFields);
    this.generator = options.generator ?? null;
  }

  protected run(x: Tensor): Tensor {
    return dropout(x, { p: this.p, training: this.training, generator: this.generator ?? undefined });
  }

  override describe(): string {
    return `p ${this.p}`;
  }
}
