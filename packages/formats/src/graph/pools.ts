// Pools of channels-first images whose padding follows from their size.

import {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  convGeometry,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  nn,
  type Tensor,
} from 'neocog';
import { tensorStep } from './operation.ts';

type Rank = 1 | 2 | 3;

const maxPools = { 1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d };
const avgPools = { 1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d };
const pools = {
  max: { 1: maxPool1d, 2: maxPool2d, 3: maxPool3d },
  average: { 1: avgPool1d, 2: avgPool2d, 3: avgPool3d },
};

interface SameOptions {
  readonly stride: readonly number[];
  readonly dilation?: readonly number[];
  readonly padding: 'same' | 'same-lower';
}

/** Cells before and after each axis of `x` so that windows of `kernel` give ceil(size / stride) results. */
export function samePadding(
  x: Tensor,
  kernel: readonly number[],
  { stride, dilation, padding }: SameOptions,
): [number, number][] {
  const groups = x.shape[1];
  const options = { stride, dilation, padding, groups };
  const { axes } = convGeometry('pooling', kernel.length as Rank, x.shape, [groups, 1, ...kernel], options);
  return axes.map(({ padBefore, padAfter }) => [padBefore, padAfter]);
}

/** A pool of channels-first images with padding 'same', which depends on their size and counts for nothing. */
function samePool(kind: 'max' | 'average', kernel: readonly number[], stride: readonly number[]): nn.Module {
  const rank = kernel.length as Rank;
  return tensorStep(`${kind} pool ${kernel.join('×')}, stride ${stride.join('×')}, same`, (x) => {
    const padding = samePadding(x, kernel, { stride, padding: 'same' });
    if (kind === 'max') return pools.max[rank](x, kernel, { stride, padding });
    return pools.average[rank](x, kernel, { stride, padding, countIncludePad: false });
  });
}

export function poolModule(
  kind: 'max' | 'average',
  kernel: readonly number[],
  stride: readonly number[],
  same: boolean,
): nn.Module {
  const rank = kernel.length as Rank;
  if (same) return samePool(kind, kernel, stride);
  return kind === 'max' ? new maxPools[rank](kernel, { stride }) : new avgPools[rank](kernel, { stride });
}
