// The row function of a direct kernel: a row of outputs, or part of one, for one block of lanes. It holds the hot loop, and
// is entered anew for each row since V8 swaps in optimised code only at a call.

import {
  type Func,
  type FuncRef,
  greater,
  i32,
  type Local,
  less,
  type Module,
  type Operand,
  v128,
} from '../../assembler/index.ts';
import type { Engine } from '../../engine.ts';
import type { Vector } from '../../fused/math.ts';
import { type Epilogue, finish, isLate } from '../epilogue.ts';
import { storeLanes } from '../lanes.ts';
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
 * Addresses: `x` of the row's cell 0 at the first tap inside, `w` of that tap's weights, `y` of the first output. `bias` and
 * `extra…` of kind channel: of the block's first lane; of kind pixel: the distance from y. `taps…`: how many taps of an outer
 * axis are inside, for those where it varies. `ahead`: where to touch the weights of the next block.
 */
export type RowParams = Record<string, 'i32'>;
type Params = Readonly<Record<string, Local<'i32'>>>;

/** Does the number of taps inside vary along this axis? */
export const isClipped = (plan: ClipPlan, axis: number): boolean =>
  tapStatistics(plan.axes[axis]).least < plan.axes[axis].taps;

export const laneOperands = (e: Epilogue): string[] => [
  ...(e.bias ? ['bias'] : []),
  ...e.extras.map((_, i) => `extra${i}`),
];

export function rowParams(spec: Pick<RowSpec, 'plan' | 'epilogue' | 'ranged' | 'ahead'>): RowParams {
  const outer = spec.plan.axes.slice(0, -1);
  const names = [
    ...['x', 'w', 'y'],
    ...laneOperands(spec.epilogue),
    ...outer.flatMap((_, a) => (isClipped(spec.plan, a) ? [`taps${a}`] : [])),
    ...(spec.ranged ? ['first', 'last'] : []),
    ...(spec.ahead > 0 ? ['ahead'] : []),
  ];
  return Object.fromEntries(names.map((name) => [name, 'i32' as const]));
}

export function rowFunction(m: Module, name: string, spec: RowSpec): FuncRef<RowParams, 'void'> {
  const params = rowParams(spec);
  if (!isLate(spec.epilogue)) return m.func(name, params, (f, p) => rowBody(f, p, spec, spec.epilogue));
  const raw = { ...spec.epilogue, formula: null };
  const sums = m.func(`${name}Sums`, params, (f, p) => rowBody(f, p, spec, raw));
  const late = m.func(`${name}Finish`, params, (f, p) => finishBody(f, p, spec));
  return m.func(name, params, (f, p) => {
    f.run(f.call(sums, p));
    f.run(f.call(late, p));
  });
}

function rowBody(f: Func, p: Params, spec: RowSpec, epilogue: Epilogue): void {
  const { plan, block } = spec;
  const axis = plan.axes[plan.axes.length - 1];
  const tiles = cutRow(axis, block.pixels);
  const ahead =
    spec.ahead > 0 ? { at: p.ahead, touched: f.local('i32', 'touched'), tiles: spec.ahead } : null;
  const registers = makeRegisters(
    f,
    plan,
    { ...block, pixels: Math.max(...tiles.map((t) => t.size)) },
    ahead,
  );
  const [x, y] = [f.local('i32', 'xTile'), f.local('i32', 'yTile')];
  const taps = plan.axes.slice(0, -1).map((a, i) => p[`taps${i}`] ?? a.taps);
  const empty = plan.axes.some((a) => a.taps === 0);
  for (const tile of tiles) {
    overTiles(f, p, spec, tile, (first, times) => {
      placeAt(f, x, p.x, first, { start: axis.start, step: axis.step, size: tile.size, pitch: plan.xPitch });
      placeAt(f, y, p.y, first, { start: 0, step: axis.yStep, size: tile.size, pitch: plan.yPitch });
      f.repeat(times, () => {
        const sums = registers.sums.slice(0, tile.size);
        startSums(f, sums, epilogue.bias ? p.bias : null);
        if (!empty) sumTile(f, plan, spec.engine, { ...registers, sums }, { x, w: p.w, taps }, tile);
        storeTile(f, p, spec, epilogue, sums, y);
        f.increase(x, tile.size * axis.step * plan.xPitch * floatBytes);
        f.increase(y, tile.size * axis.yStep * plan.yPitch * floatBytes);
      });
    });
  }
}

/** The first of a run's tiles, given by its pixel and a number of tiles after that. */
interface TilePlace {
  readonly pixel: number;
  readonly after: Operand<'i32'>;
}

