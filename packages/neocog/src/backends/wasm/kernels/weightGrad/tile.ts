// The register tile of the weight gradient: positions of the run × vectors of outs, summed over a list of pixels.

import { address, f32x4, i32, type Local, type Scope, v128 } from '../../assembler/index.ts';
import { multiplyAdd, type Tile } from '../../engine.ts';
import { type CodeSite, i32Params, overEntries } from '../pointers.ts';
import { grid } from '../tiles.ts';
import type { WeightGradShape } from './shape.ts';

/** What a tile's function is made for. `adds`: the sums are added to those that are there, else written. */
interface TileSpec extends Tile {
  readonly adds: boolean;
}

/** Where its code is made. */
interface Site extends CodeSite<WeightGradShape, 'xBand' | 'yBand' | 'sums'> {
  readonly adds: boolean;
}

const params = i32Params(['xBand', 'yBand', 'sums', 'list', 'listEnd']);

/** An entry of the list: where x of the first position and where y lie, in bytes from `xBand` and `yBand`, which lie in the arrays or are packed copies. `sums`: [position][vector]. */
export const tileFunction = (scope: Scope, s: WeightGradShape, { pixels, vectors, adds }: TileSpec) =>
  scope.func(params, (f, p) => {
    const site = { f, s, p, adds };
    const sums = grid(f, 'sum', [pixels, vectors]);
    for (const sum of sums.flat()) f.set(sum, v128.const4F(0, 0, 0, 0));
    overEntries(f, p, (entry) => addPixel(site, sums, entry));
    for (const [i, row] of sums.entries()) storeRow(site, row, i);
  });

export type TileFunction = ReturnType<typeof tileFunction>;

function addPixel({ f, s, p }: Site, sums: readonly (readonly Local<'v128'>[])[], entry: Local<'i32'>): void {
  const madd = multiplyAdd(s.engine);
  const x = f.keep(address(p.xBand, i32.load(entry)), 'xAt');
  const y = f.keep(address(p.yBand, i32.load(address(entry, 4))), 'yAt');
  const row = sums[0].map((_, j) => f.keep(v128.load(address(y, j * 16)), `y${j}`));
  const splat = f.local('v128', 'splat');
  sums.forEach((line, i) => {
    f.set(splat, v128.load32Splat(address(x, i * 4)));
    line.forEach((sum, j) => f.set(sum, madd(splat, row[j], sum)));
  });
}

/** All loads come before all stores, so that pairs of them can be one of 256 bits. */
function storeRow({ f, p, adds }: Site, row: readonly Local<'v128'>[], i: number): void {
  const at = (j: number) => address(p.sums, (i * row.length + j) * 16);
  if (adds) row.forEach((sum, j) => f.set(sum, f32x4.add(v128.load(at(j)), sum)));
  row.forEach((sum, j) => f.run(v128.store(at(j), sum)));
}
