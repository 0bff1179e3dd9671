// Totals in memory: what the results of short blocks are added to. Sums are kept in float64, four lanes in two vectors, so
// that only the blocks round in float32; those of a mean do not either. Maxima are kept as they are.

import type { Combine } from '../../../workParts.ts';
import {
  address,
  type Code,
  type Func,
  f32,
  f32x4,
  f64,
  f64x2,
  type Local,
  v128,
} from '../../assembler/index.ts';
import { highDoubles, lowDoubles, toFloats } from '../../fused/doubles.ts';
import type { Vector } from '../../fused/math.ts';
import { vectorBytes } from '../sizes.ts';

/** Terms in one float32 chain: rounding costs a few units in the last place at most. */
export const blockLength = 64;

/** How the values of a block combine in registers; four of them are some words. */
export interface Chain {
  /** What lanes count as that are no values. */
  readonly neutral: number;
  readonly start: () => Vector[];
  readonly of: (value: Local<'v128'>) => Vector[];
  /** Combines word by word. */
  readonly pair: (a: Vector, b: Vector) => Vector;
}

const floats = (neutral: number, pair: Chain['pair']): Chain => ({
  neutral,
  start: () => [v128.const4F(neutral, neutral, neutral, neutral)],
  of: (value) => [value],
  pair,
});

const doubles: Chain = {
  neutral: 0,
  start: () => [v128.const2D(0, 0), v128.const2D(0, 0)],
  of: (value) => [lowDoubles(value), highDoubles(value)],
  pair: f64x2.add,
};

const chains: Record<Combine, Chain> = {
  sum: floats(0, f32x4.add),
  mean: doubles,
  max: floats(Number.NEGATIVE_INFINITY, f32x4.max),
};

/** @param long whether sums are float64 all the way */
export const chainOf = (combine: Combine, long: boolean): Chain =>
  combine === 'sum' && long ? doubles : chains[combine];

/** A total of four lanes is some vectors, its words. */
export interface Totals {
  readonly words: number;
  readonly neutral: () => Vector;
  /** The words of a block's chain as those of a total. */
  readonly of: (block: readonly Local<'v128'>[]) => Vector[];
  /** Combines word by word. */
  readonly pair: (a: Vector, b: Vector) => Vector;
  readonly toLanes: (words: readonly Vector[]) => Vector;
  /** The lanes combined to one number. */
  readonly across: (f: Func, words: readonly Vector[]) => Code<'f32'>;
}

const sums: Totals = {
  words: 2,
  neutral: () => v128.const2D(0, 0),
  of: ([block]) => [lowDoubles(block), highDoubles(block)],
  pair: f64x2.add,
  toLanes: ([low, high]) => toFloats(low, high),
  across: (f, words) => f32.demoteF64(sumAcross(f, words)),
};

const maxima: Totals = {
  words: 1,
  neutral: () => v128.const4F(-Infinity, -Infinity, -Infinity, -Infinity),
  of: (block) => [...block],
  pair: f32x4.max,
  toLanes: ([max]) => max,
  across: (f, [word]) => {
    const max = f.keep(word, 'across');
    const lane = (i: number) => f32x4.extractLane(max, i);
    return f32.max(f32.max(lane(0), lane(1)), f32.max(lane(2), lane(3)));
  },
};

/** Sums of `count` values each, divided before they are rounded. */
const means = (count: number): Totals => {
  const divisor = v128.const2D(count, count);
  const share = (word: Vector): Vector => f64x2.div(word, divisor);
  return {
    ...sums,
    of: (block) => [...block],
    toLanes: ([low, high]) => toFloats(share(low), share(high)),
    across: (f, words) => f32.demoteF64(f64.div(sumAcross(f, words), f64x2.extractLane(divisor, 0))),
  };
};

function sumAcross(f: Func, [low, high]: readonly Vector[]): Code<'f64'> {
  const sum = f.keep(f64x2.add(low, high), 'across');
  return f64.add(f64x2.extractLane(sum, 0), f64x2.extractLane(sum, 1));
}

/** How totals of `count` values each are kept, whose chains are those of `chainOf`. */
export function totalsOf(combine: Combine, count: number, long: boolean): Totals {
  if (combine === 'max') return maxima;
  if (combine === 'mean') return means(count);
  return long ? { ...sums, of: (block) => [...block] } : sums;
}

export const totalBytes = ({ words }: Totals): number => words * vectorBytes;

export const loadTotal = ({ words }: Totals, at: Local<'i32'>, offset = 0): Vector[] =>
  Array.from({ length: words }, (_, i) => v128.load(address(at, offset + i * vectorBytes)));

/** Adds a block to the total in memory, `offset` bytes behind `at`. */
export function addBlock(
  { f, totals: t }: { f: Func; totals: Totals },
  block: readonly Local<'v128'>[],
  { at, offset }: { at: Local<'i32'>; offset: number },
): void {
  const added = t.of(block);
  const totals = loadTotal(t, at, offset).map((word, i) => t.pair(word, added[i]));
  totals.forEach((sum, i) => f.run(v128.store(address(at, offset + i * vectorBytes), sum)));
}