/** Calls `body` for those of a run's tiles that are asked for, if any. */
function overTiles(
  f: Func,
  p: Params,
  spec: RowSpec,
  { firstTile, firstPixel, times }: TileRun,
  body: (first: TilePlace, times: Operand<'i32'>) => void,
): void {
  if (!spec.ranged) {
    body({ pixel: firstPixel, after: 0 }, times);
    return;
  }
  const after = f.keep(greater(i32.sub(p.first, firstTile), i32.const(0)), 'tilesBefore');
  const end = less(i32.sub(p.last, firstTile), i32.const(times));
  const count = f.keep(i32.sub(end, after), 'tiles');
  f.if(i32.gtS(count, 0), () => body({ pixel: firstPixel, after }, count));
}

/** Cells from a row's beginning to a tile, in floats: `(start + step · pixel) · pitch`. */
interface Distance {
  readonly start: number;
  readonly step: number;
  readonly size: number;
  readonly pitch: number;
}

function placeAt(f: Func, pointer: Local<'i32'>, row: Local<'i32'>, first: TilePlace, d: Distance): void {
  const fixed = (d.start + first.pixel * d.step) * d.pitch * floatBytes;
  f.set(pointer, fixed === 0 ? row : i32.add(row, fixed));
  if (typeof first.after === 'number') return;
  f.increase(pointer, i32.mul(first.after, d.size * d.step * d.pitch * floatBytes));
}

function startSums(f: Func, sums: Registers['sums'], bias: Local<'i32'> | null): void {
  for (const row of sums) {
    row.forEach((sum, j) => {
      f.set(sum, bias ? v128.load(bias, { offset: j * vectorBytes }) : v128.const4F(0, 0, 0, 0));
    });
  }
}

function storeTile(
  f: Func,
  p: Params,
  spec: RowSpec,
  epilogue: Epilogue,
  sums: Registers['sums'],
  y: Local<'i32'>,
): void {
  const { plan } = spec;
  const step = plan.axes[plan.axes.length - 1].yStep * plan.yPitch * floatBytes;
  const extras = epilogue.formula ? extraPointers(f, p, epilogue, y) : [];
  sums.forEach((row, i) => storeVectors(f, spec, epilogue, row, { y, extras, pixel: i * step }));
}

interface PixelPlace {
  readonly y: Local<'i32'>;
  readonly extras: readonly Local<'i32'>[];
  /** In bytes from y. */
  readonly pixel: number;
}

/** Finishes the sums of one pixel and stores them. All loads come first: a store between them would keep V8 from pairing. */
function storeVectors(
  f: Func,
  { block, engine }: RowSpec,
  e: Epilogue,
  sums: readonly Local<'v128'>[],
  { y, extras, pixel }: PixelPlace,
): void {
  sums.forEach((sum, j) => {
    const load = (i: number): Vector =>
      v128.load(extras[i], { offset: (e.extras[i] === 'pixel' ? pixel : 0) + j * vectorBytes });
    if (e.formula) f.set(sum, finish(f, e, sum, load, engine));
  });
  sums.forEach((sum, j) => storeLanes(f, y, sum, Math.min(4, block.kept - 4 * j), pixel + j * vectorBytes));
}

/** Where the extras of a tile lie. */
function extraPointers(f: Func, p: Params, e: Epilogue, y: Local<'i32'>): Local<'i32'>[] {
  return e.extras.map((kind, i) =>
    kind === 'channel' ? p[`extra${i}`] : f.keep(i32.add(y, p[`extra${i}`]), `extra${i}`),
  );
}

/** Applies the formula to sums that lie in y already, tile by tile. */
function finishBody(f: Func, p: Params, spec: RowSpec): void {
  const { plan, block, epilogue } = spec;
  const axis = plan.axes[plan.axes.length - 1];
  const y = f.local('i32', 'yPixel');
  const sums = Array.from({ length: block.vectors }, (_, j) => f.local('v128', `sum${j}`));
  for (const tile of finishRuns(spec)) {
    overTiles(f, p, spec, tile, (first, times) => {
      placeAt(f, y, p.y, first, { start: 0, step: axis.yStep, size: tile.size, pitch: plan.yPitch });
      f.repeat(i32.mul(i32.const(tile.size), typeof times === 'number' ? i32.const(times) : times), () => {
        const extras = extraPointers(f, p, epilogue, y);
        sums.forEach((sum, j) => f.set(sum, v128.load(y, { offset: j * vectorBytes })));
        storeVectors(f, spec, epilogue, sums, { y, extras, pixel: 0 });
        f.increase(y, axis.yStep * plan.yPitch * floatBytes);
      });
    });
  }
}

/** Tiles of the same size are the same to a formula. */
function finishRuns(spec: RowSpec): TileRun[] {
  const axis = spec.plan.axes[spec.plan.axes.length - 1];
  return cutRow({ ...axis, start: 0, step: 0, limit: 1, taps: 1 }, spec.block.pixels);
}
