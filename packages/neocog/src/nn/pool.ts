// Pooling layers.

import { type Field, need } from '../arguments/field.ts';
import { needOptions } from '../arguments/options.ts';
import { kernelField, type PerAxis, type PoolOptions, poolFields, type Rank } from '../geometry/options.ts';
import { globalPoolFields } from '../ops/globalPool.ts';
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
import { lpPoolFields } from '../ops/lpPool.ts';
import { avgPoolFields } from '../ops/pool.ts';
import type { NoExtra } from '../ops/signatures.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Pools, PoolsWhole, Rule } from '../types/rules.ts';
import { Layer } from './module.ts';

/** A pooling operation without what its type knows of shapes, and what it takes. */
interface Kind {
  readonly rank: Rank;
  readonly pool: (x: Tensor, kernel: PerAxis, options: object) => Tensor;
  readonly fields: Readonly<Record<string, Field>>;
}

const maxPools = { 1: maxPool1d, 2: maxPool2d, 3: maxPool3d };
const avgPools = { 1: avgPool1d, 2: avgPool2d, 3: avgPool3d };
const lpPools = { 1: lpPool1d, 2: lpPool2d, 3: lpPool3d };

const maxPool = (rank: Rank): Kind => ({
  rank,
  pool: maxPools[rank] as Kind['pool'],
  fields: poolFields[rank],
});
const avgPool = (rank: Rank): Kind => ({
  rank,
  pool: avgPools[rank] as Kind['pool'],
  fields: avgPoolFields[rank],
});
const lpPool = (rank: Rank): Kind => ({ rank, pool: lpPools[rank], fields: lpPoolFields[rank] });

/** Pooling by an operation. `K` and `O` are the literal kernel and options, for the shape's rule. */
abstract class Pool<R extends Rank, K extends PerAxis, O extends object> extends Layer<Pools<K, R, O>> {
  readonly #pool: (x: Tensor) => Tensor;
  readonly #kernel: PerAxis;
  readonly #options: object;

  constructor({ rank, pool, fields }: Kind, kernel: PerAxis, options: object = {}) {
    super();
    need(new.target.name, 'kernel', kernel, kernelField[rank]);
    needOptions(new.target.name, options, fields);
    const kept = { ...options };
    this.#pool = (x) => pool(x, kernel, kept);
    this.#kernel = kernel;
    this.#options = kept;
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
    super(maxPool(1), kernel, options);
  }
}

/** Largest value of each window of `[n, c, h, w]`. */
export class MaxPool2d<
  const K extends PerAxis = PerAxis,
  const O extends PoolOptions = PoolOptions,
> extends Pool<2, K, O> {
  constructor(kernel: K, options?: NoExtra<O, PoolOptions>) {
    super(maxPool(2), kernel, options);
  }
}

/** Largest value of each window of `[n, c, d, h, w]`. */
export class MaxPool3d<
  const K extends PerAxis = PerAxis,
  const O extends PoolOptions = PoolOptions,
> extends Pool<3, K, O> {
  constructor(kernel: K, options?: NoExtra<O, PoolOptions>) {
    super(maxPool(3), kernel, options);
  }
}

/** Mean of each window of `[n, c, w]`. */
export class AvgPool1d<
  const K extends PerAxis = PerAxis,
  const O extends AvgPoolOptions = AvgPoolOptions,
> extends Pool<1, K, O> {
  constructor(kernel: K, options?: NoExtra<O, AvgPoolOptions>) {
    super(avgPool(1), kernel, options);
  }
}

/** Mean of each window of `[n, c, h, w]`. */
export class AvgPool2d<
  const K extends PerAxis = PerAxis,
  const O extends AvgPoolOptions = AvgPoolOptions,
> extends Pool<2, K, O> {
  constructor(kernel: K, options?: NoExtra<O, AvgPoolOptions>) {
    super(avgPool(2), kernel, options);
  }
}

/** Mean of each window of `[n, c, d, h, w]`. */
export class AvgPool3d<
  const K extends PerAxis = PerAxis,
  const O extends AvgPoolOptions = AvgPoolOptions,
> extends Pool<3, K, O> {
  constructor(kernel: K, options?: NoExtra<O, AvgPoolOptions>) {
    super(avgPool(3), kernel, options);
  }
}

/** p-norm of each window of `[n, c, w]`; see `lpPool1d`. */
export class LpPool1d<
  const K extends PerAxis = PerAxis,
  const O extends LpPoolOptions = LpPoolOptions,
> extends Pool<1, K, O> {
  constructor(kernel: K, options?: NoExtra<O, LpPoolOptions>) {
    super(lpPool(1), kernel, options);
  }
}

/** p-norm of each window of `[n, c, h, w]`; see `lpPool2d`. */
export class LpPool2d<
  const K extends PerAxis = PerAxis,
  const O extends LpPoolOptions = LpPoolOptions,
> extends Pool<2, K, O> {
  constructor(kernel: K, options?: NoExtra<O, LpPoolOptions>) {
    super(lpPool(2), kernel, options);
  }
}

/** p-norm of each window of `[n, c, d, h, w]`; see `lpPool3d`. */
export class LpPool3d<
  const K extends PerAxis = PerAxis,
  const O extends LpPoolOptions = LpPoolOptions,
> extends Pool<3, K, O> {
  constructor(kernel: K, options?: NoExtra<O, LpPoolOptions>) {
    super(lpPool(3), kernel, options);
  }
}

/** Pooling of whole planes. Types know the shape of channels-first data. */
abstract class GlobalPool<O extends GlobalPoolOptions> extends Layer<
  O extends { readonly layout: 'channels-last' } ? Rule : PoolsWhole
> {
  readonly #options: GlobalPoolOptions;

  constructor(options?: NoExtra<O, GlobalPoolOptions>) {
    super();
    if (options !== undefined) needOptions<GlobalPoolOptions>(new.target.name, options, globalPoolFields);
    this.#options = { ...options };
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
