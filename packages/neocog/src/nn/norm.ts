// Normalisation layers, with PyTorch's arguments, defaults and state-dict keys. What they compute is in ops/norm.ts and
// ops/groupNorm.ts.

import { atLeast, between, count, either, flag, listOf, need, orNull } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { counted } from '../arguments/show.ts';
import { backend, effects } from '../backends/current.ts';
import { ShapeError, UnsupportedError } from '../errors.ts';
import { needTensor } from '../ops/check.ts';
import { batchNorm, groupNorm, instanceNorm, layerNorm, reshape } from '../ops/index.ts';
import { formatShape, type Shape } from '../tensor/shape.ts';
import { ones, type Tensor, zeros } from '../tensor/tensor.ts';
import type { OfChannels, Rule, Same } from '../types/rules.ts';
import { Layer } from './module.ts';
import { Parameter } from './parameter.ts';
import { specialise } from './specialise.ts';

/** A learned scale and shift, or neither. */
const affineOf = (shape: Shape, weight: boolean, bias: boolean) => ({
  weight: weight ? new Parameter(ones(shape)) : null,
  bias: bias ? new Parameter(zeros(shape)) : null,
});

/** What batch and instance normalisation layers share. */
interface ChannelNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
  /** Learn a scale and shift per channel. Default true for batch normalisation, false for instance normalisation. */
  affine?: boolean | undefined;
  /** Keep running statistics for evaluation. Default true for batch normalisation, false for instance normalisation. */
  trackRunningStats?: boolean | undefined;
}

const channelFields: Fields<ChannelNormOptions> = { eps: atLeast(0), affine: flag, trackRunningStats: flag };

type ChannelNormSettings = Required<{ [K in keyof ChannelNormOptions]: NonNullable<ChannelNormOptions[K]> }>;

/** What batch and instance normalisation share: per channel a scale, a shift, and running statistics. */
abstract class ChannelNorm<R extends Rule> extends Layer<R> {
  /** Scale per channel, `[c]`; null without `affine`. */
  readonly weight: Parameter | null;
  /** Shift per channel, `[c]`; null without `affine`. */
  readonly bias: Parameter | null;
  /** Running mean per channel, `[c]`, which evaluation uses; null without `trackRunningStats`. */
  readonly runningMean: Tensor | null;
  /** Running variance per channel, `[c]`, which evaluation uses; null without `trackRunningStats`. */
  readonly runningVar: Tensor | null;
  /** How many batches the running statistics have seen, `[]`; null without `trackRunningStats`. */
  readonly numBatchesTracked: Tensor | null;
  /** Added to the variance. */
  readonly eps: number;
  readonly #channels: number;
  readonly #ranks: readonly number[];

  protected constructor(channels: number, ranks: readonly number[], settings: ChannelNormSettings) {
    super();
    const { eps, affine, trackRunningStats } = settings;
    need(new.target.name, 'channels', channels, count);
    const { weight, bias } = affineOf([channels], affine, affine);
    this.weight = weight;
    this.bias = bias;
    this.runningMean = trackRunningStats ? zeros([channels]) : null;
    this.runningVar = trackRunningStats ? ones([channels]) : null;
    this.numBatchesTracked = trackRunningStats ? zeros([], { dtype: 'int32' }) : null;
    this.eps = eps;
    this.#channels = channels;
    this.#ranks = ranks;
  }

  protected override mayLack(): readonly string[] {
    return ['numBatchesTracked'];
  }

  protected checkRank(x: Tensor): void {
    needTensor(this.constructor.name, 'input', x);
    if (this.#ranks.includes(x.rank)) return;
    throw new ShapeError(
      `${this.constructor.name}: input has shape ${formatShape(x.shape)}; give ${this.#ranks.join(' or ')} axes`,
    );
  }

  override describe(): string {
    return `${this.#channels}, eps ${this.eps}`;
  }
}

/** Options of batch normalisation layers; affine and with running statistics unless they say otherwise. */
export interface BatchNormLayerOptions extends ChannelNormOptions {
  /**
   * Share of the batch in the running statistics. Default 0.1; Keras calls 1 − momentum its momentum. With null they are
   * the average of all batches so far.
   */
  momentum?: number | null | undefined;
  /** When several ranks train together: normalise by the samples of all of them. Default false. */
  sync?: boolean | undefined;
}

const batchFields: Fields<BatchNormLayerOptions> = {
  ...channelFields,
  momentum: orNull(between(0, 1)),
  sync: flag,
};

/** Batch normalisation of `[n, c, …]`; see `batchNorm`. Affine and with running statistics unless options say otherwise. */
abstract class BatchNorm<C extends number> extends ChannelNorm<OfChannels<C>> {
  /** Share of the batch in the running statistics; null for the average of all batches so far. */
  readonly momentum: number | null;
  /** Whether several ranks that train together normalise by the samples of all of them. */
  readonly sync: boolean;

