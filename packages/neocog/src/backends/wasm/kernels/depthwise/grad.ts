// Generates the weight gradient of depthwise convolution: w[tap] += x · y over the pixels of rows, lanes over channels.
//
// The rows of all images are dealt to a fixed number of parts, so that there are units enough and the order of the sum
// does not depend on threads. A unit adds up one part for a chunk of channels, in a block of weights of the workspace.
// Within a row the sums of one row of the window stay in registers; tiles of y are held while the source columns pass.

import {
  address,
  affine,
  f32x4,
  i32,
  type Local,
  less,
  type Operand,
  type Scope,
  v128,
} from '../../assembler/index.ts';
import { multiplyAdd } from '../../engine.ts';
import type { Vector } from '../../fused/math.ts';
import { divide, type Kernel, type KernelFunction, unitFunction } from '../kernel.ts';
import { type CodeSite, copyPointers, fillZero, i32Params, overEntries } from '../pointers.ts';
import { grid } from '../tiles.ts';
import { type Block, type BlockFunctions, blockFunctions, overBlocks } from './blocks.ts';
import { lanePlaces, loadSource, placeLanes, sourceLane } from './lanes.ts';
import type { TileRun } from './row.ts';
import {
  chunksOf,
  type DepthwiseShape,
  gradientSums,
  rowsOf,
  sourceSteps,
  tapsOf,
  weightBytesOf,
} from './shape.ts';
import { emitTapList, tapListBytes } from './taps.ts';

const mostParts = 8;

/** Parts of the rows of all images. */
export const gradientParts = (s: DepthwiseShape): number => Math.min(mostParts, s.batch * rowsOf(s));

/** Operands: source (x), result (y), w: blocks of weights for each part. Units: [part][chunk]. */
export function depthwiseGradKernel(s: DepthwiseShape, key: string): Kernel {
  const operands = ['source', 'result', 'w'];
  const { chunks } = chunksOf(s, gradientParts(s));
  return {
    key,
    operands,
    units: gradientParts(s) * chunks,
    scratchBytes: tapListBytes(s),
    emit(scope) {
      const rows = blockFunctions(s, (block, kind) => rowFunction(scope.within(kind), s, block));
      return unitFunction(scope, operands, (f, p, unit) => doUnit({ f, p, s }, rows, unit));
    },
  };
}

type UnitSite = CodeSite<DepthwiseShape>;

/** One part of the rows for one chunk of channels. */
function doUnit(site: UnitSite, rows: BlockFunctions, unit: Local<'i32'>): void {
  const { f, p, s } = site;
  const parts = gradientParts(s);
  const { chunkBlocks, chunks } = chunksOf(s, parts);
  const [part, chunk] = divide(f, unit, chunks);
  const w = f.keep(address(p.w, [part, weightBytesOf(s)]), 'weights');
  clearChunk(site, w, chunk);
  const bound = (k: Operand<'i32'>) => i32.divU(affine([k, s.batch * rowsOf(s)]), parts);
  f.range('imageRow', bound(part), bound(affine(part, 1)), 1, (imageRow) => {
    const [image, row] = divide(f, imageRow, rowsOf(s));
    const listEnd = emitTapList(site, row);
    const source = f.keep(address(p.source, [image, sourceSteps(s).image]), 'image');
    const pixels = affine([imageRow, s.inner.results * s.resultPitch * 4]);
    const result = f.keep(address(p.result, pixels), 'row');
    overBlocks(f, { ...rows, chunk, chunkBlocks }, (lane, call) => {
      const places = {
        ...placeLanes(f, s, lane),
        source: address(source, sourceLane(s, lane)),
        result: address(result, [lane, 4]),
        w: address(w, [lane, tapsOf(s) * 4]),
      };
      f.run(f.call(call, { ...places, list: p.scratch, listEnd }));
    });
  });
}

/** The blocks of a chunk lie behind each other. Of the last chunk some may not exist: addresses behind the weights may be none. */
function clearChunk({ f, s }: UnitSite, w: Local<'i32'>, chunk: Local<'i32'>): void {
  const { chunkBlocks } = chunksOf(s, gradientParts(s));
  const chunkBytes = chunkBlocks * s.vectors * 4 * tapsOf(s) * 4;
  const before = f.keep(affine([chunk, chunkBytes]), 'before');
  const bytes = f.keep(affine(weightBytesOf(s), [before, -1]), 'bytes');
  const at = f.keep(address(w, before), 'at');
  fillZero(f, at, f.keep(address(at, less(bytes, chunkBytes)), 'clearEnd'));
}

