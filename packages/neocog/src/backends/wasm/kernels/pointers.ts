// The addresses that a kernel walks with, as variables of a function: the same handling for every generator.

import { type Func, i32, type Local, v128 } from '../assembler/index.ts';
import { vectorBytes } from './sizes.ts';

/** New variables that start where `from` stands, so that `from` stays as it is. */
export function copyPointers<Name extends string>(
  f: Func,
  from: Readonly<Record<Name, Local<'i32'>>>,
  names: readonly Name[],
): Record<Name, Local<'i32'>> {
  const copies = names.map((name) => {
    const local = f.local('i32', name);
    f.set(local, from[name]);
    return [name, local];
  });
  return Object.fromEntries(copies) as Record<Name, Local<'i32'>>;
}

/** Zeros in whole vectors, from one address until another is reached or passed. */
export function fillZero(f: Func, from: Local<'i32'>, to: Local<'i32'>): void {
  const at = f.keep(from, 'zeroAt');
  f.while(i32.ltU(at, to), () => {
    f.run(v128.store(at, v128.const4F(0, 0, 0, 0)));
    f.increase(at, vectorBytes);
  });
}

/** Bytes of an entry of a list in scratch memory: two addresses or distances. */
export const entryBytes = 8;

/** Runs `body` for each entry of a list. */
export function overEntries(
  f: Func,
  { list, listEnd }: { readonly list: Local<'i32'>; readonly listEnd: Local<'i32'> },
  body: (entry: Local<'i32'>) => void,
): void {
  const entry = f.keep(list, 'entry');
  f.while(i32.ne(entry, listEnd), () => {
    body(entry);
    f.increase(entry, entryBytes);
  });
}
