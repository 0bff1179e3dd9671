// How many cases a test tries: all of them in the first engine, a part of them in the others, which run the same code of the
// library on the same cases.

import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The part of the random cases that this engine draws. */
    readonly part: number;
  }
}

/** Whether this is the first engine. */
export const isFirst = inject('part') === 1;

/** `n` cases in the first engine, fewer in the others. */
export const draws = (n: number): number => Math.ceil(n * inject('part'));

/** All of a list in the first engine, every so many in the others. */
export const some = <T>(list: readonly T[]): T[] => {
  const step = Math.round(1 / inject('part'));
  return list.filter((_, i) => i % step === 0);
};
