// Squares of 4 × 4 floats turned in registers, and what is stored so: pixels of a few channels into planes.

import { type Func, i8x16, type Local } from '../assembler/index.ts';
import type { Vector } from '../fused/math.ts';
import { storeLanes } from './lanes.ts';

const low = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
const high = low.map((lane) => lane + 8);
/** Of two vectors. */
export const firstHalves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
export const lastHalves = firstHalves.map((lane) => lane + 8);

/** Columns of a 4 × 4 square given by rows. */
export function transposeSquare(f: Func, rows: readonly Vector[]): Vector[] {
  const [a, b, c, d] = rows.map((row) => f.keep(row, 'row'));
  const mixed = [i8x16.shuffle(a, b, low), i8x16.shuffle(c, d, low), i8x16.shuffle(a, b, high)];
  const [ab, cd, abHigh] = mixed.map((code) => f.keep(code, 'mixed'));
  const cdHigh = f.keep(i8x16.shuffle(c, d, high), 'mixed');
  return [
    i8x16.shuffle(ab, cd, firstHalves),
    i8x16.shuffle(ab, cd, lastHalves),
    i8x16.shuffle(abHigh, cdHigh, firstHalves),
    i8x16.shuffle(abHigh, cdHigh, lastHalves),
  ];
}

/** One to four neighbouring pixels, each a vector of channels, of which the first `channels` are stored. */
export interface PlanesPlace {
  readonly channels: number;
  /** Where the first channel of the first pixel goes: bytes behind `y`. */
  readonly y: Local<'i32'>;
  readonly offset: number;
  /** From one plane to the next. */
  readonly plane: number;
}

export function storePlanes(
  f: Func,
  pixels: readonly Vector[],
  { channels, y, offset, plane }: PlanesPlace,
): void {
  const rows = [0, 1, 2, 3].map((i) => pixels[Math.min(i, pixels.length - 1)]);
  transposeSquare(f, rows)
    .slice(0, channels)
    .forEach((value, c) => storeLanes(f, value, { at: y, count: pixels.length, offset: offset + c * plane }));
}
