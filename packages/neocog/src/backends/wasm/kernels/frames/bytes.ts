// Vectors of bytes and what is computed of them in whole numbers: sums of weighed bytes, which Pillow has in 22 bits behind the
// point. A weight is two halves of 16 bits, since the one instruction that multiplies and adds pairs takes such; what it gives is
// added up for either half, and put together at the end. Overflows of 32 bits on the way leave nothing wrong behind.

import { weightBits } from '../../../../geometry/frames/weights.ts';
import {
  address,
  type Code,
  type Func,
  i8x16,
  i16x8,
  i32x4,
  type Local,
  v128,
} from '../../assembler/index.ts';
import type { Vector } from '../../fused/math.ts';
import { pairBytes } from './shape.ts';

/** The index of a byte that is to be 0. */
const none = 0x80;

/** Bytes of a vector by their places; null is 0. */
export function pickBytes(f: Func, bytes: Vector, places: readonly (number | null)[]): Code<'v128'> {
  const words = new Int32Array(Uint8Array.from(places, (place) => place ?? none).buffer);
  const [a, b, c, d] = words as unknown as [number, number, number, number];
  return i8x16.swizzle(bytes, f.constant(v128.const4I(a, b, c, d), 'places'));
}

/** Bytes as words of 16 bits. */
export const pickWords = (f: Func, bytes: Vector, places: readonly (number | null)[]): Code<'v128'> =>
  pickBytes(
    f,
    bytes,
    places.flatMap((place) => [place, null]),
  );

/** Four sums of either half. */
export interface HalfSums {
  readonly high: Local<'v128'>;
  readonly low: Local<'v128'>;
}

/** What is added before the bits behind the point are cut off. */
const half = 2 ** (weightBits - 1);

export function startSums(f: Func, count: number): HalfSums[] {
  const [zero, middle] = [0, half].map((x) => f.constant(v128.const4I(x, x, x, x), 'start'));
  return Array.from({ length: count }, () => ({ high: f.keep(zero, 'high'), low: f.keep(middle, 'low') }));
}

/** Adds the products of pairs of words with a pair of weights. */
export function addPairs(f: Func, { high, low }: HalfSums, pairs: Vector, weights: HalfSums): void {
  f.set(high, i32x4.add(high, i32x4.dotI16x8S(pairs, weights.high)));
  f.set(low, i32x4.add(low, i32x4.dotI16x8S(pairs, weights.low)));
}

/** The weights of a pair, in all lanes. */
export function pairWeights(f: Func, at: Code<'i32'>): HalfSums {
  const [high, low] = [0, pairBytes / 2].map((offset) =>
    f.keep(v128.load32Splat(address(at, offset)), 'weights'),
  );
  return { high, low };
}

/** Sums that began as `startSums`, as whole numbers; those below 0 and above 255 are cut where they become bytes. */
export const roundedSums = (high: Vector, low: Vector): Code<'v128'> =>
  i32x4.shrS(i32x4.add(i32x4.shl(high, 16), low), weightBits);

/** Sixteen numbers as bytes. */
export const toBytes = ([a, b, c, d]: readonly Vector[]): Code<'v128'> =>
  i8x16.narrowI16x8U(i16x8.narrowI32x4S(a, b), i16x8.narrowI32x4S(c, d));

/** Four numbers and four more as bytes, in two words of four and again in the other two. */
export function eightBytes(f: Func, first: Vector, second: Vector): Code<'v128'> {
  const words = f.keep(i16x8.narrowI32x4S(first, second), 'words');
  return i8x16.narrowI16x8U(words, words);
}
