// Loads and stores of vectors of which only some lanes count, or whose lanes lie apart.

import { address, type Code, type Func, f32x4, i16x8, i32x4, v128 } from '../assembler/index.ts';
import type { Vector } from '../fused/math.ts';
import { floatBytes, vectorBytes } from './sizes.ts';

/** The lanes of a vector in memory: the first `count` (1 to 4), `step` bytes apart, from `offset` bytes behind an address on. */
export interface Lanes {
  readonly at: Code<'i32'>;
  readonly count: number;
  readonly offset?: number;
  /** A float unless said otherwise: lanes that touch. */
  readonly step?: number;
}

export function storeLanes(
  f: Func,
  value: Vector,
  { at, count, offset = 0, step = floatBytes }: Lanes,
): void {
  if (step === floatBytes && count === 4) {
    f.run(v128.store(address(at, offset), value));
    return;
  }
  const kept = f.keep(value, 'kept');
  if (step === floatBytes) {
    if (count >= 2) f.run(v128.store64Lane(address(at, offset), kept, 0));
    const last = count - 1;
    if (count % 2 === 1) f.run(v128.store32Lane(address(at, offset + last * floatBytes), kept, last));
    return;
  }
  for (let lane = 0; lane < count; lane++) {
    f.run(v128.store32Lane(address(at, offset + lane * step), kept, lane));
  }
}

/** The lanes behind the last are 0. */
export function loadLanes({ at, count, offset = 0, step = floatBytes }: Lanes): Vector {
  if (count === 4 && step === floatBytes) return v128.load(address(at, offset));
  let vector: Vector = v128.load32Zero(address(at, offset));
  for (let lane = 1; lane < count; lane++) {
    vector = v128.load32Lane(address(at, offset + lane * step), vector, lane);
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
  readonly at: Code<'i32'>;
  readonly offset?: number;
  /** Of all vectors together. */
  readonly lanes: number;
}

export const storeRow = (f: Func, values: readonly Vector[], { at, offset = 0, lanes }: Row): void =>
  values.forEach((value, v) =>
    storeLanes(f, value, { at, count: Math.min(4, lanes - 4 * v), offset: offset + v * vectorBytes }),
  );

/** 1.5 · 2²³: what is added to it is rounded to a whole number, which then stands in its lowest bits. */
const anchor = 12582912;
const anchorBits = 0x4b400000;

/** Floats that are whole numbers of at most 2²² in magnitude, as such: in two instructions, where a conversion minds all other floats. */
const wholeOf = (floats: Vector): Code<'v128'> =>
  i32x4.sub(
    f32x4.add(floats, v128.const4F(anchor, anchor, anchor, anchor)),
    v128.const4I(anchorBits, anchorBits, anchorBits, anchorBits),
  );

/** Two vectors of floats that are whole numbers of 16 bits, as one. */
export const narrowed = (low: Vector, high: Vector): Code<'v128'> =>
  i16x8.narrowI32x4S(wholeOf(low), wholeOf(high));

/** Vectors of whole numbers of 16 bits, two channels to a word, one behind the other; whole vectors are written. */
export function storePairs(f: Func, values: readonly Vector[], { at, offset = 0 }: Omit<Row, 'lanes'>): void {
  for (let v = 0; v < values.length; v += 2) {
    const place = address(at, offset + (v * vectorBytes) / 2);
    if (v + 1 < values.length) f.run(v128.store(place, narrowed(values[v], values[v + 1])));
    else {
      const last = f.keep(wholeOf(values[v]), 'last');
      f.run(v128.store64Lane(place, i16x8.narrowI32x4S(last, last), 0));
    }
  }
}
