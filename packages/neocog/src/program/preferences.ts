// What compiled programs do unless they are told otherwise; set by `configure`.

import { ShapeError } from '../errors.ts';

export const preferences = {
  threads: 1,
  exactConvolution: false,
};

/** The threads that a caller asks for, or that were set. @throws ShapeError unless a whole number of 1 or more. */
export function threadsOf(fn: string, threads: number = preferences.threads): number {
  if (Number.isInteger(threads) && threads >= 1) return threads;
  throw new ShapeError(`${fn}: threads is ${String(threads)}, a whole number of 1 or more is needed`);
}
