// What a compiled program is made of: kernels that can do any part of their work, at any time, on any thread.

import type { Func, FuncRef, Local, Module } from '../assembler/index.ts';

/** A function `(…operands, from, to, scratch)`: byte addresses, the units of work to do, and memory of the thread's own. */
export type KernelFunction = FuncRef<Record<string, 'i32'>, 'void'>;

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
  /** Adds the function to a module, with others of its own before it. All names begin with `name`. */
  emit(m: Module, name: string): KernelFunction;
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
export function kernelParams(operands: readonly string[]): Record<string, 'i32'> {
  return Object.fromEntries([...operands, 'from', 'to', 'scratch'].map((name) => [name, 'i32' as const]));
}

/** A kernel's function that does one unit after the other. */
export function unitFunction(
  m: Module,
  name: string,
  operands: readonly string[],
  body: (f: Func, p: Record<string, Local<'i32'>>, unit: Local<'i32'>) => void,
): KernelFunction {
  return m.func(name, kernelParams(operands), (f, p) =>
    f.range('unit', p.from, p.to, 1, (unit) => body(f, p, unit)),
  );
}
