// The row function of a direct kernel: a row of outputs, or part of one, for one block of lanes. It holds the hot loop, and
// is entered anew for each row since V8 swaps in optimised code only at a call.

import {
  address,
  affine,
  type Code,
  type Func,
  type FuncRef,
  f32x4,
  greater,
  i32,
  i32x4,
  type Local,
  less,
  type Operand,
  type Scope,
  v128,
} from '../../assembler/index.ts';
import type { Engine } from '../../engine.ts';
import { type Epilogue, laneOperands, splitLate, storeFinished } from '../epilogue.ts';
import { i32Params, type Pointers } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { type ClipPlan, tapStatistics } from './clipPlan.ts';
import { type BlockRun, cutRow, type TileRun } from './rowTiles.ts';
import { makeRegisters, type Registers, sumTile } from './sum.ts';

/** What one row function is made for. */
export interface RowSpec {
  readonly plan: ClipPlan;
  readonly block: BlockRun;
  readonly engine: Engine;
  readonly epilogue: Epilogue;
  /** Tiles `first ≤ tile < last` are done, not all of the row. */
  readonly ranged: boolean;
  /** Over how many tiles the weights of the next block are touched; 0 if not at all. */
  readonly ahead: number;
}

/**
 * Addresses: `x` of the row's cell 0 at the first tap inside, `w` of that tap's weights, `yRow` of the first output, in y or in a copy. `bias` and
 * `extra…` of kind channel: of the block's first lane; of kind pixel: the distance from yRow. `taps…`: how many taps of an outer
 * axis are inside, for those where it varies. `ahead`: where to touch the weights of the next block.
 */
export type RowParams = Record<string, 'i32'>;

/** Does the number of taps inside vary along this axis? */
export const isClipped = (plan: ClipPlan, axis: number): boolean =>
  tapStatistics(plan.axes[axis]).least < plan.axes[axis].taps;

export function rowParams(spec: Pick<RowSpec, 'plan' | 'epilogue' | 'ranged' | 'ahead'>): RowParams {
  const outer = spec.plan.axes.slice(0, -1);
  const names = [
    ...['x', 'w', 'yRow'],
    ...laneOperands(spec.epilogue),
    ...outer.flatMap((_, a) => (isClipped(spec.plan, a) ? [`taps${a}`] : [])),
    ...(spec.ranged ? ['first', 'last'] : []),
    ...(spec.ahead > 0 ? ['ahead'] : []),
  ];
  return i32Params(names);
}

/** Where the code of a row is made. */
interface Site extends RowSpec {
  readonly f: Func;
  readonly p: Pointers;
}

export function rowFunction(scope: Scope, spec: RowSpec): FuncRef<RowParams, 'void'> {
  const params = rowParams(spec);
  const { stored, late } = splitLate(spec.epilogue);
  if (!late) return scope.func(params, (f, p) => rowBody({ ...spec, f, p }));
  const sums = scope.within('Sums').func(params, (f, p) => rowBody({ ...spec, epilogue: stored, f, p }));
  const finish = scope.within('Finish').func(params, (f, p) => finishBody({ ...spec, f, p }));
  return scope.func(params, (f, p) => {
    f.run(f.call(sums, p));
    f.run(f.call(finish, p));
  });
}

function rowBody(site: Site): void {
  const { f, p, plan, block, epilogue } = site;
  const axis = plan.axes[plan.axes.length - 1];
  const tiles = cutRow(axis, block.pixels);
  const ahead =
    site.ahead > 0 ? { at: p.ahead, touched: f.local('i32', 'touched'), tiles: site.ahead } : null;
  const pixels = Math.max(...tiles.map((t) => t.size));
  const registers = makeRegisters(f, plan, { ...block, pixels, ahead, x: p.x, w: p.w });
  const [x, y] = [f.pointer('xTile', p.x), f.pointer('yTile', p.yRow)];
  const taps = plan.axes.slice(0, -1).map((a, i) => p[`taps${i}`] ?? a.taps);
  const empty = plan.axes.some((a) => a.taps === 0);
  for (const tile of tiles) {
    const { size } = tile;
    overTiles(site, tile, (first, times) => {
      placeAt(f, x, { ...first, size, row: p.x, start: axis.start, step: axis.step, pitch: plan.xPitch });
      placeAt(f, y, { ...first, size, row: p.yRow, start: 0, step: axis.yStep, pitch: plan.yPitch });
      f.repeat(times, () => {
        const sums = registers.sums.slice(0, size);
        f.note(
          `a tile: ${size} pixels × ${4 * block.vectors} channels of sums, which begin at ${epilogue.bias ? 'the bias' : '0'}`,
        );
        startSums(site, sums, epilogue.bias ? p.bias : null);
        if (!empty) sumTile({ ...site, registers: { ...registers, sums } }, { x, w: p.w, taps }, tile);
        f.note('the sums become results');
        storeTile(site, sums, y);
        f.increase(x, size * axis.step * plan.xPitch * floatBytes);
        f.increase(y, size * axis.yStep * plan.yPitch * floatBytes);
      });
    });
  }
}

