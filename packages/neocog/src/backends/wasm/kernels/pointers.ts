// The addresses that a kernel walks with, as parameters and variables of a function: the same handling for every generator.

import { type Func, type FuncRef, i32, type Local, v128 } from '../assembler/index.ts';
import { vectorBytes } from './sizes.ts';

/** Addresses, distances and counts by name. */
export type Pointers<Name extends string = string> = Readonly<Record<Name, Local<'i32'>>>;

/** Where code is made for a shape: the function and its parameters. */
export interface CodeSite<Shape, Name extends string = string> {
  readonly f: Func;
  readonly p: Pointers<Name>;
  readonly s: Shape;
}

/** A function of such. */
export type PointersFunction<Name extends string = string> = FuncRef<Record<Name, 'i32'>, 'void'>;

/** The parameters of a function, for `Module.func`. */
export const i32Params = <Name extends string>(names: readonly Name[]): Record<Name, 'i32'> =>
  Object.fromEntries(names.map((name) => [name, 'i32'])) as Record<Name, 'i32'>;

/** New variables that start where `from` stands, so that `from` stays as it is. */
export function copyPointers<Name extends string>(
  f: Func,
  from: Pointers<Name>,
  names: readonly Name[],
): Pointers<Name> {
  const copies = names.map((name) => {
    return [name, f.keep(from[name], name)];
  });
  return Object.fromEntries(copies) as Pointers<Name>;
}

/** Zeros in whole vectors, from one address until another is reached or passed. */
export function fillZero(f: Func, from: Local<'i32'>, to: Local<'i32'>): void {
  const at = f.keep(from, 'zeroAt');
  f.while(i32.ltU(at, to), () => {
    f.run(v128.store(at, v128.const4F(0, 0, 0, 0)));
    f.increase(at, vectorBytes);
  });
}

/** Zeros in whole vectors, `bytes` of them. */
export function clearBytes(f: Func, from: Local<'i32'>, bytes: number): void {
  const at = f.keep(from, 'zeroAt');
  f.repeat(bytes / vectorBytes, () => {
    f.run(v128.store(at, v128.const4F(0, 0, 0, 0)));
    f.increase(at, vectorBytes);
  });
}

/** Bytes of an entry of a list in scratch memory: two addresses or distances. */
export const entryBytes = 8;

/** Runs `body` for each entry of a list. */
export function overEntries(
  f: Func,
  { list, listEnd }: Pointers<'list' | 'listEnd'>,
  body: (entry: Local<'i32'>) => void,
): void {
  const entry = f.keep(list, 'entry');
  f.while(i32.ne(entry, listEnd), () => {
    body(entry);
    f.increase(entry, entryBytes);
  });
}
