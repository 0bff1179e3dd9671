// How many random cases a test draws: all of them in the first engine, a part of them in the others, which run the same
// code of the library on the same cases.

import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The part of the random cases that this engine draws. */
    readonly part: number;
  }
}

/** `n` cases in the first engine, fewer in the others. */
export const draws = (n: number): number => Math.ceil(n * inject('part'));
