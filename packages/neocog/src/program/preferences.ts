// What compiled programs do unless they are told otherwise; set by `configure`.

import { count, need } from '../arguments/field.ts';

export const preferences = {
  threads: 1,
  exactConvolution: false,
};

/** The threads that a caller asks for, or that were set. @throws ShapeError unless a whole number of 1 or more. */
export function threadsOf(fn: string, threads: number = preferences.threads): number {
  need(fn, 'threads', threads, count);
  return threads;
}
