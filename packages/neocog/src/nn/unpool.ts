// Layers that put pooled values back where they came from; the positions come along with the values.

import { need } from '../arguments/field.ts';
import { needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import { kernelField, type PerAxis, type Rank, unpoolFields } from '../geometry/options.ts';
import { maxUnpool1d, maxUnpool2d, maxUnpool3d, type UnpoolOptions } from '../ops/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { describeWindow } from './describe.ts';
import { Module } from './module.ts';
import { specialise } from './specialise.ts';

type Operation = (x: Tensor, indices: Tensor, kernel: PerAxis, options: UnpoolOptions) => Tensor;

/** A layer that puts pooled values back where they came from; `forward` takes their positions second. */
abstract class MaxUnpool extends Module {
  readonly #unpool: Operation;
  readonly #kernel: PerAxis;
  readonly #options: UnpoolOptions;

  constructor([rank, unpool]: readonly [Rank, Operation], kernel: PerAxis, options: UnpoolOptions = {}) {
    super();
    need(new.target.name, 'kernel', kernel, kernelField[rank]);
    needOptions(new.target.name, options, unpoolFields[rank]);
    this.#unpool = unpool;
    this.#kernel = kernel;
    this.#options = { ...options };
  }

  /** `indices` are those of `maxPool…WithIndices`. @throws ShapeError without them. */
  forward(x: Tensor, indices?: Tensor): Tensor {
    if (indices) return this.#unpool(x, indices, this.#kernel, this.#options);
    const { name } = this.constructor;
    throw new ShapeError(
      `${name}: indices are missing; pass those of maxPool…WithIndices as the second argument`,
    );
  }

  override describe(): string {
    return describeWindow(this.#kernel, this.#options);
  }
}

/** Values of `[n, c, w]` back at their positions; see `maxUnpool1d`. */
export class MaxUnpool1d extends specialise(MaxUnpool, [1, maxUnpool1d]) {}

/** Values of `[n, c, h, w]` back at their positions; see `maxUnpool2d`. */
export class MaxUnpool2d extends specialise(MaxUnpool, [2, maxUnpool2d]) {}

/** Values of `[n, c, d, h, w]` back at their positions; see `maxUnpool3d`. */
export class MaxUnpool3d extends specialise(MaxUnpool, [3, maxUnpool3d]) {}
