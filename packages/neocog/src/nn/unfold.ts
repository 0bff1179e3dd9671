// Layers that take images apart into columns and put columns together, and normalisation over neighbouring channels. None
// has weights.

import { count, need } from '../arguments/field.ts';
import type { PerAxis } from '../geometry/options.ts';
import { needWindows, rankOfLists, spatialSize } from '../geometry/unfold.ts';
import {
  fold,
  type LocalResponseNormOptions,
  localResponseNorm,
  type UnfoldOptions,
  unfold,
} from '../ops/index.ts';
import { type ResponseNumbers, readResponse } from '../ops/localResponse.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Same } from '../types/rules.ts';
import { describeOptions } from './describe.ts';
import { Layer, Module } from './module.ts';

/** The cells under each window as a column: `[n, c, …]` → `[n, c · taps, windows]`; see `unfold`. */
export class Unfold extends Module {
  /** Taps: a number for every axis, or one per spatial axis. */
  readonly kernel: PerAxis;
  /** As they were given. */
  readonly options: UnfoldOptions;

  constructor(kernel: PerAxis, options: UnfoldOptions = {}) {
    super();
    // Any list may tell how many axes there are.
    const rank = rankOfLists('Unfold', [kernel, ...Object.values(Object(options))]);
    needWindows({ fn: 'Unfold', rank }, kernel, options);
    this.kernel = kernel;
    this.options = { ...options };
  }

  forward(x: Tensor): Tensor {
    return unfold(x, this.kernel, this.options);
  }

  override describe(): string {
    return [JSON.stringify(this.kernel), ...describeOptions(this.options)].join(', ');
  }
}

/** Columns added up to what they were taken from: `[n, c · taps, windows]` → `[n, c, …outputSize]`; see `fold`. */
export class Fold extends Module {
  /** Size of each spatial axis of the result. */
  readonly outputSize: readonly number[];
  /** Taps: a number for every axis, or one per spatial axis. */
  readonly kernel: PerAxis;
  /** As they were given. */
  readonly options: UnfoldOptions;

  constructor(outputSize: readonly number[], kernel: PerAxis, options: UnfoldOptions = {}) {
    super();
    need('Fold', 'outputSize', outputSize, spatialSize);
    needWindows({ fn: 'Fold', rank: rankOfLists('Fold', [outputSize]) }, kernel, options);
    this.outputSize = outputSize;
    this.kernel = kernel;
    this.options = { ...options };
  }

  forward(columns: Tensor): Tensor {
    return fold(columns, this.outputSize, this.kernel, this.options);
  }

  override describe(): string {
    const [size, kernel] = [this.outputSize, this.kernel].map((each) => JSON.stringify(each));
    return [`to ${size}`, kernel, ...describeOptions(this.options)].join(', ');
  }
}

/** Divides by a power of the squares in neighbouring channels of `[n, c, …]`; see `localResponseNorm`. */
export class LocalResponseNorm extends Layer<Same> {
  /** How many neighbouring channels, its own included, each value is divided by. */
  readonly size: number;
  /** With defaults filled in. */
  readonly options: ResponseNumbers;

  constructor(size: number, options: LocalResponseNormOptions = {}) {
    super();
    need('LocalResponseNorm', 'size', size, count);
    this.size = size;
    this.options = readResponse('LocalResponseNorm', options);
  }

  protected run(x: Tensor): Tensor {
    return localResponseNorm(x, this.size, this.options);
  }

  override describe(): string {
    return [String(this.size), ...describeOptions(this.options)].join(', ');
  }
}
