// Pooling layers.

import { type Field, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
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
import { describeWindow } from './describe.ts';
import { Layer } from './module.ts';
import { specialise } from './specialise.ts';

/** A pooling operation without what its type knows of shapes, and what it takes. */
interface Kind {
  readonly rank: Rank;
  readonly pool: (x: Tensor, kernel: PerAxis, options: object) => Tensor;
  readonly fields: Readonly<Record<string, Field>>;
}

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
    return describeWindow(this.#kernel, this.#options);
  }
}

/** The class of pooling layers of a rank, for `Taken` options. */
type PoolClass<R extends Rank, Taken extends object> = new <K extends PerAxis, O extends Taken>(
  kernel: K,
  options?: NoExtra<O, Taken>,
) => Pool<R, K, O>;

/* @__NO_SIDE_EFFECTS__ */
function pooling<R extends Rank, Taken extends object>(
  rank: R,
  pool: unknown, // its types say more than a layer can use
  fields: Fields<Taken>,
): PoolClass<R, Taken> {
  return specialise(Pool, { rank, pool: pool as Kind['pool'], fields }) as PoolClass<R, Taken>;
}

/** Largest value of each window of `[n, c, w]`. */
export class MaxPool1d<
  const K extends PerAxis = PerAxis,
  const O extends PoolOptions = PoolOptions,
> extends pooling(1, maxPool1d, poolFields[1])<K, O> {}

/** Largest value of each window of `[n, c, h, w]`. */
export class MaxPool2d<
  const K extends PerAxis = PerAxis,
  const O extends PoolOptions = PoolOptions,
> extends pooling(2, maxPool2d, poolFields[2])<K, O> {}

/** Largest value of each window of `[n, c, d, h, w]`. */
export class MaxPool3d<
  const K extends PerAxis = PerAxis,
  const O extends PoolOptions = PoolOptions,
> extends pooling(3, maxPool3d, poolFields[3])<K, O> {}

/** Mean of each window of `[n, c, w]`. */
export class AvgPool1d<
  const K extends PerAxis = PerAxis,
  const O extends AvgPoolOptions = AvgPoolOptions,
> extends pooling(1, avgPool1d, avgPoolFields[1])<K, O> {}

/** Mean of each window of `[n, c, h, w]`. */
export class AvgPool2d<
  const K extends PerAxis = PerAxis,
  const O extends AvgPoolOptions = AvgPoolOptions,
> extends pooling(2, avgPool2d, avgPoolFields[2])<K, O> {}

/** Mean of each window of `[n, c, d, h, w]`. */
export class AvgPool3d<
  const K extends PerAxis = PerAxis,
  const O extends AvgPoolOptions = AvgPoolOptions,
> extends pooling(3, avgPool3d, avgPoolFields[3])<K, O> {}

/** p-norm of each window of `[n, c, w]`; see `lpPool1d`. */
export class LpPool1d<
  const K extends PerAxis = PerAxis,
  const O extends LpPoolOptions = LpPoolOptions,
> extends pooling(1, lpPool1d, lpPoolFields[1])<K, O> {}

/** p-norm of each window of `[n, c, h, w]`; see `lpPool2d`. */
export class LpPool2d<
  const K extends PerAxis = PerAxis,
  const O extends LpPoolOptions = LpPoolOptions,
> extends pooling(2, lpPool2d, lpPoolFields[2])<K, O> {}

/** p-norm of each window of `[n, c, d, h, w]`; see `lpPool3d`. */
export class LpPool3d<
  const K extends PerAxis = PerAxis,
  const O extends LpPoolOptions = LpPoolOptions,
> extends pooling(3, lpPool3d, lpPoolFields[3])<K, O> {}

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
