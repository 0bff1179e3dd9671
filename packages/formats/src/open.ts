// How every reader begins: its options checked, the bytes at hand, and a budget for what is made of them.

import { Budget, checkLimits, type Limits } from './budget.ts';
import { needBytes, needText, readOptions } from './options.ts';
import { readSource, type Source, sourceName } from './source.ts';

/** What all readers can be told. */
export interface ReadOptions {
  /** What reading may take, where the defaults do not suffice. */
  readonly limits?: Limits | undefined;
}

export interface Opened<T = ReadOptions> {
  readonly bytes: Uint8Array;
  /** Begins errors too. */
  readonly budget: Budget;
  readonly options: T;
}

/** How a loader opens a source or bytes: `fn` is its name, `more` are the options that it has beside `limits`. */
export function opening<T extends ReadOptions>(
  fn: string,
  options: T,
  more: readonly (keyof T & string)[] = [],
) {
  checkLimits(fn, readOptions(fn, options, ['limits', ...more]).limits);
  const open = (bytes: Uint8Array, name: string): Opened<T> => ({
    bytes,
    budget: new Budget(`${fn}: ${name}`, bytes.length, options.limits),
    options,
  });
  return {
    source: async (source: Source) => open(await readSource(fn, source), sourceName(source)),
    /** Bytes that the caller has; `name` says in errors whose they are. */
    bytes: (bytes: Uint8Array, name: string) => open(needBytes(fn, bytes), needText(fn, 'source', name)),
  };
}
