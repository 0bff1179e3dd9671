// Totals in memory: what the results of short float32 blocks are added to. Sums are kept in float64, four lanes in two
// vectors, so that only the blocks round in float32; maxima are kept as they are.

import { type Code, type Func, f32, f32x4, f64, f64x2, type Local, v128 } from '../assembler/index.ts';
import { highDoubles, lowDoubles, toFloats } from '../fused/doubles.ts';
import type { Vector } from '../fused/math.ts';
import { vectorBytes } from './loopNest.ts';

/** Terms in one float32 chain: rounding costs a few units in the last place at most. */
export const blockLength = 64;

/** How the values of a block combine, in float32. */
export const combines: Record<'sum' | 'max', { neutral: number; pair: (a: Vector, b: Vector) => Vector }> = {
  sum: { neutral: 0, pair: f32x4.add },
  max: { neutral: -Infinity, pair: f32x4.max },
};

/** A total of four lanes is some vectors, its words. */
export interface Totals {
  readonly words: number;
  readonly neutral: () => Vector;
  /** Four float32 lanes as words. */
  readonly of: (block: Local<'v128'>) => Vector[];
  /** Combines word by word. */
  readonly pair: (a: Vector, b: Vector) => Vector;
  readonly toLanes: (words: readonly Vector[]) => Vector;
  /** The lanes combined to one number. */
  readonly across: (f: Func, words: readonly Vector[]) => Code<'f32'>;
}

export const totals: Record<'sum' | 'max', Totals> = {
  sum: {
    words: 2,
    neutral: () => v128.const2D(0, 0),
    of: (block) => [lowDoubles(block), highDoubles(block)],
    pair: f64x2.add,
    toLanes: ([low, high]) => toFloats(low, high),
    across: (f, [low, high]) => {
      const sum = f.keep(f64x2.add(low, high), 'across');
      return f32.demoteF64(f64.add(f64x2.extractLane(sum, 0), f64x2.extractLane(sum, 1)));
    },
  },
  max: {
    words: 1,
    neutral: () => v128.const4F(-Infinity, -Infinity, -Infinity, -Infinity),
    of: (block) => [block],
    pair: f32x4.max,
    toLanes: ([max]) => max,
    across: (f, [word]) => {
      const max = f.keep(word, 'across');
      const lane = (i: number) => f32x4.extractLane(max, i);
      return f32.max(f32.max(lane(0), lane(1)), f32.max(lane(2), lane(3)));
    },
  },
};

export const totalBytes = ({ words }: Totals): number => words * vectorBytes;

export const loadTotal = ({ words }: Totals, at: Local<'i32'>, offset = 0): Vector[] =>
  Array.from({ length: words }, (_, i) => v128.load(at, { offset: offset + i * vectorBytes }));

/** Adds a block to the total in memory. */
export function addBlock(f: Func, t: Totals, at: Local<'i32'>, offset: number, block: Local<'v128'>): void {
  const sums = loadTotal(t, at, offset).map((word, i) => t.pair(word, t.of(block)[i]));
  sums.forEach((sum, i) => f.run(v128.store(at, sum, { offset: offset + i * vectorBytes })));
}
