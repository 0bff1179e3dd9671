// Carrying out exchanges: each way as a sum over ranks, in place.

import type { Exchange } from './graph.ts';
import type { PendingSum, SumOptions, World } from './world.ts';

/** Begins to make `to` of what all ranks have in `from`, which may be the same array where sums are wanted. */
export function beginExchange(
  world: World,
  how: Exchange & SumOptions,
  { from, to }: { readonly from: Float32Array; readonly to: Float32Array },
): PendingSum {
  if (how.way === 'scatter') return beginScatter(world, from, to);
  if (how.way === 'gather') to.fill(0).set(from, world.rank * from.length);
  else if (to !== from) to.set(from);
  return world.beginSum(to, how.compress ? { compress: how.compress } : {});
}

function beginScatter(world: World, from: Float32Array, to: Float32Array): PendingSum {
  const sums = from.slice();
  const pending = world.beginSum(sums);
  return {
    async wait() {
      await pending.wait();
      to.set(sums.subarray(world.rank * to.length, (world.rank + 1) * to.length));
    },
  };
}
