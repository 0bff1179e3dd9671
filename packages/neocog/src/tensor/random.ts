// Seeded random numbers: the same seed gives the same numbers on every engine.
// xoshiro128** 1.1 (Blackman and Vigna, 2018), its state filled by splitmix32 from the seed.

import {
  seed as aSeed,
  atLeast,
  field,
  finite,
  isListOf,
  isRecord,
  need,
  whole,
} from '../arguments/field.ts';
import { normalFrom, normalsFrom } from './ziggurat.ts';

const bound = field<number>(
  'a whole number from 1 to 2^32',
  (n) => Number.isInteger(n) && (n as number) >= 1 && (n as number) <= 2 ** 32,
);
const length = whole(0);
const floats = field<Float32Array>('a Float32Array', (v) => v instanceof Float32Array);

/** Words that are drawn at once. */
const blockSize = 1024;

const rotateLeft = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
/** What is given of a state: of its second word. */
const scramble = (word: number): number => Math.imul(rotateLeft(Math.imul(word, 5), 7), 9);

/** Where a generator stands in its stream, as values that JSON keeps. */
export interface GeneratorState {
  /** Four whole numbers of 32 bits, not all 0. */
  readonly words: readonly number[];
}

const isWord = (v: unknown): boolean => Number.isInteger(v) && (v as number) >= 0 && (v as number) < 2 ** 32;
export const aGeneratorState = field<GeneratorState>('the result of state() of a Generator', (v) => {
  if (!isRecord(v)) return false;
  const { words } = v;
  return isListOf(words, isWord) && words.length === 4 && words.some((word) => word !== 0);
});

/** A stream of random numbers. Two generators with the same seed give the same stream. */
export class Generator {
  #state = new Uint32Array(4);

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
    return { words: [...this.#state] };
  }

  /** Goes on where another generator stood. @throws ShapeError for anything but what `state` gave. */
  restore(state: GeneratorState): void {
    need('Generator.restore', 'state', state, aGeneratorState);
    this.#state.set(state.words);
  }

  /** 32 random bits, as a whole number from 0 to 2^32 − 1. */
  bits(): number {
    const s = this.#state;
    const result = scramble(s[1]) >>> 0;
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

  /** Standard normal, by the ziggurat. */
  normal(): number {
    return normalFrom(() => this.bits());
  }

  /**
   * Fills an array with uniform numbers, those that `uniform` would give one by one, from `low` to `high` instead of 0 to 1.
   *
   * @throws ShapeError for what is no Float32Array, and for bounds that are not finite.
   */
  fillUniform(data: Float32Array, low = 0, high = 1): void {
    need('Generator.fillUniform', 'data', data, floats);
    need('Generator.fillUniform', 'low', low, finite);
    need('Generator.fillUniform', 'high', high, finite);
    const step = (high - low) * 2 ** -24;
    for (let i = 0; i < data.length; ) {
      const block = this.#block(data.length - i);
      for (let j = 0; j < block.length; j++) data[i++] = low + (block[j] >>> 8) * step;
    }
  }

  /**
   * Fills an array with normal numbers, those that `normal` would give one by one, times `std` plus `mean`.
   *
   * @throws ShapeError for what is no Float32Array, a mean that is not finite, and a negative std.
   */
  fillNormal(data: Float32Array, mean = 0, std = 1): void {
    need('Generator.fillNormal', 'data', data, floats);
    need('Generator.fillNormal', 'mean', mean, finite);
    need('Generator.fillNormal', 'std', std, atLeast(0));
    const normals = new Float64Array(blockSize);
    const words = (): number => this.bits();
    for (let i = 0; i < data.length; ) {
      const count = normalsFrom(this.#block(data.length - i), words, normals);
      for (let j = 0; j < count; j++) data[i++] = mean + std * normals[j];
    }
  }

  /** The next words of `bits`, some of as many as are wanted. */
  #block(wanted: number): Int32Array {
    const block = new Int32Array(Math.min(wanted, blockSize));
    let [a, b, c, d] = this.#state;
    for (let i = 0; i < block.length; i++) {
      block[i] = scramble(b);
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = rotateLeft(d, 11);
    }
    this.#state.set([a, b, c, d]);
    return block;
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

/** Runs `body` (synchronous) with another default generator. */
export function withGenerator<T>(generator: Generator, body: () => T): T {
  const before = shared;
  shared = generator;
  try {
    return body();
  } finally {
    shared = before;
  }
}
