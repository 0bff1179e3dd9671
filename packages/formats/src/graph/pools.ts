// Pools of channels-first images whose padding follows from their size.

import { convGeometry, type nn, type Tensor } from 'neocog';
import { tensorStep } from './operation.ts';
import { avgPoolLayers, avgPools, maxPoolLayers, maxPools, type Rank } from './ranks.ts';

interface SameOptions {
  readonly stride: readonly number[];
  readonly dilation?: readonly number[];
  readonly padding: 'same' | 'same-lower';
}

interface PoolWindow {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  /** Whether there are results for ceil(size / stride) windows; otherwise for those that are whole. */
  readonly same: boolean;
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
function samePool(kind: 'max' | 'average', { kernel, stride }: PoolWindow): nn.Module {
  const rank = kernel.length as Rank;
  return tensorStep(`${kind} pool ${kernel.join('×')}, stride ${stride.join('×')}, same`, (x) => {
    const padding = samePadding(x, kernel, { stride, padding: 'same' });
    if (kind === 'max') return maxPools[rank](x, kernel, { stride, padding });
    return avgPools[rank](x, kernel, { stride, padding, countIncludePad: false });
  });
}

export function poolModule(kind: 'max' | 'average', window: PoolWindow): nn.Module {
  const { kernel, stride, same } = window;
  const rank = kernel.length as Rank;
  if (same) return samePool(kind, window);
  const Pool = (kind === 'max' ? maxPoolLayers : avgPoolLayers)[rank];
  return new Pool(kernel, { stride });
}
