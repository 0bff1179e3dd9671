// A small WebAssembly assembler: instruction functions, functions with structured control flow, modules.
// It writes the binary format and the text format; it does not read either.

export { address, affine, type Term } from './address.ts';
export type { Code, Local, Operand, ResultType, ValueType } from './code.ts';
export type { MemoryLimits } from './definition.ts';
export { Func, type FuncRef } from './func.ts';
export {
  atomic,
  f32,
  f32x4,
  f64,
  f64x2,
  greater,
  i8x16,
  i16x8,
  i32,
  i32x4,
  i64,
  less,
  select,
  v128,
} from './instructions.ts';
export { type Bytes, Module, Scope } from './module.ts';
