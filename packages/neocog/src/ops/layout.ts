// The order of axes that a caller uses, and the one that operations compute in: `[n, c, …spatial]`. An input without a
// batch axis gets one; channels-last inputs are permuted, and results permuted back.

import type { Caller, Layout } from '../geometry/options.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { floats } from './check.ts';
import { permute } from './move.ts';
import { reshape } from './reshape.ts';

/** `[n, …spatial, c]` → `[n, c, …spatial]` */
export const toChannelsFirst = (x: Tensor): Tensor =>
  permute(x, [0, x.rank - 1, ...spatialAxes(x).map((d) => d - 1)]);
/** `[n, c, …spatial]` → `[n, …spatial, c]` */
export const toChannelsLast = (x: Tensor): Tensor => permute(x, [0, ...spatialAxes(x), 1]);

const spatialAxes = (x: Tensor): number[] => x.shape.map((_, d) => d).slice(2);

/** The way into the form that operations compute in, and the way back. */
export interface Frame {
  readonly enter: (t: Tensor) => Tensor;
  readonly leave: (t: Tensor) => Tensor;
}

/** Gives tensors like `x` a batch axis where it has `rank + 1` axes, and puts channels first. */
export function frame({ fn, rank }: Caller, x: Tensor, layout: Layout = 'channels-first'): Frame {
  floats(fn, 'input', x);
  const single = x.rank === rank + 1;
  const last = layout === 'channels-last' && (single || x.rank === rank + 2);
  return {
    enter: (t) => {
      const batched = single ? reshape(t, [1, ...t.shape]) : t;
      return last ? toChannelsFirst(batched) : batched;
    },
    leave: (t) => {
      const moved = last ? toChannelsLast(t) : t;
      return single ? reshape(moved, moved.shape.slice(1)) : moved;
    },
  };
}
