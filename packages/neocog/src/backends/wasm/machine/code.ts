// What a machine is made from.

import type { Kernel } from '../kernels/kernel.ts';

/** An address in bytes; `tail` is where what grows begins, `beyond` counts from a base that the workplace states for each run. */
export type Address = number | 'tail' | { readonly beyond: number };

export interface MachineStep {
  readonly kernel: Kernel;
  /** One per operand of the kernel, in its order. */
  readonly addresses: readonly Address[];
  /** Units `from` … `to` − 1 instead of all. */
  readonly units?: { readonly from: number; readonly to: number } | undefined;
  /** Not worth sharing: less than a few microseconds in all. Neighbours of this kind run on one thread, with no barrier between. */
  readonly small?: boolean;
}

export const unitsOf = ({ kernel, units }: MachineStep): number =>
  units ? units.to - units.from : kernel.units;

export interface MachineCode {
  /** By name, what to do in order. A step sees everything that the steps before it wrote. */
  readonly routines: Readonly<Record<string, readonly MachineStep[]>>;
  /** Addresses from 0 to here belong to whoever made the code; the machine leaves the first 64 bytes unused. From the base if it floats. */
  readonly dataBytes: number;
  /** Whether it shares its workplace with others: everything but constants lies beyond a base, which may change from run to run. */
  readonly floats?: boolean;
  /** Whether the memory is to have a tail that grows. */
  readonly grows?: boolean;
}
