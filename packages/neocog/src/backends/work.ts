// What backends are asked to do, as data: one computation over arrays, which it does not name. All arrays are dense and
// row-major in the order of the shapes that the geometry states.

import type { Expr } from '../expression/expression.ts';
import { inputShape, outputShape, weightShape } from '../geometry/conv.ts';
import { poolInputShape, poolOutputShape } from '../geometry/pool.ts';
import type { ConvGeometry, PoolGeometry } from '../geometry/types.ts';
import { product } from '../geometry/window.ts';

/** The values of a tensor. */
export type Values = Float32Array | Int32Array;

/** What an array is, whatever it holds. */
export interface ArrayKind {
  /** Number of elements. */
  readonly size: number;
  /** Type of the elements. */
  readonly dtype: 'float32' | 'int32';
}

export const kindOf = (values: Values): ArrayKind => ({
  size: values.length,
  dtype: values instanceof Int32Array ? 'int32' : 'float32',
});

export type Combine = 'sum' | 'mean' | 'max';

/**
 * One fused loop: evaluate `expr` at every point of `shape`, then combine along the reduced axes. A mean is the sum, in
 * float64, divided by the number of points: rounded once, so that equal values have themselves as their mean.
 *
 * Input `i` is read at `Σ position[d] · strides[i][d]` (stride 0 broadcasts). The output is dense over the axes that
 * are not reduced. Without a reduced axis it is a plain elementwise map.
 */
export interface FusedLoop {
  /** What is computed at each point. */
  readonly expr: Expr;
  /** Size of each axis of the loop, reduced ones included. */
  readonly shape: readonly number[];
  /** In elements, one array per input, one number per axis of `shape`. */
  readonly strides: readonly (readonly number[])[];
  /** Per axis of `shape`: is it combined away? */
  readonly reduced: readonly boolean[];
  /** How values along the reduced axes become one. */
  readonly combine: Combine;
}

/** `c[i] = op(a[i]) · op(b[i])` for `batch` pairs; a is m×k (k×m when transposed), b is k×n (n×k), c is m×n. */
export interface MatmulShape {
  /** How many pairs are multiplied. */
  readonly batch: number;
  /** Rows of a and c. */
  readonly m: number;
  /** Columns of a and rows of b: the terms of each sum. */
  readonly k: number;
  /** Columns of b and c. */
  readonly n: number;
  /** Whether a lies as k×m. */
  readonly transposeA: boolean;
  /** Whether b lies as n×k. */
  readonly transposeB: boolean;
}

/**
 * A grid of places in an array: position p lies at `offset + Σ_d step(d, p[d])`, where `step(d, i)` is `i · strides[d]`
 * for a number and `strides[d][i]` for a table. Numbers may be 0 or negative, tables in any order: places may repeat.
 */
export interface StridedView {
  /** Size of each axis of the grid. */
  readonly shape: readonly number[];
  /** For each axis, in elements: how far a place is from the one before, or a table of the places. */
  readonly strides: readonly (number | Int32Array)[];
  /** The place of position 0, in elements, before tables are added. */
  readonly offset: number;
}

/** What follows a convolution before its result is stored; made by fusing later loops into it. */
export interface Finish {
  /** Over input 0, the sum with its bias, and the extras. */
  readonly formula: Expr | null;
  /** `pixel`: an array like the result. `channel`: one value per channel of the result. */
  readonly extras: readonly ('pixel' | 'channel')[];
}

export const plainFinish: Finish = { formula: null, extras: [] };

export type ConvKernel = 'conv' | 'inputGrad' | 'weightGrad';

/**
 * `conv`: x `[batch, inChannels, …input]`, w, bias if `bias`, the extras of `finish` → y `[batch, outChannels, …output]`, which
 * is conv(x, w) + bias. `inputGrad`: y, w and the rest → x. It is the adjoint of conv in x plus a bias per input channel:
 * transposed convolution.
 */
export interface ConvWork {
  /** `conv` goes from x to y, `inputGrad` from y to x. */
  readonly op: 'conv' | 'inputGrad';
  /** Of the convolution x → y, in either direction. */
  readonly geometry: ConvGeometry;
  /** Whether a bias comes after the weights. */
  readonly bias: boolean;
  /** What is done to each sum before it is stored. */
  readonly finish: Finish;
}

/** (x, y) → w: the adjoint of conv in w. */
export interface WeightGradWork {
  readonly op: 'weightGrad';
  /** Of the convolution x → y. */
  readonly geometry: ConvGeometry;
}

/** x → the largest cell of each window, and its flat position in the unpadded plane. First maximum wins; NaN wins over all. */
export interface MaxPoolWork {
  readonly op: 'maxPool';
  /** The windows over x. */
  readonly geometry: PoolGeometry;
}

/**
 * `sumPool`: (x, scale) → the sum of the cells of each window times the scale of that output cell of a plane. `sumPoolGrad`:
 * (y, scale) → x, its adjoint.
 */
export interface SumPoolWork {
  /** `sumPool` goes from x to y, `sumPoolGrad` from y to x. */
  readonly op: 'sumPool' | 'sumPoolGrad';
  /** The windows over x, in either direction. */
  readonly geometry: PoolGeometry;
}