/** The first of a run's tiles, given by its pixel and a number of tiles after that. */
interface FirstTile {
  readonly pixel: number;
  readonly after: Operand<'i32'>;
}

/** Calls `body` for those of a run's tiles that are asked for, if any. */
function overTiles(
  { f, p, ranged }: Site,
  { firstTile, firstPixel, times }: TileRun,
  body: (first: FirstTile, times: Operand<'i32'>) => void,
): void {
  if (!ranged) {
    body({ pixel: firstPixel, after: 0 }, times);
    return;
  }
  const after = f.keep(greater(affine(p.first, -firstTile), i32.const(0)), 'tilesBefore');
  const end = less(affine(p.last, -firstTile), i32.const(times));
  const count = f.keep(affine(end, [after, -1]), 'tiles');
  f.if(i32.gtS(count, 0), () => body({ pixel: firstPixel, after }, count));
}

/** A tile of `size` pixels: from where the row begins `(start + step · pixel) · pitch` floats. */
interface TilePlace extends FirstTile {
  readonly row: Local<'i32'>;
  readonly start: number;
  readonly step: number;
  readonly size: number;
  readonly pitch: number;
}

function placeAt(f: Func, pointer: Local<'i32'>, tile: TilePlace): void {
  const { row, pixel, after, start, step, size, pitch } = tile;
  const fixed = (start + pixel * step) * pitch * floatBytes;
  f.set(pointer, address(row, fixed));
  if (typeof after !== 'number') f.increase(pointer, [after, size * step * pitch * floatBytes]);
}

function startSums({ f, plan }: Site, sums: Registers['sums'], bias: Local<'i32'> | null): void {
  const start = (j: number): Code<'v128'> => {
    if (!bias) return v128.const4F(0, 0, 0, 0);
    const floats = v128.load(address(bias, j * vectorBytes));
    return plan.pairs ? i32x4.truncSatF32x4S(floats) : floats;
  };
  for (const row of sums) row.forEach((sum, j) => f.set(sum, start(j)));
}

function storeTile(site: Site, sums: Registers['sums'], y: Local<'i32'>): void {
  const { f, plan, epilogue } = site;
  if (plan.pairs && !plan.int32) for (const sum of sums.flat()) f.set(sum, f32x4.convertI32x4S(sum));
  const step = plan.axes[plan.axes.length - 1].yStep * plan.yPitch * floatBytes;
  const extras = epilogue.formula ? extraPointers(site, y) : [];
  sums.forEach((row, i) => storePixel(site, row, { y, extras, offset: i * step }));
}

/** A pixel of results: bytes behind y, and behind those extras that lie as y does. */
interface PixelPlace {
  readonly y: Local<'i32'>;
  readonly extras: readonly Local<'i32'>[];
  readonly offset: number;
}

/** Finishes the sums of one pixel and stores them. */
const storePixel = (site: Site, sums: readonly Local<'v128'>[], { y, extras, offset }: PixelPlace): void =>
  storeFinished(site, sums, {
    at: y,
    offset,
    lanes: site.block.kept,
    load: (i, v) =>
      v128.load(address(extras[i], (site.epilogue.extras[i] === 'pixel' ? offset : 0) + v * vectorBytes)),
  });

/** Where the extras of a tile lie. */
const extraPointers = ({ f, p, epilogue }: Site, y: Local<'i32'>): Local<'i32'>[] =>
  epilogue.extras.map((kind, i) =>
    kind === 'channel' ? p[`extra${i}`] : f.keep(address(p[`extra${i}`], y), `extra${i}`),
  );

/** Applies the formula to sums that lie in y already, tile by tile. */
function finishBody(site: Site): void {
  const { f, p, plan, block } = site;
  const { yStep: step } = plan.axes[plan.axes.length - 1];
  const y = f.pointer('yPixel', p.yRow);
  const sums = Array.from({ length: block.vectors }, (_, j) => f.local('v128', `sum${j}`));
  for (const tile of finishRuns(site)) {
    overTiles(site, tile, (first, times) => {
      placeAt(f, y, { ...first, size: tile.size, row: p.yRow, start: 0, step, pitch: plan.yPitch });
      f.repeat(affine([times, tile.size]), () => {
        const extras = extraPointers(site, y);
        sums.forEach((sum, j) => f.set(sum, v128.load(address(y, j * vectorBytes))));
        storePixel(site, sums, { y, extras, offset: 0 });
        f.increase(y, step * plan.yPitch * floatBytes);
      });
    });
  }
}

/** Tiles of the same size are the same to a formula. */
function finishRuns(spec: RowSpec): TileRun[] {
  const axis = spec.plan.axes[spec.plan.axes.length - 1];
  return cutRow({ ...axis, start: 0, step: 0, sources: 1, taps: 1 }, spec.block.pixels);
}
