// Kernels that try a machine's threads rather than compute anything.

import {
  address,
  affine,
  atomic,
  type Code,
  type Func,
  f32,
  i32,
  i64,
  type Local,
} from '../packages/neocog/src/backends/wasm/assembler/index.ts';
import { type Kernel, kernelParams } from '../packages/neocog/src/backends/wasm/kernels/kernel.ts';
import type { MachineCode, MachineStep } from '../packages/neocog/src/backends/wasm/machine/index.ts';

type Body = (f: Func, unit: Local<'i32'>, p: Record<string, Local<'i32'>>) => void;

/** A kernel that does `body` for each unit. */
export function kernelOf(
  key: string,
  units: number,
  operands: readonly string[],
  body: Body,
  scratchBytes = 0,
): Kernel {
  return {
    key,
    operands,
    units,
    scratchBytes,
    emit: (scope) =>
      scope.func(kernelParams(operands), (f, p) => {
        const { from, to } = p as Record<string, Local<'i32'>>;
        f.range('unit', from as Code<'i32'>, to as Code<'i32'>, 1, (unit) => body(f, unit, p));
      }),
  };
}

const at = (base: Code<'i32'> | undefined, index: Code<'i32'>): Code<'i32'> =>
  address(base as Code<'i32'>, [index, 4]);

/** y[u] = x[u + 7, around the end] · 0.75 + u, for values that other threads wrote in the step before. */
export const mix = (units: number): Kernel =>
  kernelOf(`mix ${units}`, units, ['x', 'y'], (f, unit, { x, y }) => {
    const from = i32.remU(affine(unit, 7), units);
    f.run(f32.store(at(y, unit), f32.add(f32.mul(f32.load(at(x, from)), 0.75), f32.convertI32S(unit))));
  });

/** What a chain of `mix` makes of zeros. */
export function mixed(units: number, times: number): Float32Array {
  let x = new Float32Array(units);
  for (let i = 0; i < times; i++) {
    const before = x;
    x = x.map((_, u) => Math.fround(Math.fround((before[(u + 7) % units] as number) * 0.75) + u));
  }
  return x;
}

/** A chain of `times` steps between two arrays; the result is in the second if `times` is odd. */
export function mixing(units: number, times: number, small = false): { code: MachineCode; result: number } {
  const addresses = [64, 64 + units * 4];
  const steps = Array.from({ length: times }, (_, i): MachineStep => {
    const [x, y] = i % 2 === 0 ? addresses : [...addresses].reverse();
    return { kernel: mix(units), addresses: [x as number, y as number], small };
  });
  return {
    code: { routines: { mix: steps }, dataBytes: 64 + units * 8 },
    result: addresses[times % 2] as number,
  };
}

/** y[u] = u */
export const count = (units: number): Kernel =>
  kernelOf(`count ${units}`, units, ['y'], (f, unit, { y }) => f.run(i32.store(at(y, unit), unit)));

/**
 * y[u] = u, by way of the thread's scratch memory: there it is kept until all threads, each with one unit, have kept
 * theirs. `word` is a word that is 0 before.
 */
export const meet = (threads: number): Kernel =>
  kernelOf(
    `meet ${threads}`,
    threads,
    ['y', 'word'],
    (f, unit, { y, word, scratch }) => {
      const [own, met] = [scratch as Local<'i32'>, word as Local<'i32'>];
      f.run(i32.store(address(own, 4000), unit));
      const before = f.keep(atomic.add(met, 1), 'before');
      f.loop(() => {
        f.set(before, atomic.load(met));
        return i32.ltS(before, threads);
      });
      f.run(i32.store(at(y, unit), i32.load(address(own, 4000))));
    },
    4004,
  );

/**
 * Two units, for two threads. `mine`: the scratch of thread 0, which waits at its unit until the other has one, and then
 * does nothing; thread 1 does `body`. `flag` is a word that is 0 before.
 */
export const inWorker = (key: string, mine: number, body: (f: Func) => void): Kernel =>
  kernelOf(key, 2, ['flag'], (f, _, { flag, scratch }) => {
    const word = flag as Local<'i32'>;
    f.if(
      i32.eq(scratch as Local<'i32'>, mine),
      () => f.loop(() => i32.eqz(atomic.load(word))),
      () => {
        f.run(atomic.store(word, 1));
        body(f);
      },
    );
  });

/** Out of bounds. */
export const trap = (f: Func): void => f.run(i32.store(-64, 1));

/** Takes so many milliseconds, most of which it sleeps. */
export const nap =
  (milliseconds: number, flag: number) =>
  (f: Func): void => {
    const woken = f.local('i32', 'woken');
    f.set(woken, atomic.wait32(flag, 1, i64.extendI32U(milliseconds * 1e6)));
  };

/** y[u] += 1 */
export const increment = (units: number): Kernel =>
  kernelOf(`increment ${units}`, units, ['y'], (f, unit, { y }) => {
    const address = f.keep(at(y, unit), 'address');
    f.run(i32.store(address, affine(i32.load(address), 1)));
  });

/** Never comes to an end. */
export const hang = (f: Func): void => f.loop(() => i32.const(1));

/** The address of thread 0's scratch behind so much data. */
export const firstScratch = (dataBytes: number): number => Math.ceil((dataBytes + 64) / 128) * 128;
