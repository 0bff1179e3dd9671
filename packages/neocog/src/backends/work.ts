// What backends are asked to do, as data: arrays, loops over them, products, views.

import type { Expr } from '../expression/expression.ts';

/** The values of a tensor. */
export type Values = Float32Array | Int32Array;

export type Combine = 'sum' | 'mean' | 'max';

/**
 * One fused loop: evaluate `expr` at every point of `shape`, then combine along the reduced axes. A mean is the sum, in
 * float64, divided by the number of points: rounded once, so that equal values have themselves as their mean.
 *
 * Input `i` is read at `Σ position[d] · strides[i][d]` (stride 0 broadcasts). The output is dense over the axes that
 * are not reduced. Without a reduced axis it is a plain elementwise map.
 */
export interface FusedLoop {
  readonly expr: Expr;
  readonly shape: readonly number[];
  /** In elements, one array per input, one number per axis of `shape`. */
  readonly strides: readonly (readonly number[])[];
  /** Per axis of `shape`: is it combined away? */
  readonly reduced: readonly boolean[];
  readonly combine: Combine;
}

/** `c[i] = op(a[i]) · op(b[i])` for `batch` pairs; a is m×k (k×m when transposed), b is k×n (n×k), c is m×n. */
export interface MatmulShape {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/**
 * A grid of places in an array: position p lies at `offset + Σ_d step(d, p[d])`, where `step(d, i)` is `i · strides[d]`
 * for a number and `strides[d][i]` for a table. Numbers may be 0 or negative, tables in any order: places may repeat.
 */
export interface StridedView {
  readonly shape: readonly number[];
  readonly strides: readonly (number | Int32Array)[];
  readonly offset: number;
}

/** Dense values, and the places where they belong. */
export interface PlacedValues<T extends Values = Values> {
  readonly view: StridedView;
  readonly values: T;
}
