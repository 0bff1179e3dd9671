// Max and average pooling of rank 1, 2 and 3: a window slides over every plane, without weights.

import { flag } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { backend, compute } from '../backends/current.ts';
import { type Caller, type PerAxis, type PoolOptions, perRank, poolFields } from '../geometry/options.ts';
import {
  divisorOverride,
  poolGeometry,
  poolInputShape,
  poolOutputShape,
  poolScales,
} from '../geometry/pool.ts';
import type { PoolGeometry } from '../geometry/types.ts';
import { record, Tensor } from '../tensor/tensor.ts';
import { scatterAdd } from './gather.ts';
import { frame } from './layout.ts';
import type { Pooling } from './signatures.ts';

type Rank = 1 | 2 | 3;

/** Options of `avgPool1d`, `avgPool2d` and `avgPool3d`. */
export interface AvgPoolOptions extends PoolOptions {
  /** Count padding as cells of value 0 (default true); else divide by the number of real cells. */
  countIncludePad?: boolean | undefined;
  /** Divide by this instead. Default: the number of cells that `countIncludePad` counts. */
  divisorOverride?: number | undefined;
}

function sumPool(g: PoolGeometry, x: Tensor, scale: Float32Array): Tensor {
  const data = compute({ op: 'sumPool', geometry: g }, [x.data, scale]);
  const rules = [(dy: Tensor) => sumPoolGrad(g, dy, scale)];
  return record(data, poolOutputShape(g), { name: 'sumPool', inputs: [x], rules });
}

function sumPoolGrad(g: PoolGeometry, y: Tensor, scale: Float32Array): Tensor {
  const data = compute({ op: 'sumPoolGrad', geometry: g }, [y.data, scale]);
  const rules = [(dx: Tensor) => sumPool(g, dx, scale)];
  return record(data, poolInputShape(g), { name: 'sumPoolGrad', inputs: [y], rules });
}

/** What max pooling gives where the positions are asked for too. */
export interface MaxPoolResult {
  /** The largest value of each window. */
  output: Tensor;
  /** int32, of the output's shape: the flat position of each maximum in its unpadded plane. */
  indices: Tensor;
}

export const avgPoolFields = perRank(
  (rank): Fields<AvgPoolOptions> => ({ ...poolFields[rank], countIncludePad: flag, divisorOverride }),
);

/* @__NO_SIDE_EFFECTS__ */
function maxPoolWithIndices(
  rank: Rank,
  name: string,
): (x: Tensor, kernel: PerAxis, options?: PoolOptions) => MaxPoolResult {
  const fn = `maxPool${rank}d${name}`;
  const caller = { fn, rank };
  return (x, kernel, options = {}) => {
    needOptions(fn, options, poolFields[rank]);
    const { enter, leave } = frame(caller, x, options.layout);
    const input = enter(x);
    const g = poolGeometry(caller, { input: input.shape, kernel }, options);
    const [data, found] = backend().run({ op: 'maxPool', geometry: g }, [input.data]);
    const indices = new Tensor(found, poolOutputShape(g));
    const rules = [(dy: Tensor) => scatterAdd(dy, indices, input.shape)];
    const output = record(data, indices.shape, { name: 'maxPool', inputs: [input], rules });
    return { output: leave(output), indices: leave(indices) };
  };
}

/* @__NO_SIDE_EFFECTS__ */
function maxPool(rank: Rank): (x: Tensor, kernel: PerAxis, options?: PoolOptions) => Tensor {
  const withIndices = maxPoolWithIndices(rank, '');
  return (x, kernel, options) => withIndices(x, kernel, options).output;
}

/** A window and how its sums are weighed. */
export interface SummedWindow extends PoolOptions {
  readonly kernel: PerAxis;
  /** A factor for each output cell of a plane. */
  readonly scales: (g: PoolGeometry) => Float32Array;
}

/** The sum of each window times its factor. */
export function windowSum(caller: Caller, x: Tensor, window: SummedWindow): Tensor {
  const { enter, leave } = frame(caller, x, window.layout);
  const input = enter(x);
  const g = poolGeometry(caller, { input: input.shape, kernel: window.kernel }, window);
  return leave(sumPool(g, input, window.scales(g)));
}

/* @__NO_SIDE_EFFECTS__ */
function avgPool(rank: Rank): (x: Tensor, kernel: PerAxis, options?: AvgPoolOptions) => Tensor {
  const fn = `avgPool${rank}d`;
  return (x, kernel, options = {}) => {
    needOptions(fn, options, avgPoolFields[rank]);
    const { countIncludePad, divisorOverride: divisor, ...window } = options;
    const scales = (g: PoolGeometry): Float32Array =>
      poolScales(g, { countIncludePad, divisorOverride: divisor }, fn);
    return windowSum({ fn, rank }, x, { ...window, kernel, scales });
  };
}

/**
 * Largest value of each window: `[n, c, w]` → `[n, c, w′]`. The stride is the kernel unless given; padding never wins;
 * the first maximum takes the whole gradient.
 *
 * @throws ShapeError if the window is larger than the padded input or padding exceeds half of it.
 */
export const maxPool1d = maxPool(1) as Pooling<1, PerAxis, PoolOptions>;
/** Largest value of each window: `[n, c, h, w]` → `[n, c, h′, w′]`; see `maxPool1d`. */
export const maxPool2d = maxPool(2) as Pooling<2, PerAxis, PoolOptions>;
/** Largest value of each window: `[n, c, d, h, w]` → `[n, c, d′, h′, w′]`; see `maxPool1d`. */
export const maxPool3d = maxPool(3) as Pooling<3, PerAxis, PoolOptions>;
/** As `maxPool1d`, and where each maximum was found. */
export const maxPool1dWithIndices = maxPoolWithIndices(1, 'WithIndices');
/** As `maxPool2d`, and where each maximum was found. */
export const maxPool2dWithIndices = maxPoolWithIndices(2, 'WithIndices');
/** As `maxPool3d`, and where each maximum was found. */
export const maxPool3dWithIndices = maxPoolWithIndices(3, 'WithIndices');

/**
 * Mean of each window: `[n, c, w]` → `[n, c, w′]`. The stride is the kernel unless given.
 *
 * @throws ShapeError if the window is larger than the padded input or padding exceeds half of it.
 */
export const avgPool1d = avgPool(1) as Pooling<1, PerAxis, AvgPoolOptions>;
/** Mean of each window: `[n, c, h, w]` → `[n, c, h′, w′]`; see `avgPool1d`. */
export const avgPool2d = avgPool(2) as Pooling<2, PerAxis, AvgPoolOptions>;
/** Mean of each window: `[n, c, d, h, w]` → `[n, c, d′, h′, w′]`; see `avgPool1d`. */
export const avgPool3d = avgPool(3) as Pooling<3, PerAxis, AvgPoolOptions>;
