// Numbers for cases: from small sets that tails and edges come from, and now and then from wide ranges.

import { Generator, Tensor } from '../../packages/neocog/src/index.ts';

export const pick = <T>(random: Generator, from: readonly T[]): T => from[random.integer(from.length)] as T;

/** A whole number from `least` to `most`. */
export const between = (random: Generator, least: number, most: number): number =>
  least + random.integer(most - least + 1);

/** True once in `n` draws. */
export const oneIn = (random: Generator, n: number): boolean => random.integer(n) === 0;

export const times = <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make);

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Whole numbers from −3 to 3: sums of their products are exact in float32, in any order. */
export function wholeNumbers(seed: number, shape: readonly number[]): Tensor {
  const random = new Generator(seed);
  return new Tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => random.integer(7) - 3),
    shape,
    true,
  );
}

/** Fractions between −1 and 1. */
export function fractions(seed: number, shape: readonly number[]): Tensor {
  const random = new Generator(seed);
  return new Tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => 2 * random.uniform() - 1),
    shape,
    true,
  );
}

/** Each smaller value to try for a size, the smallest first. */
export function smallerSizes(size: number, least: number): number[] {
  const candidates = [least, Math.floor((least + size) / 2), size - 1];
  return [...new Set(candidates)].filter((n) => n >= least && n < size);
}

/** The list with one entry replaced. */
export const replaced = <T>(list: readonly T[], at: number, value: T): T[] =>
  list.map((entry, i) => (i === at ? value : entry));
