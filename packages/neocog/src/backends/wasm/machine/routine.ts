// A routine as a WebAssembly function: the kernels' calls in order, with addresses as literals.

import {
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
import type { MachineStep } from './code.ts';
import type { Phase } from './phases.ts';
import type { Sharing } from './sharing.ts';

/**
 * Does phases `from` … `to` − 1 of the job whose first piece is number `job`, or as much of them as other threads leave,
 * with `scratch` as the thread's own memory. 1 when all of it is done. 0 after waiting in vain for another thread: call
 * it again, it goes on where things stand.
 */
export type RoutineFunction = FuncRef<{ job: 'i32'; scratch: 'i32'; from: 'i32'; to: 'i32' }, 'i32'>;

/** The function that a kernel became. */
export type KernelFunctions = (kernel: Kernel) => KernelFunction;

const params = { job: 'i32', scratch: 'i32', from: 'i32', to: 'i32' } as const;

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
      const ok = f.keep(i32.const(1), 'ok');
      const piece = f.local('i32', 'piece');
      let end = 0;
      phases.forEach((phase, index) => {
        end += phase.pieces;
        const wanted = i32.and(i32.leS(p.from, index), i32.gtS(p.to, index));
        f.if(i32.and(ok, wanted), () => {
          const run = (): void => emitPiece(f, phase, piece, kernels, p.scratch);
          if (sharing) f.set(ok, shared(f, sharing, phase, i32.add(p.job, end), piece, run));
          else alone(f, phase, piece, run);
        });
      });
      return ok;
    },
    { export: true },
  );
}

function alone(f: Func, { pieces }: Phase, piece: Local<'i32'>, run: () => void): void {
  f.set(piece, 0);
  f.repeat(pieces, () => {
    run();
    f.increase(piece, 1);
  });
}

/** Does pieces as long as there are any, then waits for those that others took. */
function shared(
  f: Func,
  sharing: Sharing,
  { pieces }: Phase,
  end: Operand<'i32'>,
  piece: Local<'i32'>,
  run: () => void,
): Operand<'i32'> {
  const left = f.local('i32', 'left');
  f.loop(() => {
    f.set(left, f.call(sharing.take, { end }));
    f.if(left, () => {
      f.set(piece, i32.add(left, pieces));
      run();
      f.run(f.call(sharing.finish, { end }));
    });
    return left;
  });
  return f.call(sharing.await, { end });
}

/** A phase of one piece is all units of all its steps. */
function emitPiece(
  f: Func,
  { steps, pieces }: Phase,
  piece: Local<'i32'>,
  kernels: KernelFunctions,
  scratch: Local<'i32'>,
): void {
  for (const step of steps) {
    const { units } = step.kernel;
    if (units === 0) continue;
    const first = (i: Code<'i32'>): Code<'i32'> => firstUnit(i, units, pieces);
    const [from, to] = pieces === 1 ? [0, units] : [first(piece), first(i32.add(piece, 1))];
    callKernel(f, step, kernels(step.kernel), { from, to, scratch });
  }
}

/** Pieces as equal as possible, the larger ones first: they are taken in order, and the last is the one waited for. */
function firstUnit(piece: Code<'i32'>, units: number, pieces: number): Code<'i32'> {
  const [each, larger] = [Math.floor(units / pieces), units % pieces];
  const equal = i32.mul(piece, each);
  return larger === 0 ? equal : i32.add(equal, select(piece, i32.const(larger), i32.ltS(piece, larger)));
}

function callKernel(
  f: Func,
  { kernel, addresses }: MachineStep,
  ref: KernelFunction,
  work: Record<'from' | 'to' | 'scratch', Operand<'i32'>>,
): void {
  const operands = Object.fromEntries(kernel.operands.map((name, i) => [name, addresses[i] ?? 0]));
  f.run(f.call(ref, { ...operands, ...work }));
}
