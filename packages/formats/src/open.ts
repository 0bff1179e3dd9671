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

/** Reads `source`; `more` are options beside `limits`. */
export async function openSource<T extends ReadOptions>(
  fn: string,
  source: Source,
  options: T,
  more: readonly (keyof T & string)[] = [],
): Promise<Opened<T>> {
  checkOptions(fn, options, more);
  return open(fn, await readSource(fn, source), sourceName(source), options);
}

/** The same for bytes that the caller has; `name` says in errors whose they are. */
export function openBytes<T extends ReadOptions>(
  fn: string,
  bytes: Uint8Array,
  name: string,
  options: T,
  more: readonly (keyof T & string)[] = [],
): Opened<T> {
  checkOptions(fn, options, more);
  return open(fn, needBytes(fn, bytes), needText(fn, 'source', name), options);
}

function checkOptions<T extends ReadOptions>(fn: string, options: T, more: readonly string[]): void {
  checkLimits(fn, readOptions(fn, options, ['limits', ...more]).limits);
}

const open = <T extends ReadOptions>(fn: string, bytes: Uint8Array, name: string, options: T): Opened<T> => ({
  bytes,
  budget: new Budget(`${fn}: ${name}`, bytes.length, options.limits),
  options,
});
