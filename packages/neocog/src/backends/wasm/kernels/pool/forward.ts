// What pooling does with the taps of a window: the largest, with or without its position, or their sum.

import { type Func, f32x4, i32x4, type Local, type Scope, v128 } from '../../assembler/index.ts';
import type { Engine } from '../../engine.ts';
import { splat } from '../../fused/math.ts';
import type { KernelFunction } from '../kernel.ts';
import type { Block } from '../loops/loopNestCode.ts';
import type { PoolCode } from './plane.ts';
import { emitWindows, type Window, type WindowCode } from './walk.ts';

const perVector = (f: Func, block: Block, name: string): Local<'v128'>[] =>
  Array.from({ length: block.vectors }, () => f.local('v128', name));

export const emitMaxPool = (scope: Scope, code: PoolCode): KernelFunction =>
  emitWindows(scope, code, (f, window) =>
    code.operands.includes('indices') ? maxWithIndices(f, window, code.engine) : maxOnly(f, window),
  );

/** The maximum by one instruction that loses NaN, and where a NaN was in a mask, whose set bits are a NaN again. */
function maxOnly(f: Func, { block }: Window): WindowCode {
  const [best, broken] = [perVector(f, block, 'best'), perVector(f, block, 'broken')];
  for (const local of best) f.set(local, splat(f, -Infinity));
  for (const local of broken) f.set(local, splat(f, 0));
  return {
    tap: (v, value) => {
      const x = f.keep(value, 'x');
      f.set(best[v], f32x4.pmax(best[v], x));
      f.set(broken[v], v128.or(broken[v], f32x4.ne(x, x)));
    },
    rest: () => {},
    results: (v) => [v128.or(best[v], broken[v])],
  };
}

/**
 * A cell replaces the best so far if it is larger or NaN, so the first maximum wins and the last NaN wins over all. A
 * window starts from −inf at its first real cell, which it keeps if all of it is −inf.
 */
function maxWithIndices(f: Func, { block, firstCell }: Window, engine: Engine): WindowCode {
  const [best, position] = [perVector(f, block, 'best'), perVector(f, block, 'position')];
  const choose = engine.fma ? i32x4.relaxedLaneselect : v128.bitselect;
  for (const local of best) f.set(local, splat(f, -Infinity));
  for (const local of position) f.set(local, i32x4.splat(firstCell));
  return {
    tap: (v, value, cell) => {
      const x = f.keep(value, 'x');
      const wins = f.keep(v128.or(f32x4.gt(x, best[v]), f32x4.ne(x, x)), 'wins');
      f.set(best[v], choose(x, best[v], wins));
      f.set(position[v], choose(cell(), position[v], wins));
    },
    rest: () => {},
    results: (v) => [best[v], position[v]],
  };
}

/** Sums of rows, and of these: long windows round less than in one chain. */
export const emitSumPool = (scope: Scope, code: PoolCode): KernelFunction =>
  emitWindows(scope, code, (f, { block, scale }) => {
    const [sum, row] = [perVector(f, block, 'sum'), perVector(f, block, 'row')];
    for (const local of [...sum, ...row]) f.set(local, splat(f, 0));
    const factor = f.keep(v128.load32Splat(scale), 'factor');
    return {
      tap: (v, x) => f.set(row[v], f32x4.add(row[v], x)),
      rest: (v) => {
        f.set(sum[v], f32x4.add(sum[v], row[v]));
        f.set(row[v], splat(f, 0));
      },
      results: (v) => [f32x4.mul(sum[v], factor)],
    };
  });