  constructor(ranks: readonly number[], channels: C, options: BatchNormLayerOptions = {}) {
    needOptions(new.target.name, options, batchFields);
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true, sync = false } = options;
    super(channels, ranks, { eps, affine, trackRunningStats });
    this.momentum = momentum;
    this.sync = sync;
  }

  protected run(x: Tensor): Tensor {
    this.checkRank(x);
    const { weight, bias, eps, runningMean, runningVar, numBatchesTracked: seen } = this;
    // Without running statistics the batch's own serve in evaluation too.
    const training = this.training || runningMean === null;
    const cumulative = training && this.momentum === null;
    if (training && seen) {
      effects().everyRun(() => {
        seen.data[0]++;
      });
    }
    if (cumulative && backend().recording) {
      throw new UnsupportedError(
        'compileTraining: momentum of a batch normalisation is null, but a compiled step needs a number; give a momentum',
      );
    }
    const momentum = this.momentum ?? 1 / (seen?.data[0] || 1);
    const { sync } = this;
    return batchNorm(x, runningMean, runningVar, { weight, bias, training, eps, momentum, sync });
  }
}

/* @__NO_SIDE_EFFECTS__ */
const batchNormOf = (ranks: readonly number[]) =>
  specialise(BatchNorm, ranks) as new <C extends number>(
    channels: C,
    options?: BatchNormLayerOptions,
  ) => BatchNorm<C>;

/** Batch normalisation of `[n, c]` or `[n, c, w]`. */
export class BatchNorm1d<const C extends number = number> extends batchNormOf([2, 3])<C> {}

/** Batch normalisation of `[n, c, h, w]`. */
export class BatchNorm2d<const C extends number = number> extends batchNormOf([4])<C> {}

/** Batch normalisation of `[n, c, d, h, w]`. */
export class BatchNorm3d<const C extends number = number> extends batchNormOf([5])<C> {}

/** Options of instance normalisation layers; neither affine nor with running statistics unless they say so. */
export interface InstanceNormLayerOptions extends ChannelNormOptions {
  /** Share of the batch in the running statistics. Default 0.1. */
  momentum?: number | undefined;
}

const instanceFields: Fields<InstanceNormLayerOptions> = { ...channelFields, momentum: between(0, 1) };

/**
 * Normalisation of each channel of each sample; see `instanceNorm`. Neither affine nor with running statistics unless
 * options say so; with them, evaluation uses them.
 */
abstract class InstanceNorm extends ChannelNorm<Same> {
  /** Share of the batch in the running statistics. */
  readonly momentum: number;
  readonly #rank: number;

  constructor(rank: number, channels: number, options: InstanceNormLayerOptions = {}) {
    needOptions(new.target.name, options, instanceFields);
    const { eps = 1e-5, momentum = 0.1, affine = false, trackRunningStats = false } = options;
    super(channels, [rank - 1, rank], { eps, affine, trackRunningStats });
    this.momentum = momentum;
    this.#rank = rank;
  }

  protected run(x: Tensor): Tensor {
    this.checkRank(x);
    return x.rank === this.#rank
      ? this.#apply(x)
      : reshape(this.#apply(reshape(x, [1, ...x.shape])), x.shape);
  }

  #apply(x: Tensor): Tensor {
    const { weight, bias, eps, momentum, runningMean, runningVar } = this;
    if (runningMean && !this.training) return batchNorm(x, runningMean, runningVar, { weight, bias, eps });
    return instanceNorm(x, { weight, bias, eps, momentum, runningMean, runningVar });
  }
}

/** Normalises each channel of each sample of `[n, c, w]`, or of one sample `[c, w]`. */
export class InstanceNorm1d extends specialise(InstanceNorm, 3) {}