/** Where the code of a row is made. */
interface Site extends UnitSite {
  readonly block: Block;
}

/** Adds the products of one row of y, for one block of channels, to the weights. */
function rowFunction(scope: Scope, s: DepthwiseShape, block: Block): KernelFunction {
  const params = i32Params(['source', 'result', 'w', 'list', 'listEnd']);
  return scope.func({ ...params, ...lanePlaces(s) }, (f, p) => {
    overEntries(f, p, (entry) => {
      const source = f.keep(address(p.source, i32.load(entry)), 'sourceRow');
      const w = f.keep(address(p.w, [i32.load(address(entry, 4)), block.vectors]), 'wRow');
      const site = { f, p: { ...p, source, w }, s, block };
      for (let tap = 0; tap < s.inner.taps; tap += s.heldTaps) tapSums(site, tap);
    });
  });
}

/** Sums of taps `first` and on: `[set][tap][vector]`. */
interface Sums {
  readonly first: number;
  readonly sums: readonly (readonly (readonly Local<'v128'>[])[])[];
}

/** Taps `first` and on, as many as are held, of one row of the window. */
function tapSums(site: Site, first: number): void {
  const { f, p, s, block } = site;
  const taps = Math.min(s.heldTaps, s.inner.taps - first);
  const sets = gradientSums(s.heldTaps);
  const sums = Array.from({ length: sets }, (_, i) => grid(f, `sum${i}`, [taps, block.vectors]));
  for (const sum of sums.flat(2)) f.set(sum, v128.const4F(0, 0, 0, 0));
  for (const run of s.runs) {
    const q = copyPointers(f, p, ['source', 'result']);
    f.increase(q.source, run.base * s.sourcePitch * 4);
    f.increase(q.result, run.first * s.resultPitch * 4);
    f.repeat(run.times, () => {
      tileProducts({ ...site, p: { ...p, ...q } }, run, { sums, first });
      f.increase(q.source, run.step * s.sourcePitch * 4);
      f.increase(q.result, run.size * s.resultPitch * 4);
    });
  }
  for (let tap = 0; tap < taps; tap++) {
    const ofTap = sums.map((set) => set[tap]);
    addToWeights(site, ofTap, first + tap);
  }
}

/** All loads come before all stores, so that pairs of them can be one of 256 bits. */
function addToWeights({ f, p }: Site, sets: readonly (readonly Vector[])[], tap: number): void {
  const vectors = sets[0].length;
  const at = (v: number) => address(p.w, (tap * vectors + v) * 16);
  const values = sets[0].map((_, v) => {
    const total = sets.map((set) => set[v]).reduce((a, b) => f32x4.add(a, b));
    return f.keep(f32x4.add(v128.load(at(v)), total), 'total');
  });
  values.forEach((value, v) => f.run(v128.store(at(v), value)));
}

/** One tile: each pixel of y with the source columns that its window holds. */
function tileProducts(site: Site, run: TileRun, { sums, first }: Sums): void {
  const { f, p, s, block } = site;
  const madd = multiplyAdd(s.engine);
  const taps = sums[0].length;
  const used = run.columns
    .map(({ column, uses }) => ({ column, uses: uses.filter((u) => u.tap >= first && u.tap < first + taps) }))
    .filter(({ uses }) => uses.length > 0);
  const needed = new Set(used.flatMap(({ uses }) => uses.map(({ result }) => result)));
  const y = grid(f, 'y', [run.size, block.vectors]);
  const [columns] = grid(f, 'x', [1, block.vectors]);
  for (const i of needed)
    y[i].forEach((pixel, v) => f.set(pixel, v128.load(address(p.result, i * s.resultPitch * 4 + v * 16))));
  for (const { column, uses } of used) {
    columns.forEach((x, v) => f.set(x, loadSource(site, column, v)));
    for (const { result, tap } of uses)
      columns.forEach((x, v) => {
        const sum = sums[result % sums.length][tap - first][v];
        f.set(sum, madd(x, y[result][v], sum));
      });
  }
}
