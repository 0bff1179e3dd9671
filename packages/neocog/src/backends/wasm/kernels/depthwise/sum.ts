// Generates depthwise convolution and its input gradient: a row of results at a time, for a block of channels, in tiles.
//
// A tile keeps its sums in registers. For each row of the window inside the source it holds that row's weights in registers
// and walks the source columns: every column is loaded once and enters all sums whose window holds it. The sums are
// short chains that do not depend on each other, so the processor overlaps one tile with the next.

import { type Func, greater, i32, type Local, less, type Module, v128 } from '../../assembler/index.ts';
import { multiplyAdd } from '../../engine.ts';
import type { Vector } from '../../fused/math.ts';
import { type Epilogue, extraNames, finish, isLate } from '../epilogue.ts';
import type { KernelFunction } from '../kernel.ts';
import { storeLanes } from '../lanes.ts';
import { overEntries } from '../pointers.ts';
import type { Block } from './blocks.ts';
import { lanePlaces, loadSource } from './lanes.ts';
import type { TileRun } from './row.ts';
import type { DepthwiseShape } from './shape.ts';

type Pointers = Record<string, Local<'i32'>>;

/** `first`, `last`: tiles of the row, from and to. The other pointers are at the block's first lane. */
export function rowParams(s: DepthwiseShape, e: Epilogue): Record<string, 'i32'> {
  const names = ['source', 'w', 'result', 'bias', ...extraNames(e), 'list', 'listEnd', 'first', 'last'];
  return { ...Object.fromEntries(names.map((name) => [name, 'i32' as const])), ...lanePlaces(s) };
}

/** The function for rows of one block. */
export function rowFunction(
  m: Module,
  name: string,
  s: DepthwiseShape,
  e: Epilogue,
  block: Block,
): KernelFunction {
  const apart = isLate(e) ? finishFunction(m, `${name}Finish`, s, e, block) : null;
  const stored = apart ? { ...e, formula: null } : e;
  return m.func(name, rowParams(s, e), (f, p) => {
    for (const run of s.runs) {
      const from = f.keep(greater(p.first, run.start), 'from');
      const to = f.keep(less(p.last, run.start + run.times), 'to');
      const at = f.keep(i32.sub(from, run.start), 'at');
      const q = placeRun(f, s, e, run, p, at);
      f.range('tile', from, to, 1, () => {
        tile(f, s, stored, block, run, q);
        advance(f, s, e, q, run.step, run.size);
      });
      if (apart) {
        const back = placeRun(f, s, e, run, p, at);
        const count = i32.mul(i32.sub(to, from), run.size);
        f.if(i32.ltS(from, to), () => f.run(f.call(apart, { ...back, count })));
      }
    }
  });
}

const isPixel = (e: Epilogue, name: string): boolean =>
  name === 'result' || e.extras[extraNames(e).indexOf(name)] === 'pixel';

/** The pointers of a row, moved to tile number `at` of a run. */
function placeRun(
  f: Func,
  s: DepthwiseShape,
  e: Epilogue,
  run: TileRun,
  p: Pointers,
  at: Local<'i32'>,
): Pointers {
  const moved = (name: string): Local<'i32'> => {
    const [start, step, pitch] =
      name === 'source' ? [run.base, run.step, s.sourcePitch] : [run.first, run.size, s.resultPitch];
    const offset = i32.add(i32.mul(at, step * pitch * 4), start * pitch * 4);
    return f.keep(i32.add(p[name], offset), name);
  };
  const names = ['source', ...['result', ...extraNames(e)].filter((name) => isPixel(e, name))];
  return { ...p, ...Object.fromEntries(names.map((name) => [name, moved(name)])) };
}

function advance(
  f: Func,
  s: DepthwiseShape,
  e: Epilogue,
  p: Pointers,
  sources: number,
  results: number,
): void {
  f.increase(p.source, sources * s.sourcePitch * 4);
  for (const name of ['result', ...extraNames(e)])
    if (isPixel(e, name)) f.increase(p[name], results * s.resultPitch * 4);
}

