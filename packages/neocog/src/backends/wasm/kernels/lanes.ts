// Loads and stores of vectors of which only some lanes count, or whose lanes lie apart.

import { type Func, i32, type Operand, v128 } from '../assembler/index.ts';
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

/** An address some bytes further: an instruction's offset is never negative. */
export const placeBehind = (address: Operand<'i32'>, bytes: number): [Operand<'i32'>, { offset: number }] =>
  bytes < 0 ? [i32.add(address, bytes), { offset: 0 }] : [address, { offset: bytes }];

/** The first `lanes` (1 to 4) lanes from floats `step` bytes apart, `offset` bytes behind an address; the others are 0. */
export function gatherLanes(address: Operand<'i32'>, lanes: number, step: number, offset = 0): Vector {
  if (lanes === 4 && step === 4) return v128.load(...placeBehind(address, offset));
  let vector: Vector = v128.load32Zero(...placeBehind(address, offset));
  for (let lane = 1; lane < lanes; lane++) {
    const [place, where] = placeBehind(address, offset + lane * step);
    vector = v128.load32Lane(place, vector, lane, where);
  }
  return vector;
}

/** Stores the first `lanes` (1 to 4) floats `step` bytes apart, `offset` bytes behind an address. */
export function scatterLanes(
  f: Func,
  address: Operand<'i32'>,
  value: Vector,
  lanes: number,
  step: number,
  offset = 0,
): void {
  if (step === 4) {
    storeLanes(f, address, value, lanes, offset);
    return;
  }
  const kept = f.keep(value, 'scattered');
  for (let lane = 0; lane < lanes; lane++) {
    const [place, where] = placeBehind(address, offset + lane * step);
    f.run(v128.store32Lane(place, kept, lane, where));
  }
}
