// Stores of vectors of which only some lanes belong to the result.

import { type Func, type Operand, v128 } from '../assembler/index.ts';
import type { Vector } from '../fused/math.ts';

/** Stores the first `lanes` (1 to 4) floats of a vector at `address + offset`. */
export function storeLanes(
  f: Func,
  address: Operand<'i32'>,
  value: Vector,
  lanes: number,
  offset: number,
): void {
  if (lanes === 4) {
    f.run(v128.store(address, value, { offset }));
    return;
  }
  const kept = f.keep(value, 'partial');
  if (lanes >= 2) f.run(v128.store64Lane(address, kept, 0, { offset }));
  if (lanes % 2 === 1)
    f.run(v128.store32Lane(address, kept, lanes - 1, { offset: offset + (lanes - 1) * 4 }));
}
