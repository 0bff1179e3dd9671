// A routine as a WebAssembly function: the kernels' calls in order, with addresses as literals.

import {
  affine,
  type Code,
  type Func,
  type FuncRef,
  i32,
  type Local,
  type Module,
  type Operand,
  select,
} from '../assembler/index.ts';
import type { Kernel, KernelFunction } from '../kernels/kernel.ts';
import { type Address, type MachineStep, unitsOf } from './code.ts';
import type { Phase } from './phases.ts';
import type { Sharing } from './sharing.ts';

/**
 * Does phases `from` … `to` − 1, at least one, of the job whose first piece is number `job`, or as much of them as other
 * threads leave, with `scratch` as the thread's own memory and `base` where addresses beyond it count from. Not 0 when all of it is done. 0 after waiting in vain for
 * another thread: call it again, it goes on where things stand.
 */
export type RoutineFunction = FuncRef<typeof params, 'i32'>;

/** The function that a kernel became. */
export type KernelFunctions = (kernel: Kernel) => KernelFunction;

const params = { job: 'i32', scratch: 'i32', from: 'i32', to: 'i32', base: 'i32' } as const;

/** @param sharing null for one thread, which does all pieces itself */
export function emitRoutine(
  m: Module,
  name: string,
  phases: readonly Phase[],
  kernels: KernelFunctions,
  sharing: Sharing | null,
): RoutineFunction {
  return m.func(
    name,
    params,
    (f, p) => {
      const emitter = new RoutineEmitter(f, kernels, p);
      // How many phases from `from` on are wanted; 0 makes all that follow be left out.
      const count = f.keep(affine(p.to, [p.from, -1]), 'count');
      let end = 0;
      phases.forEach((phase, index) => {
        end += phase.pieces;
        f.if(i32.ltU(affine(index, [p.from, -1]), count), () => {
          if (!sharing) emitter.alone(phase);
          else f.set(count, select(count, i32.const(0), emitter.shared(phase, affine(p.job, end), sharing)));
        });
      });
      return count;
    },
    { export: true },
  );
}

class RoutineEmitter {
  readonly #f: Func;
  readonly #kernels: KernelFunctions;
  readonly #memory: Record<'scratch' | 'base', Local<'i32'>>;
  readonly #piece: Local<'i32'>;
  readonly #left: Local<'i32'>;
  readonly #end: Local<'i32'>;
  readonly #unit: Local<'i32'>;

  constructor(f: Func, kernels: KernelFunctions, memory: Record<'scratch' | 'base', Local<'i32'>>) {
    this.#f = f;
    this.#kernels = kernels;
    this.#memory = memory;
    this.#piece = f.local('i32', 'piece');
    this.#left = f.local('i32', 'left');
    this.#end = f.local('i32', 'end');
    this.#unit = f.local('i32', 'unit');
  }

  /** All pieces, one after the other. */
  alone(phase: Phase): void {
    const piece = this.#piece;
    this.#f.set(piece, 0);
    this.#f.loop(() => {
      this.#do(phase);
      this.#f.increase(piece, 1);
      return i32.ltS(piece, phase.pieces);
    });
  }

  /** Pieces as long as there are any; then waits for those that others took. 0 if in vain. */
  shared(phase: Phase, firstAfter: Code<'i32'>, sharing: Sharing): Code<'i32'> {
    const [f, left, end] = [this.#f, this.#left, this.#end];
    f.set(end, firstAfter);
    f.loop(() => {
      f.set(left, f.call(sharing.take, { end }));
      f.if(left, () => {
        f.set(this.#piece, affine(left, phase.pieces));
        this.#do(phase);
        f.run(f.call(sharing.finish, { end }));
      });
      return left;
    });
    return f.call(sharing.await, { end });
  }

  /** A phase of one piece is all units of all its steps. */
  #do({ steps, pieces }: Phase): void {
    for (const step of steps) {
      const units = unitsOf(step);
      if (units === 0) continue;
      if (pieces === 1) this.#call(step, 0, units);
      else this.#callPart(step, units, pieces);
    }
  }

  /** Pieces as equal as possible, the larger ones first: what is waited for is one of the last. */
  #callPart(step: MachineStep, units: number, pieces: number): void {
    const [piece, unit] = [this.#piece, this.#unit];
    const [each, larger] = [Math.floor(units / pieces), units % pieces];
    const first = affine([piece, each]);
    const isLarger = i32.ltS(piece, larger);
    const before = affine(first, select(piece, i32.const(larger), isLarger));
    this.#f.set(unit, larger === 0 ? first : before);
    const after = affine(unit, each);
    this.#call(step, unit, larger === 0 ? after : affine(after, isLarger));
  }

  #call({ kernel, addresses, units }: MachineStep, first: Operand<'i32'>, last: Operand<'i32'>): void {
    const [from, to] = units ? [affine(first, units.from), affine(last, units.from)] : [first, last];
    const { scratch } = this.#memory;
    const operands = Object.fromEntries(kernel.operands.map((name, i) => [name, this.#at(addresses[i])]));
    this.#f.run(this.#f.call(this.#kernels(kernel), { ...operands, from, to, scratch }));
  }

  #at(address: Address): Operand<'i32'> {
    if (typeof address === 'object') return affine(this.#memory.base, address.beyond);
    return address as number;
  }
}
