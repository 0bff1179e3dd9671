// Seeded random numbers: the same seed gives the same numbers on every engine.
// xoshiro128** 1.1 (Blackman and Vigna, 2018), its state filled by splitmix32 from the seed.

import { seed as aSeed, field, isListOf, isRecord, need, whole } from '../arguments/field.ts';
import { log } from '../expression/elementary.ts';

const bound = field<number>(
  'a whole number from 1 to 2^32',
  (n) => Number.isInteger(n) && (n as number) >= 1 && (n as number) <= 2 ** 32,
);
const length = whole(0);

const rotateLeft = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** Where a generator stands in its stream, as values that JSON keeps. */
export interface GeneratorState {
  /** Four whole numbers of 32 bits, not all 0. */
  readonly words: readonly number[];
  /** A normal number that was drawn and not yet given; null where there is none. */
  readonly spare: number | null;
}

const isWord = (v: unknown): boolean => Number.isInteger(v) && (v as number) >= 0 && (v as number) < 2 ** 32;
export const aGeneratorState = field<GeneratorState>('the result of state() of a Generator', (v) => {
  if (!isRecord(v)) return false;
  const { words, spare } = v;
  const whole = isListOf(words, isWord) && words.length === 4 && words.some((word) => word !== 0);
  return whole && (spare === null || Number.isFinite(spare));
});

/** A stream of random numbers. Two generators with the same seed give the same stream. */
export class Generator {
  #state = new Uint32Array(4);
  #spareNormal: number | null = null;

  /** @throws ShapeError if `seed` is not a whole number. */
  constructor(seed = 0) {
    need('Generator', 'seed', seed, aSeed);
    let x = (seed ^ Math.trunc(seed / 2 ** 32)) >>> 0;
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e3779b9) >>> 0;
      let z = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.#state[i] = z ^ (z >>> 15);
    }
  }

  /** Where it stands, for `restore`; a copy. */
  state(): GeneratorState {
    return { words: [...this.#state], spare: this.#spareNormal };
  }

  /** Goes on where another generator stood. @throws ShapeError for anything but what `state` gave. */
  restore(state: GeneratorState): void {
    need('Generator.restore', 'state', state, aGeneratorState);
    this.#state.set(state.words);
    this.#spareNormal = state.spare;
  }

  /** 32 random bits, as a whole number from 0 to 2^32 − 1. */
  bits(): number {
    const s = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** Uniform in [0, 1), a multiple of 2^−24 and so exact in float32. */
  uniform(): number {
    return (this.bits() >>> 8) * 2 ** -24;
  }

  /** Uniform over the whole numbers 0 … n − 1, without bias. */
  integer(n: number): number {
    need('Generator.integer', 'n', n, bound);
    const limit = 2 ** 32 - (2 ** 32 % n);
    let x = this.bits();
    while (x >= limit) x = this.bits();
    return x % n;
  }

  /** Standard normal, by Marsaglia's polar method. */
  normal(): number {
    if (this.#spareNormal !== null) {
      const spare = this.#spareNormal;
      this.#spareNormal = null;
      return spare;
    }
    let u = 0;
    let v = 0;
    let s = 0;
    while (s === 0 || s >= 1) {
      u = 2 * this.uniform() - 1;
      v = 2 * this.uniform() - 1;
      s = u * u + v * v;
    }
    const scale = Math.sqrt((-2 * log(s)) / s);
    this.#spareNormal = v * scale;
    return u * scale;
  }

  /** The numbers 0 … n − 1 in random order (Fisher–Yates). */
  permutation(n: number): Int32Array {
    need('Generator.permutation', 'n', n, length);
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}

/** One for all who draw without a generator of their own; `manualSeed` replaces it. */
let shared = new Generator(0);

/** The generator that is used where none is given: initialisers, dropout, `rand`. */
export const defaultGenerator = (): Generator => shared;

/** Starts the default generator afresh, so that what follows repeats. */
export function manualSeed(seed: number): Generator {
  shared = new Generator(seed);
  return shared;
}
