// The window of a pool: what its node says of it, and what is done where neocog's pools do not take its padding.

import { pad, slice, type Tensor } from 'neocog';
import { willMake } from '../../budget.ts';
import { samePadding } from '../../graph/pools.ts';
import type { Rank } from '../../graph/ranks.ts';
import { product } from '../../shape.ts';
import type { OnnxNode } from '../node.ts';
import { autoPad, needRank, pairsOf, perAxis } from './conv.ts';

export interface Window {
  readonly rank: Rank;
  readonly kernel: number[];
  readonly stride: number[];
  readonly dilation: number[];
  readonly ceilMode: boolean;
  /** By name where it follows from the input. */
  readonly padding: [number, number][] | 'same' | 'same-lower';
}

export function windowOf(node: OnnxNode): Window {
  const kernel = node.ints('kernel_shape') ?? node.refuse('it has no kernel_shape');
  const rank = needRank(node, kernel.length);
  // Tables of windows are as long as a window is wide.
  willMake(Math.max(...kernel), String(node));
  willMake(product(kernel), String(node), 1);
  const kind = autoPad(node);
  return {
    rank,
    kernel,
    stride: perAxis(node, 'strides', rank),
    dilation: perAxis(node, 'dilations', rank),
    ceilMode: node.int('ceil_mode', 0) === 1,
    padding: kind === undefined || kind === 'valid' ? pairsOf(node, rank) : kind,
  };
}

/** The options of neocog's pools but for their padding. */
export const optionsOf = ({ stride, dilation, ceilMode }: Window) => ({ stride, dilation, ceilMode });

/** Cells before and after each spatial axis of `x`. */
export const padsFor = ({ kernel, padding, ...options }: Window, x: Tensor): [number, number][] =>
  typeof padding === 'string' ? samePadding(x, kernel, { ...options, padding }) : padding;

/** Half a kernel is the most padding that neocog's pools take. */
export const isModest = ({ kernel }: Window, pads: readonly (readonly number[])[]): boolean =>
  pads.every((pair, d) => pair.every((n) => n <= kernel[d] / 2));

/** With its padding as cells of its own, of zeros or of another value. */
export const withPads = (x: Tensor, pads: readonly [number, number][], value = 0): Tensor =>
  pad(x, [[0, 0], [0, 0], ...pads], { value });

/** Of a pool of cells that were padded before: in ceil mode, windows that would begin behind the input and its padding do not count. */
export function dropLast(window: Window, y: Tensor, x: Tensor): Tensor {
  if (!window.ceilMode) return y;
  const begin = padsFor(window, x).map(([before], d) =>
    Math.ceil((x.shape[d + 2] + before) / window.stride[d]),
  );
  return slice(y, { end: [null, null, ...begin.map((n, d) => Math.min(n, y.shape[d + 2]))] });
}
