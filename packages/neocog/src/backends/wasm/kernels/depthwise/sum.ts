// Generates depthwise convolution and its input gradient: a row of results at a time, for a block of channels, in tiles.
//
// A tile keeps its sums in registers. For each row of the window inside the source it holds that row's weights in registers
// and walks the source columns: every column is loaded once and enters all sums whose window holds it. The sums are
// short chains that do not depend on each other, so the processor overlaps one tile with the next.

import {
  address,
  affine,
  type Func,
  greater,
  i32,
  type Local,
  less,
  type Scope,
  v128,
} from '../../assembler/index.ts';
import { type Engine, multiplyAdd } from '../../engine.ts';
import type { Vector } from '../../fused/math.ts';
import { type Epilogue, laneOperands, splitLate, storeFinished } from '../epilogue.ts';
import type { KernelFunction } from '../kernel.ts';
import { i32Params, overEntries, type Pointers } from '../pointers.ts';
import { grid } from '../tiles.ts';
import type { Block } from './blocks.ts';
import { lanePlaces, loadSource } from './lanes.ts';
import type { TileRun } from './row.ts';
import type { DepthwiseShape } from './shape.ts';

/** What the functions of one block are made for. */
interface RowSpec {
  readonly s: DepthwiseShape;
  readonly epilogue: Epilogue;
  readonly block: Block;
}

/** Where their code is made. */
interface Site extends RowSpec {
  readonly f: Func;
  readonly p: Pointers;
  readonly engine: Engine;
}

/** `first`, `last`: tiles of the row, from and to. The other pointers are at the block's first lane. */
const rowParams = ({ s, epilogue }: RowSpec): Record<string, 'i32'> => {
  const lanes = laneOperands({ ...epilogue, bias: true });
  const names = ['source', 'w', 'result', ...lanes, 'list', 'listEnd', 'first', 'last'];
  return { ...i32Params(names), ...lanePlaces(s) };
};

/** The function for rows of one block. */
export function rowFunction(scope: Scope, spec: RowSpec): KernelFunction {
  const { s } = spec;
  const { stored, late } = splitLate(spec.epilogue);
  const apart = late && finishFunction(scope.within('Finish'), spec);
  return scope.func(rowParams(spec), (f, p) => {
    const site = { ...spec, f, p, engine: s.engine };
    for (const run of s.runs) {
      const from = f.keep(greater(p.first, run.start), 'from');
      const to = f.keep(less(p.last, run.start + run.times), 'to');
      const at = f.keep(affine(from, -run.start), 'at');
      const moving = { ...site, p: placeRun(site, run, at) };
      f.range('tile', from, to, 1, () => {
        tile({ ...moving, epilogue: stored }, run);
        advance(moving, run.step, run.size);
      });
      if (apart) {
        const back = placeRun(site, run, at);
        const count = affine([affine(to, [from, -1]), run.size]);
        f.if(i32.ltS(from, to), () => f.run(f.call(apart, { ...back, count })));
      }
    }
  });
}

/** What lies as the result does. */
const alike = (e: Epilogue): string[] => [
  'result',
  ...e.extras.flatMap((kind, i) => (kind === 'pixel' ? [`extra${i}`] : [])),
];

/** The pointers of a row, moved to tile number `at` of a run. */
function placeRun({ f, p, s, epilogue }: Site, run: TileRun, at: Local<'i32'>): Pointers {
  const moved = (name: string): Local<'i32'> => {
    const [start, step, pitch] =
      name === 'source' ? [run.base, run.step, s.sourcePitch] : [run.first, run.size, s.resultPitch];
    const offset = affine([at, step * pitch * 4], start * pitch * 4);
    return f.keep(address(p[name], offset), name);
  };
  const names = ['source', ...alike(epilogue)];
  return { ...p, ...Object.fromEntries(names.map((name) => [name, moved(name)])) };
}