/** Sums of one tile, from the bias on, and their storing. */
function tile(f: Func, s: DepthwiseShape, e: Epilogue, block: Block, run: TileRun, p: Pointers): void {
  const sums = grid(f, 'sum', run.size, block.vectors);
  for (let v = 0; v < block.vectors; v++) {
    const start = e.bias ? f.keep(v128.load(p.bias, { offset: v * 16 }), 'start') : v128.const4F(0, 0, 0, 0);
    for (const row of sums) f.set(row[v], start);
  }
  overEntries(f, { list: p.list, listEnd: p.listEnd }, (entry) => {
    const source = f.keep(i32.add(p.source, i32.load(entry)), 'sourceRow');
    const w = f.keep(i32.add(p.w, i32.mul(i32.load(entry, { offset: 4 }), block.vectors)), 'wRow');
    windowRow(f, s, block, run, { ...p, source, w }, sums);
  });
  sums.forEach((row, i) => {
    row.forEach((sum, v) => storeResult(f, s, e, block, p, sum, i, v));
  });
}

export const grid = (f: Func, name: string, rows: number, columns: number): Local<'v128'>[][] =>
  Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => f.local('v128', `${name}${i}_${j}`)),
  );

/** The first taps of portions, upwards through what is read. */
function portions({ inner, heldTaps }: DepthwiseShape): number[] {
  const firsts = Array.from({ length: Math.ceil(inner.taps / heldTaps) }, (_, i) => i * heldTaps);
  return inner.tapStep < 0 ? firsts.reverse() : firsts;
}

/** One row of the window: its taps in portions whose weights fit the registers. */
function windowRow(
  f: Func,
  s: DepthwiseShape,
  block: Block,
  run: TileRun,
  p: Pointers,
  sums: readonly (readonly Local<'v128'>[])[],
): void {
  const madd = multiplyAdd(s.engine);
  const weights = grid(f, 'w', s.heldTaps, block.vectors);
  const columns = grid(f, 'x', 1, block.vectors)[0];
  for (const from of portions(s)) {
    const inPortion = ({ tap }: { tap: number }): boolean => tap >= from && tap < from + s.heldTaps;
    const used = run.columns.filter(({ uses }) => uses.some(inPortion));
    const taps = new Set(used.flatMap(({ uses }) => uses.filter(inPortion).map(({ tap }) => tap)));
    for (const tap of [...taps].sort((a, b) => a - b))
      weights[tap - from].forEach((weight, v) =>
        f.set(weight, v128.load(p.w, { offset: (tap * block.vectors + v) * 16 })),
      );
    for (const { column, uses } of used) {
      columns.forEach((x, v) => f.set(x, loadSource(p, s, p.source, column * s.sourcePitch * 4, v)));
      for (const { result, tap } of uses.filter(inPortion))
        columns.forEach((x, v) => {
          const sum = sums[result][v];
          f.set(sum, madd(x, weights[tap - from][v], sum));
        });
    }
  }
}

/** The finished value of pixel `i` of the tile, vector `v`. */
function storeResult(
  f: Func,
  s: DepthwiseShape,
  e: Epilogue,
  block: Block,
  p: Pointers,
  sum: Local<'v128'>,
  i: number,
  v: number,
): void {
  const pixel = i * s.resultPitch * 4 + v * 16;
  const names = extraNames(e);
  const load = (extra: number): Vector =>
    v128.load(p[names[extra]], { offset: e.extras[extra] === 'pixel' ? pixel : v * 16 });
  const value = finish(f, e, sum, load, s.engine);
  const lanes = v === block.vectors - 1 ? block.lastLanes : 4;
  storeLanes(f, p.result, value, lanes, pixel);
}

/** Applies the formula to `count` pixels of sums from `result` on. */
function finishFunction(
  m: Module,
  name: string,
  s: DepthwiseShape,
  e: Epilogue,
  block: Block,
): KernelFunction {
  return m.func(name, { ...rowParams(s, e), count: 'i32' }, (f, p: Pointers) => {
    f.repeat(p.count, () => {
      for (let v = 0; v < block.vectors; v++) {
        const sum = f.keep(v128.load(p.result, { offset: v * 16 }), 'sum');
        storeResult(f, s, e, block, p, sum, 0, v);
      }
      advance(f, s, e, p, 0, 1);
    });
  });
}
