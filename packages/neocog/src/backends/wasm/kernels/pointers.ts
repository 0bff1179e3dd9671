// The addresses that a kernel walks with, as variables of a function: the same handling for every generator.

import type { Func, Local } from '../assembler/index.ts';

export const floatBytes = 4;
export const vectorBytes = 16;

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
