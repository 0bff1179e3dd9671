// From steps to one WebAssembly module: every distinct kernel once, and a function per routine.

import { assert } from '../../../errors.ts';
import { type Bytes, Module, Scope } from '../assembler/index.ts';
import type { Kernel, KernelFunction } from '../kernels/kernel.ts';
import type { MachineCode, MachineStep } from './code.ts';
import type { Layout } from './layout.ts';
import { phasesOf } from './phases.ts';
import { emitRoutine, type KernelFunctions } from './routine.ts';
import { emitSharing } from './sharing.ts';

/** A routine as JavaScript finds it. */
export interface Routine {
  /** Its place among the routines, and the name of its function: `routine0`, `routine1`, …. */
  readonly index: number;
  /** How many steps each phase has. */
  readonly phases: readonly number[];
  readonly pieces: number;
}

export interface Assembled {
  readonly bytes: Bytes;
  readonly routines: ReadonlyMap<string, Routine>;
  /** The listing, after a line for each kernel and routine that says what it is. */
  text(): string;
}

/** The same as threads can run it. */
export interface Loaded {
  readonly layout: Layout;
  readonly assembled: Assembled;
  readonly module: WebAssembly.Module;
}

export const routineName = (index: number): string => `routine${index}`;

/** @param options.names for debuggers, in the code */
export function assemble(code: MachineCode, layout: Layout, options?: { names: boolean }): Assembled {
  const { m, routines } = emit(code, layout, false);
  const text = (): string => {
    const listed = emit(code, layout, true);
    return listed.legend.join('') + listed.m.text();
  };
  return { bytes: m.encode(options), routines, text };
}

/** @param listed whether the module is to be read as text */
function emit(code: MachineCode, layout: Layout, listed: boolean) {
  const m = new Module({ listed });
  const { pages, mostPages, threads, shared } = layout;
  m.memory('env', 'memory', { initial: pages, maximum: mostPages, shared });
  const legend: string[] = [];
  const kernels = emitKernels(m, Object.values(code.routines).flat(), legend);
  const sharing = shared ? emitSharing(m, layout.control) : null;
  const routines = new Map<string, Routine>();
  for (const [name, steps] of Object.entries(code.routines)) {
    const index = routines.size;
    const phases = phasesOf(steps.map(placedAt(layout)), threads);
    emitRoutine(m, routineName(index), phases, kernels, sharing);
    routines.set(name, {
      index,
      phases: phases.map(({ steps }) => steps.length),
      pieces: phases.reduce((sum, phase) => sum + phase.pieces, 0),
    });
    legend.push(`;; ${routineName(index)}: ${name}\n`);
  }
  return { m, routines, legend };
}

/** A step whose addresses are all known. */
const placedAt =
  ({ tail }: Layout) =>
  (step: MachineStep): MachineStep => ({
    ...step,
    addresses: step.addresses.map((address) => (address === 'tail' ? tail : address)),
  });

/** The first kernel of a key stands for all. Names have the same length, so that none is the beginning of another. */
function emitKernels(m: Module, steps: readonly MachineStep[], legend: string[]): KernelFunctions {
  const byKey = new Map<string, KernelFunction>();
  for (const { kernel, addresses } of steps) {
    checkStep(kernel, addresses);
    if (byKey.has(kernel.key)) continue;
    const name = `kernel${String(byKey.size).padStart(4, '0')}`;
    byKey.set(kernel.key, kernel.emit(new Scope(m, name)));
    legend.push(`;; ${name}: ${kernel.key}\n`);
  }
  return (kernel) => byKey.get(kernel.key) as KernelFunction;
}

function checkStep({ key, operands, units }: Kernel, addresses: MachineStep['addresses']): void {
  const [given, needed] = [addresses.length, operands.length];
  assert(needed === given, `${key}: ${given} addresses, needs ${needed}`);
  assert(Number.isInteger(units) && units >= 0, `${key}: ${units} units`);
}
