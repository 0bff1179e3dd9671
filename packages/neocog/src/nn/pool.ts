// Pooling layers.

import type { PerAxis, PoolOptions } from '../geometry/options.ts';
import {
  type AvgPoolOptions,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type GlobalPoolOptions,
  globalAvgPool,
  globalMaxPool,
  type LpPoolOptions,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
} from '../ops/index.ts';
import type { NoExtra } from '../ops/signatures.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Pools, PoolsWhole, Rule } from '../types/rules.ts';
import { Layer } from './module.ts';

/** A pooling operation without what its type knows of shapes. */
type Operation = (x: Tensor, kernel: PerAxis, options: object) => Tensor;

/** Pooling by an operation. `K` and `O` are the literal kernel and options, for the shape's rule. */
abstract class Pool<Rank extends 1 | 2 | 3, K extends PerAxis, O extends object> extends Layer<
  Pools<K, Rank, O>
> {
  readonly #pool: (x: Tensor) => Tensor;
  readonly #kernel: PerAxis;
  readonly #options: object;

  constructor(pool: Operation, kernel: PerAxis, options: object = {}) {
    super();
    this.#pool = (x) => pool(x, kernel, options);
    this.#kernel = kernel;
    this.#options = options;
  }

  protected run(x: Tensor): Tensor {
    return this.#pool(x);
  }

  override describe(): string {
    const options = Object.entries(this.#options).map(([key, v]) => `${key} ${JSON.stringify(v)}`);
    return [JSON.stringify(this.#kernel), ...options].join(', ');
  }
}

/** Largest value of each window of `[n, c, w]`. */
export class MaxPool1d<
  const K extends PerAxis = PerAxis,
  const O extends PoolOptions = PoolOptions,
> extends Pool<1, K, O> {
  constructor(kernel: K, options?: NoExtra<O, PoolOptions>) {
    super(maxPool1d as Operation, kernel, options);
  }
}

/** Largest value of each window of `[n, c, h, w]`. */
export class MaxPool2d<
  const K extends PerAxis = PerAxis,
  const O extends PoolOptions = PoolOptions,
> extends Pool<2, K, O> {
  constructor(kernel: K, options?: NoExtra<O, PoolOptions>) {
    super(maxPool2d as Operation, kernel, options);
  }
}

/** Largest value of each window of `[n, c, d, h, w]`. */
export class MaxPool3d<
  const K extends PerAxis = PerAxis,
  const O extends PoolOptions = PoolOptions,
> extends Pool<3, K, O> {
  constructor(kernel: K, options?: NoExtra<O, PoolOptions>) {
    super(maxPool3d as Operation, kernel, options);
  }
}

/** Mean of each window of `[n, c, w]`. */
export class AvgPool1d<
  const K extends PerAxis = PerAxis,
  const O extends AvgPoolOptions = AvgPoolOptions,
> extends Pool<1, K, O> {
  constructor(kernel: K, options?: NoExtra<O, AvgPoolOptions>) {
    super(avgPool1d as Operation, kernel, options);
  }
}

/** Mean of each window of `[n, c, h, w]`. */
export class AvgPool2d<
  const K extends PerAxis = PerAxis,
  const O extends AvgPoolOptions = AvgPoolOptions,
> extends Pool<2, K, O> {
  constructor(kernel: K, options?: NoExtra<O, AvgPoolOptions>) {
    super(avgPool2d as Operation, kernel, options);
  }
}

/** Mean of each window of `[n, c, d, h, w]`. */
export class AvgPool3d<
  const K extends PerAxis = PerAxis,
  const O extends AvgPoolOptions = AvgPoolOptions,
> extends Pool<3, K, O> {
  constructor(kernel: K, options?: NoExtra<O, AvgPoolOptions>) {
    super(avgPool3d as Operation, kernel, options);
  }
}

/** p-norm of each window of `[n, c, w]`; see `lpPool1d`. */
export class LpPool1d<
  const K extends PerAxis = PerAxis,
  const O extends LpPoolOptions = LpPoolOptions,
> extends Pool<1, K, O> {
  constructor(kernel: K, options?: NoExtra<O, LpPoolOptions>) {
    super(lpPool1d, kernel, options ?? ({} as O));
  }
}

/** p-norm of each window of `[n, c, h, w]`; see `lpPool2d`. */
export class LpPool2d<
  const K extends PerAxis = PerAxis,
  const O extends LpPoolOptions = LpPoolOptions,
> extends Pool<2, K, O> {
  constructor(kernel: K, options?: NoExtra<O, LpPoolOptions>) {
    super(lpPool2d, kernel, options ?? ({} as O));
  }
}

/** p-norm of each window of `[n, c, d, h, w]`; see `lpPool3d`. */
export class LpPool3d<
  const K extends PerAxis = PerAxis,
  const O extends LpPoolOptions = LpPoolOptions,
> extends Pool<3, K, O> {
  constructor(kernel: K, options?: NoExtra<O, LpPoolOptions>) {
    super(lpPool3d, kernel, options ?? ({} as O));
  }
}

/** Pooling of whole planes. Types know the shape of channels-first data. */
abstract class GlobalPool<O extends GlobalPoolOptions> extends Layer<
  O extends { readonly layout: 'channels-last' } ? Rule : PoolsWhole
> {
  readonly #options: GlobalPoolOptions;

  constructor(options?: NoExtra<O, GlobalPoolOptions>) {
    super();
    this.#options = options ?? {};
  }

  protected abstract pool(x: Tensor, options: GlobalPoolOptions): Tensor;

  protected run(x: Tensor): Tensor {
    return this.pool(x, this.#options);
  }

  override describe(): string {
    return this.#options.layout ?? '';
  }
}

/** Mean of every plane: `[n, c, …]` → `[n, c, 1, …]`. */
export class GlobalAvgPool<const O extends GlobalPoolOptions = GlobalPoolOptions> extends GlobalPool<O> {
  protected pool(x: Tensor, options: GlobalPoolOptions): Tensor {
    return globalAvgPool(x, options);
  }
}

/** Maximum of every plane: `[n, c, …]` → `[n, c, 1, …]`. */
export class GlobalMaxPool<const O extends GlobalPoolOptions = GlobalPoolOptions> extends GlobalPool<O> {
  protected pool(x: Tensor, options: GlobalPoolOptions): Tensor {
    return globalMaxPool(x, options);
  }
}
