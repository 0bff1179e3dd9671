// What a machine is made from.

import type { Kernel } from '../kernels/kernel.ts';

export interface MachineStep {
  readonly kernel: Kernel;
  /** In bytes, one per operand of the kernel, in its order; `tail` is where what grows begins. */
  readonly addresses: readonly (number | 'tail')[];
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
  /** Addresses from 0 to here belong to whoever made the code; the machine leaves the first 64 bytes unused. */
  readonly dataBytes: number;
  /** Whether the memory is to have a tail that grows. */
  readonly grows?: boolean;
}