function advance({ f, p, s, epilogue }: Site, sources: number, results: number): void {
  f.increase(p.source, sources * s.sourcePitch * 4);
  for (const name of alike(epilogue)) f.increase(p[name], results * s.resultPitch * 4);
}

/** Sums of one tile, from the bias on, and their storing. */
function tile(site: Site, run: TileRun): void {
  const { f, p, block, epilogue } = site;
  const sums = grid(f, 'sum', [run.size, block.vectors]);
  for (let v = 0; v < block.vectors; v++) {
    const bias = epilogue.bias && f.keep(v128.load(address(p.bias, v * 16)), 'start');
    for (const row of sums) f.set(row[v], bias || v128.const4F(0, 0, 0, 0));
  }
  overEntries(f, { list: p.list, listEnd: p.listEnd }, (entry) => {
    const source = f.keep(address(p.source, i32.load(entry)), 'sourceRow');
    const w = f.keep(address(p.w, [i32.load(address(entry, 4)), block.vectors]), 'wRow');
    windowRow({ ...site, p: { ...p, source, w } }, run, sums);
  });
  sums.forEach((row, pixel) => {
    storePixel(site, row, pixel);
  });
}

/** The first taps of portions, upwards through what is read. */
function portions({ inner, heldTaps }: DepthwiseShape): number[] {
  const firsts = Array.from({ length: Math.ceil(inner.taps / heldTaps) }, (_, i) => i * heldTaps);
  return inner.tapStep < 0 ? firsts.reverse() : firsts;
}

/** One row of the window: its taps in portions whose weights fit the registers. */
function windowRow(site: Site, run: TileRun, sums: readonly (readonly Local<'v128'>[])[]): void {
  const { f, p, s, block } = site;
  const madd = multiplyAdd(s.engine);
  const weights = grid(f, 'w', [s.heldTaps, block.vectors]);
  const [columns] = grid(f, 'x', [1, block.vectors]);
  for (const from of portions(s)) {
    const inPortion = ({ tap }: { tap: number }): boolean => tap >= from && tap < from + s.heldTaps;
    const used = run.columns.filter(({ uses }) => uses.some(inPortion));
    const taps = new Set(used.flatMap(({ uses }) => uses.filter(inPortion).map(({ tap }) => tap)));
    for (const tap of [...taps].sort((a, b) => a - b))
      weights[tap - from].forEach((weight, v) =>
        f.set(weight, v128.load(address(p.w, (tap * block.vectors + v) * 16))),
      );
    for (const { column, uses } of used) {
      columns.forEach((x, v) => f.set(x, loadSource(site, column, v)));
      for (const { result, tap } of uses.filter(inPortion))
        columns.forEach((x, v) => {
          const sum = sums[result][v];
          f.set(sum, madd(x, weights[tap - from][v], sum));
        });
    }
  }
}

/** Finishes the sums of a pixel of the tile, and stores them. */
function storePixel(site: Site, sums: readonly Local<'v128'>[], pixel: number): void {
  const { p, s, epilogue, block } = site;
  const offset = pixel * s.resultPitch * 4;
  const lanes = 4 * (block.vectors - 1) + block.lastLanes;
  const load = (extra: number, v: number): Vector =>
    v128.load(address(p[`extra${extra}`], (epilogue.extras[extra] === 'pixel' ? offset : 0) + v * 16));
  storeFinished(site, sums, { at: p.result, offset, lanes, load });
}

/** Applies the formula to `count` pixels of sums from `result` on. */
const finishFunction = (scope: Scope, spec: RowSpec): KernelFunction =>
  scope.func({ ...rowParams(spec), count: 'i32' }, (f, p: Pointers) => {
    const site = { ...spec, f, p, engine: spec.s.engine };
    const [sums] = grid(f, 'sum', [1, spec.block.vectors]);
    f.repeat(p.count, () => {
      sums.forEach((sum, v) => f.set(sum, v128.load(address(p.result, v * 16))));
      storePixel(site, sums, 0);
      advance(site, 0, 1);
    });
  });
