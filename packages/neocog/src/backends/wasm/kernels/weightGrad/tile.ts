// The register tile of the weight gradient: positions of the run × vectors of outs, summed over a list of pixels.

import { type Func, f32x4, i32, type Local, type Module, v128 } from '../../assembler/index.ts';
import { multiplyAdd, type Tile } from '../../engine.ts';
import { grid } from '../depthwise/sum.ts';
import { overEntries } from '../pointers.ts';
import type { WeightGradShape } from './shape.ts';

/** An entry of the list: where x of the first position and where y lie, in bytes from `x` and `y`. `sums`: [position][vector], written where `adds` is false, else added to. */
export function tileFunction(m: Module, name: string, s: WeightGradShape, tile: Tile, adds: boolean) {
  const params = { x: 'i32', y: 'i32', sums: 'i32', list: 'i32', listEnd: 'i32' } as const;
  return m.func(name, params, (f, p) => {
    const sums = grid(f, 'sum', tile.pixels, tile.vectors);
    for (const sum of sums.flat()) f.set(sum, v128.const4F(0, 0, 0, 0));
    overEntries(f, p, (entry) => pixel(f, s, p, entry, sums));
    for (const [i, row] of sums.entries()) storeRow(f, p.sums, row, i, adds);
  });
}

export type TileFunction = ReturnType<typeof tileFunction>;

function pixel(
  f: Func,
  s: WeightGradShape,
  p: { readonly x: Local<'i32'>; readonly y: Local<'i32'> },
  entry: Local<'i32'>,
  sums: readonly (readonly Local<'v128'>[])[],
): void {
  const madd = multiplyAdd(s.engine);
  const x = f.keep(i32.add(p.x, i32.load(entry)), 'xAt');
  const y = f.keep(i32.add(p.y, i32.load(entry, { offset: 4 })), 'yAt');
  const row = sums[0].map((_, j) => f.keep(v128.load(y, { offset: j * 16 }), `y${j}`));
  const splat = f.local('v128', 'splat');
  sums.forEach((line, i) => {
    f.set(splat, v128.load32Splat(x, { offset: i * 4 }));
    line.forEach((sum, j) => f.set(sum, madd(splat, row[j], sum)));
  });
}

/** All loads come before all stores, so that pairs of them can be one of 256 bits. */
function storeRow(f: Func, to: Local<'i32'>, row: readonly Local<'v128'>[], i: number, adds: boolean): void {
  const at = (j: number) => ({ offset: (i * row.length + j) * 16 });
  if (adds) row.forEach((sum, j) => f.set(sum, f32x4.add(v128.load(to, at(j)), sum)));
  row.forEach((sum, j) => f.run(v128.store(to, sum, at(j))));
}
