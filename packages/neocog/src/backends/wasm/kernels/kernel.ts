// What a compiled program is made of: kernels that can do any part of their work, at any time, on any thread.

import { type Code, type Func, i32, type Local, type Scope } from '../assembler/index.ts';
import { i32Params, type Pointers, type PointersFunction } from './pointers.ts';

/** A function `(…operands, from, to, scratch)`: byte addresses, the units of work to do, and memory of the thread's own. */
export type KernelFunction = PointersFunction;

/**
 * Generated code for one job at fixed sizes. Its work is `units` pieces that do not depend on each other: any split over
 * calls, threads and time gives the same bits, so no sum is ever divided between units.
 *
 * Every array that a kernel reads has `slackBytes` of readable memory before and behind it; what lies there is unknown. No
 * address is ever computed that lies further before its array, also where an instruction's offset would bring it back.
 */
export interface Kernel {
  /** Names the code: kernels of equal keys are the same function. It leaves out addresses, and states everything else. */
  readonly key: string;
  /** The addresses that the function takes, by name and in order; `from`, `to` and `scratch` follow them. */
  readonly operands: readonly string[];
  readonly units: number;
  /** What one thread needs to itself while it runs. Nothing is kept there between calls. */
  readonly scratchBytes: number;
  /** Adds the function to a module, with others of its own before it. */
  emit(scope: Scope): KernelFunction;
}

/** A kernel and what it works on. `O` names an array, which the caller has placed. */
export interface Step<O extends string = string> {
  readonly kernel: Kernel;
  /** One per operand of the kernel, in its order. */
  readonly operands: readonly O[];
}

/** Loads may reach this far past the end of an array, and begin this far before it. */
export const slackBytes = 64;

/** The parameters of a kernel's function, for `Module.func`. */
export const kernelParams = (operands: readonly string[]): Record<string, 'i32'> =>
  i32Params([...operands, 'from', 'to', 'scratch']);

/** A kernel's function that does one unit after the other. */
export const unitFunction = (
  scope: Scope,
  operands: readonly string[],
  body: (f: Func, p: Pointers, unit: Local<'i32'>) => void,
): KernelFunction =>
  scope.func(kernelParams(operands), (f, p) => f.range('unit', p.from, p.to, 1, (unit) => body(f, p, unit)));

/** Does what belongs to a number: cases follow each other, each up to its `end`, and the last takes what is left. */
export function inCase(
  f: Func,
  number: Code<'i32'>,
  [first, ...more]: readonly { readonly end: number; body(): void }[],
): void {
  if (more.length === 0) first.body();
  else f.if(i32.ltS(number, first.end), first.body, () => inCase(f, number, more));
}

/** Quotient and remainder by a literal. */
export function divide(f: Func, value: Local<'i32'>, by: number): [Local<'i32'>, Local<'i32'>] {
  const quotient = f.keep(by === 1 ? value : i32.divU(value, by), 'quotient');
  return [quotient, f.keep(by === 1 ? i32.const(0) : i32.remU(value, by), 'remainder')];
}
