// Pooling layers to a wanted output size. The size of the windows follows from the input.

import { need } from '../arguments/field.ts';
import { needOptions } from '../arguments/options.ts';
import { kernelField, type PerAxis, type Rank } from '../geometry/options.ts';
import { adaptivePoolFields } from '../ops/adaptive.ts';
import {
  type AdaptivePoolOptions,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
} from '../ops/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Module } from './module.ts';
import { specialise } from './specialise.ts';

type Operation = (x: Tensor, outputSize: PerAxis, options: AdaptivePoolOptions) => Tensor;

/** What every adaptive pooling layer has: windows as large as the input needs, so that there are `outputSize` of them. */
abstract class AdaptivePool extends Module {
  /** Cells of the result: a number for every spatial axis, or one each. */
  readonly outputSize: PerAxis;
  readonly #pool: Operation;
  readonly #options: AdaptivePoolOptions;

  constructor(
    [rank, pool]: readonly [Rank, Operation],
    outputSize: PerAxis,
    options: AdaptivePoolOptions = {},
  ) {
    super();
    const fn = new.target.name;
    need(fn, 'outputSize', outputSize, kernelField[rank]);
    needOptions(fn, options, adaptivePoolFields);
    this.outputSize = outputSize;
    this.#pool = pool;
    this.#options = { ...options };
  }

  forward(x: Tensor): Tensor {
    return this.#pool(x, this.outputSize, this.#options);
  }

  override describe(): string {
    const { layout } = this.#options;
    return `${JSON.stringify(this.outputSize)}${layout ? `, ${layout}` : ''}`;
  }
}

/** Means over `outputSize` windows of `[n, c, w]`; see `adaptiveAvgPool1d`. */
export class AdaptiveAvgPool1d extends specialise(AdaptivePool, [1, adaptiveAvgPool1d]) {}

/** Means over `outputSize` windows per axis of `[n, c, h, w]`. */
export class AdaptiveAvgPool2d extends specialise(AdaptivePool, [2, adaptiveAvgPool2d]) {}

/** Means over `outputSize` windows per axis of `[n, c, d, h, w]`. */
export class AdaptiveAvgPool3d extends specialise(AdaptivePool, [3, adaptiveAvgPool3d]) {}

/** Largest values of `outputSize` windows of `[n, c, w]`; see `adaptiveMaxPool1d`. */
export class AdaptiveMaxPool1d extends specialise(AdaptivePool, [1, adaptiveMaxPool1d]) {}

/** Largest values of `outputSize` windows per axis of `[n, c, h, w]`. */
export class AdaptiveMaxPool2d extends specialise(AdaptivePool, [2, adaptiveMaxPool2d]) {}

/** Largest values of `outputSize` windows per axis of `[n, c, d, h, w]`. */
export class AdaptiveMaxPool3d extends specialise(AdaptivePool, [3, adaptiveMaxPool3d]) {}
