// Loads and stores of vectors of which only some lanes count, or whose lanes lie apart.

import { type Code, type Func, i32, type Operand, v128 } from '../assembler/index.ts';
import type { Vector } from '../fused/math.ts';
import { floatBytes, vectorBytes } from './sizes.ts';

/** The lanes of a vector in memory: the first `count` (1 to 4), `step` bytes apart, from `offset` bytes behind an address on. */
export interface Lanes {
  readonly at: Operand<'i32'>;
  readonly count: number;
  readonly offset?: number;
  /** A float unless said otherwise: lanes that touch. */
  readonly step?: number;
}

/** Lanes that touch lie behind their address: `offset` is not negative. */
export function storeLanes(
  f: Func,
  value: Vector,
  { at, count, offset = 0, step = floatBytes }: Lanes,
): void {
  if (step === floatBytes && count === 4) {
    f.run(v128.store(at, value, { offset }));
    return;
  }
  const kept = f.keep(value, 'kept');
  if (step === floatBytes) {
    if (count >= 2) f.run(v128.store64Lane(at, kept, 0, { offset }));
    const last = count - 1;
    if (count % 2 === 1) f.run(v128.store32Lane(at, kept, last, { offset: offset + last * floatBytes }));
    return;
  }
  for (let lane = 0; lane < count; lane++) {
    const [place, where] = placeBehind(at, offset + lane * step);
    f.run(v128.store32Lane(place, kept, lane, where));
  }
}

/** An address some bytes further: an instruction's offset is never negative. */
export const placeBehind = (address: Operand<'i32'>, bytes: number): [Operand<'i32'>, { offset: number }] =>
  bytes < 0 ? [i32.add(address, bytes), { offset: 0 }] : [address, { offset: bytes }];

/** The lanes behind the last are 0. */
export function loadLanes({ at, count, offset = 0, step = floatBytes }: Lanes): Vector {
  if (count === 4 && step === floatBytes) return v128.load(...placeBehind(at, offset));
  let vector: Vector = v128.load32Zero(...placeBehind(at, offset));
  for (let lane = 1; lane < count; lane++) {
    const [place, where] = placeBehind(at, offset + lane * step);
    vector = v128.load32Lane(place, vector, lane, where);
  }
  return vector;
}

/** All bits of those lanes that are inside. */
export function laneMask(inside: readonly boolean[]): Code<'v128'> {
  const [a, b, c, d] = inside.map((is) => (is ? -1 : 0)) as [number, number, number, number];
  return v128.const4I(a, b, c, d);
}

/** Vectors one behind the other, of which the last may have fewer lanes. */
export interface Row {
  readonly at: Operand<'i32'>;
  readonly offset?: number;
  /** Of all vectors together. */
  readonly lanes: number;
}

export const storeRow = (f: Func, values: readonly Vector[], { at, offset = 0, lanes }: Row): void =>
  values.forEach((value, v) =>
    storeLanes(f, value, { at, count: Math.min(4, lanes - 4 * v), offset: offset + v * vectorBytes }),
  );