/** Normalises each channel of each sample of `[n, c, h, w]`, or of one sample `[c, h, w]`. */
export class InstanceNorm2d extends specialise(InstanceNorm, 4) {}

/** Normalises each channel of each sample of `[n, c, d, h, w]`, or of one sample `[c, d, h, w]`. */
export class InstanceNorm3d extends specialise(InstanceNorm, 5) {}

/** Options of `nn.GroupNorm` beside groups and channels. */
export interface GroupNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
  /** Learn a scale and shift per channel. Default true. */
  affine?: boolean | undefined;
}

const groupFields: Fields<GroupNormLayerOptions> = { eps: atLeast(0), affine: flag };

/** Normalises each of `groups` groups of channels of each sample of `[n, c, …]`; see `groupNorm`. */
export class GroupNorm extends Layer<Same> {
  /** Scale per channel, `[c]`; null without `affine`. */
  readonly weight: Parameter | null;
  /** Shift per channel, `[c]`; null without `affine`. */
  readonly bias: Parameter | null;
  /** How many groups the channels are divided into. */
  readonly groups: number;
  /** How many channels an input has. */
  readonly channels: number;
  /** Added to the variance. */
  readonly eps: number;

  /** @throws ShapeError if `groups` does not divide `channels`. */
  constructor(groups: number, channels: number, options: GroupNormLayerOptions = {}) {
    super();
    needOptions('GroupNorm', options, groupFields);
    const { eps = 1e-5, affine = true } = options;
    need('GroupNorm', 'groups', groups, count);
    need('GroupNorm', 'channels', channels, count);
    if (channels % groups !== 0) {
      throw new ShapeError(
        `GroupNorm: groups is ${groups} for ${counted(channels, 'channel')}; choose a divisor`,
      );
    }
    const { weight, bias } = affineOf([channels], affine, affine);
    this.weight = weight;
    this.bias = bias;
    this.groups = groups;
    this.channels = channels;
    this.eps = eps;
  }

  protected run(x: Tensor): Tensor {
    const { groups, weight, bias, eps } = this;
    return groupNorm(x, { groups, weight, bias, eps });
  }

  override describe(): string {
    return `${this.groups} groups of ${this.channels} channels, eps ${this.eps}`;
  }
}

/** Options of `nn.LayerNorm` beside the sizes of the last axes. */
export interface LayerNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
  /** Learn a scale per element of the normalised axes, and a shift unless `bias` is false. Default true. */
  elementwiseAffine?: boolean | undefined;
  /** Default true. */
  bias?: boolean | undefined;
}

const layerFields: Fields<LayerNormLayerOptions> = { eps: atLeast(0), elementwiseAffine: flag, bias: flag };
const lastSizes = either(count, listOf('sizes', count, 1));

/** Normalises over the last axes, whose sizes are `normalizedShape`; see `layerNorm`. */
export class LayerNorm extends Layer<Same> {
  /** Scale of shape `normalizedShape`; null without `elementwiseAffine`. */
  readonly weight: Parameter | null;
  /** Shift of shape `normalizedShape`; null without `elementwiseAffine` or `bias`. */
  readonly bias: Parameter | null;
  /** Sizes of the last axes, over which each part is normalised. */
  readonly normalizedShape: readonly number[];
  /** Added to the variance. */
  readonly eps: number;

  /** @throws ShapeError if `normalizedShape` holds no sizes of 1 or more. */
  constructor(normalizedShape: number | readonly number[], options: LayerNormLayerOptions = {}) {
    super();
    need('LayerNorm', 'normalizedShape', normalizedShape, lastSizes);
    needOptions('LayerNorm', options, layerFields);
    const { eps = 1e-5, elementwiseAffine = true, bias: shift = true } = options;
    const shape = [normalizedShape].flat();
    const { weight, bias } = affineOf(shape, elementwiseAffine, elementwiseAffine && shift);
    this.weight = weight;
    this.bias = bias;
    this.normalizedShape = Object.freeze(shape);
    this.eps = eps;
  }

  protected run(x: Tensor): Tensor {
    const { normalizedShape, weight, bias, eps } = this;
    return layerNorm(x, { normalizedShape, weight, bias, eps });
  }

  override describe(): string {
    return `${formatShape(this.normalizedShape)}, eps ${this.eps}`;
  }
}
