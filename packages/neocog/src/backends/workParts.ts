// What computations are described with: loops over formulas, matrix sizes, grids of places, and what follows a convolution.

import type { Expr } from '../expression/expression.ts';

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

/** The axes of a loop's result. */
export const keptAxes = ({ shape, reduced }: FusedLoop): number[] => shape.filter((_, d) => !reduced[d]);