/** (x, indices) → y[p, i] = x[p, indices[p, i]] for each of `planes` planes. */
export interface TakeWork {
  readonly op: 'take';
  /** How many rows there are, each with indices of its own. */
  readonly planes: number;
}

/** (y, indices) → x[p, indices[p, i]] += y[p, i] into planes of `size` zeros: the adjoint of take. */
export interface ScatterAddWork {
  readonly op: 'scatterAdd';
  /** How many rows there are, each with indices of its own. */
  readonly planes: number;
  /** Elements of each plane of the result. */
  readonly size: number;
}

/** (a, b) → c. */
export interface MatmulWork {
  readonly op: 'matmul';
  /** Sizes, and which of the two are transposed. */
  readonly shape: MatmulShape;
}

/** (inputs of the formula) → its values over the axes that are kept. */
export interface FusedWork {
  readonly op: 'fused';
  /** The formula, and the points at which it is evaluated. */
  readonly loop: FusedLoop;
}

/** Several formulas over one loop and the same inputs, each with a result of its own. `loop.expr` is the first. */
export interface FusedManyWork {
  readonly op: 'fusedMany';
  /** The points; its own formula is the first of `exprs`. */
  readonly loop: FusedLoop;
  /** The formulas, one for each result. */
  readonly exprs: readonly Expr[];
}

/** Each value cut off towards zero, at the ends of int32's range too; NaN gives 0. */
export interface TruncateWork {
  readonly op: 'truncate';
}

/** x → y[position] = x at the place of that position in `view`. */
export interface CopyWork {
  readonly op: 'copy';
  /** The places in x, in the order of y. */
  readonly view: StridedView;
}

/** An input per view → the values of each added at the places of its view into `size` zeros: the adjoint of copies. */
export interface CopyAddWork {
  readonly op: 'copyAdd';
  /** For each input, the places in the result. */
  readonly views: readonly StridedView[];
  /** Elements of the result. */
  readonly size: number;
}

/** A computation. */
export type Work =
  | ConvWork
  | WeightGradWork
  | MaxPoolWork
  | SumPoolWork
  | TakeWork
  | ScatterAddWork
  | MatmulWork
  | FusedWork
  | FusedManyWork
  | TruncateWork
  | CopyWork
  | CopyAddWork;

/** One of the three kernels of a geometry, with nothing after it. */
export const convWork = (
  kernel: ConvKernel,
  geometry: ConvGeometry,
  bias = false,
): ConvWork | WeightGradWork =>
  kernel === 'weightGrad' ? { op: kernel, geometry } : { op: kernel, geometry, bias, finish: plainFinish };

/** The axes of a loop's result. */
export const keptAxes = ({ shape, reduced }: FusedLoop): number[] => shape.filter((_, d) => !reduced[d]);

const floats = (shape: readonly number[]): ArrayKind => ({ size: product(shape), dtype: 'float32' });
const wholes = (shape: readonly number[]): ArrayKind => ({ size: product(shape), dtype: 'int32' });

/** What a computation gives for such inputs. */
export function resultsOf(work: Work, inputs: readonly ArrayKind[]): ArrayKind[] {
  switch (work.op) {
    case 'conv':
      return [floats(outputShape(work.geometry))];
    case 'inputGrad':
      return [floats(inputShape(work.geometry))];
    case 'weightGrad':
      return [floats(weightShape(work.geometry))];
    case 'maxPool':
      return [floats, wholes].map((kind) => kind(poolOutputShape(work.geometry)));
    case 'sumPool':
      return [floats(poolOutputShape(work.geometry))];
    case 'sumPoolGrad':
      return [floats(poolInputShape(work.geometry))];
    case 'take':
      return [{ size: inputs[1].size, dtype: inputs[0].dtype }];
    case 'scatterAdd':
      return [floats([work.planes, work.size])];
    case 'matmul':
      return [floats([work.shape.batch, work.shape.m, work.shape.n])];
    case 'fused':
      return [floats(keptAxes(work.loop))];
    case 'fusedMany':
      return work.exprs.map(() => floats(keptAxes(work.loop)));
    case 'truncate':
      return [wholes([inputs[0].size])];
    case 'copy':
      return [{ size: product(work.view.shape), dtype: inputs[0].dtype }];
    case 'copyAdd':
      return [{ size: work.size, dtype: inputs[0].dtype }];
    default:
      return work satisfies never;
  }
}

const nothing: Record<Combine, number> = { sum: 0, mean: Number.NaN, max: Number.NEGATIVE_INFINITY };

/** The results of a computation that has no cell to compute or sums up nothing, whatever its inputs hold; null for any other. */
export function settled(work: Work, inputs: readonly ArrayKind[]): Values[] | null {
  const results = resultsOf(work, inputs);
  if (!results.every(({ size }) => size === 0) && !sumsNothing(work, inputs)) return null;
  const value = 'loop' in work ? nothing[work.loop.combine] : 0;
  return results.map(({ size, dtype }) =>
    dtype === 'int32' ? new Int32Array(size) : new Float32Array(size).fill(value),
  );
}

function sumsNothing(work: Work, inputs: readonly ArrayKind[]): boolean {
  if ('loop' in work) return work.loop.shape.includes(0);
  const isSum = work.op === 'matmul' || work.op === 'weightGrad' || work.op === 'scatterAdd';
  return (isSum || work.op === 'copyAdd') && inputs.every(({ size }) => size === 0);
}
