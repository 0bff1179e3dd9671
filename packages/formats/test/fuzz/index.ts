// Damaged files of every format that is read here, as a fuzzer wants them: seeds, a mutator and a runner for each, without a
// test runner, the same for the same seed on every machine.
//
//   for (const format of fuzzedFormats) {
//     const { name, bytes } = damaged(format, 42); // the 42nd damaged file of this format
//     const outcome = await format.run(bytes);     // 'ok', or the NeocogError that refused the file or its forward pass
//   }
//
// Whatever else `run` throws is a fault of the library, and so is a file that takes longer than `slowest` milliseconds or
// more memory than `largest` bytes beyond what the process had. `ts` files: run it with Node 24 after `npx tsc -b`, or through
// Vitest. fuzz.node.test.ts runs a few thousand; FUZZ_RUNS and FUZZ_SEED widen the search.

import { NeocogError } from 'neocog';
import { mutateBytes } from './bytes.ts';
import { kinds } from './formats.ts';
import { pick, type Random, randomFrom } from './random.ts';

export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface FuzzedFormat {
  readonly name: string;
  /** Small files that load. */
  readonly seeds: readonly Seed[];
  /** One kind of damage, to bytes or to what they say; `other` is a further file of this format. */
  readonly mutate: (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;
  /** Loads the file, and runs the network in it once. @throws What is no NeocogError: a fault. */
  readonly run: (bytes: Uint8Array) => Promise<'ok' | NeocogError>;
}

/** In milliseconds: far above what any of these files takes, below what hangs. */
export const slowest = 5000;
/** In bytes. */
export const largest = 2 ** 30;

export const fuzzedFormats: readonly FuzzedFormat[] = kinds.map(({ load, ...kind }) => ({
  ...kind,
  run: async (bytes) => {
    try {
      await load(bytes);
      return 'ok';
    } catch (error) {
      if (error instanceof NeocogError) return error;
      throw error;
    }
  },
}));

/** Damage on damage reaches what the first alone does not, and ends sooner. */
const mostDamage = 3;

/** The `number`-th damaged file of a format. */
export function damaged(format: FuzzedFormat, number: number): Seed {
  const random = randomFrom(Math.imul(number + 1, 0x9e3779b1));
  const seed = pick(random, format.seeds);
  let { bytes } = seed;
  for (let i = 1 + random(mostDamage); i > 0; i--) {
    const other = pick(random, format.seeds).bytes;
    bytes = bytes.length === 0 ? mutateBytes(bytes, random, other) : format.mutate(bytes, random, other);
  }
  return { name: `${format.name} ${number}: ${seed.name}`, bytes };
}
