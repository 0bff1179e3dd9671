// From the sums of a tile to finished pixels: Y = Aᵀ M A, then bias and formula, for one block of lanes.
// Sums of whole numbers wrap around at 2³²: their outputs, which are 576 = 64 · 9 times what they should be (in one dimension 24 = 8 · 3), are
// multiplied by the inverse of the odd factor, and what is left of 2³² after the shift by the even one holds them.
// A tile that lies on the map as a whole is finished as it is transformed. Others pass through scratch, so that the epilogue's code stands
// once and pixels beyond the map are simply not visited.

import { product } from '../../../../geometry/window.ts';
import {
  address,
  affine,
  type Code,
  type Func,
  f32x4,
  i32,
  i32x4,
  type Local,
  type Scope,
  select,
  v128,
} from '../../assembler/index.ts';
import type { Engine } from '../../engine.ts';
import type { Vector } from '../../fused/math.ts';
import { type Epilogue, finish, isLate, laneArguments, laneOperands } from '../epilogue.ts';
import { storeRow } from '../lanes.ts';
import { i32Params, type Pointers, type PointersFunction } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { storePlanes } from '../transpose.ts';
import { applyBothSides, type Element } from './apply.ts';
import { type LaneRun, laneWidth } from './laneBlocks.ts';
import type { WinogradShape } from './shape.ts';
import { each, type Pair } from './split.ts';
import { channelBytes, pixelBytes, pixelDistance, tilePlace } from './tiles.ts';

/** Arrays of the result: `y`, `bias` if there is one, `extra0`, …. */
export const resultNames = (e: Epilogue): string[] => ['y', ...laneOperands(e)];

/** What the function of one block of lanes is made for. */
interface OutputBlock {
  readonly s: WinogradShape;
  readonly run: LaneRun;
  readonly epilogue: Epilogue;
  /** Of the sums, from point to point. */
  readonly plane: number;
  /** Whether sums of whole numbers stay so. */
  readonly int32: boolean;
}

/** Where its code is made. */
interface Site extends OutputBlock {
  readonly f: Func;
  readonly p: Pointers;
  readonly engine: Engine;
}

/** The result's arrays, moved on by a number of channels. */
export function atChannel(
  { s, epilogue }: Pick<OutputBlock, 's' | 'epilogue'>,
  from: Pointers,
  channel: Local<'i32'>,
): Record<string, Code<'i32'>> {
  const moved = (name: string, kind: 'pixel' | 'channel'): Code<'i32'> =>
    affine(from[name], [channel, kind === 'channel' ? floatBytes : channelBytes(s.target)]);
  return { y: moved('y', 'pixel'), ...laneArguments(epilogue, moved) };
}

/** Bytes of a transformed tile of one block. */
export const outputPatchBytes = (s: WinogradShape, run: LaneRun): number =>
  product(s.filterings.map((f) => f.outputs)) * laneWidth(run) * floatBytes;

/** `sums`: the tile's row in the first plane; `patch`: scratch; the result's arrays at the block's first channel. */
export function outputTile(scope: Scope, block: OutputBlock): PointersFunction {
  const { s, run } = block;
  const params = i32Params(['sums', 'patch', 'tile', ...resultNames(block.epilogue)]);
  if (storesAtOnce(block))
    return scope.func(params, (f, p) => wholeTile({ ...block, f, p, engine: s.engine }));
  const transform = transformSums(scope.within('Transform'), block);
  return scope.func(params, (f, p) => {
    f.run(f.call(transform, { sums: p.sums, patch: p.patch }));
    const site = { ...block, f, p, engine: s.engine };
    const place = tilePlace(f, { axes: s.axes, slices: s.target.slices }, p.tile);
    const offset = f.keep(pixelDistance(s.target, place), 'offset');
    const pixel = cellSteps(s);
    const rows = cellsLeft(site, 0, place.row);
    const columns = cellsLeft(site, 1, place.column);
    const patchRow = f.keep(p.patch, 'patchRow');
    f.repeat(rows, () => {
      if (s.target.planes) finishRow(site, { patchRow, offset }, columns);
      else {
        const from = f.keep(patchRow, 'from');
        const to = f.keep(offset, 'to');
        f.repeat(columns, () => {
          finishPixel(site, { from, to });
          f.increase(from, laneWidth(run) * floatBytes);
          f.increase(to, pixel[1]);
        });
      }
      f.increase(patchRow, s.axes[1].outputs * laneWidth(run) * floatBytes);
      f.increase(offset, pixel[0]);
    });
  });
}

/**
 * Whether tiles are finished as they are transformed: where each lies on the map as a whole, in pixels with room for all lanes, and what is
 * done to a sum is short enough to be written out for all cells.
 */
function storesAtOnce({ s, run, epilogue }: OutputBlock): boolean {
  const whole = s.axes.every(({ outputs, dilation }, i) => s.target.size[i] % (outputs * dilation) === 0);
  const roomy = !s.target.planes && storedLanes(s, run) === laneWidth(run);
  return whole && roomy && s.scale === undefined && !isLate(epilogue) && !epilogue.pairs;
}

/** Every cell of a tile, from its sums to the result. */
function wholeTile(site: Site): void {
  const { f, p, s, run, epilogue } = site;
  const place = tilePlace(f, { axes: s.axes, slices: s.target.slices }, p.tile);
  const offset = f.keep(pixelDistance(s.target, place), 'offset');
  const moved = (name: string, kind: 'pixel' | 'channel'): Local<'i32'> =>
    f.keep(kind === 'pixel' ? address(p[name], offset) : p[name], `${name}At`);
  const at: Pointers = { y: moved('y', 'pixel'), ...laneArguments(epilogue, moved) };
  const matrices = each(s.filterings, (filtering) => filtering.output);
  const vectors = vectorsBeside(s, run);
  const beside: Local<'v128'>[] = [];
  f.repeat(run.tile.vectors / vectors, () => {
    applyBothSides({ f, engine: s.engine }, matrices, {
      vectors,
      load: (point) => sumAt(site, p.sums, point),
      store(cell, value) {
        const { v } = cell;
        const offset = cellBytes(s, cell);
        const load = (name: string, kind: 'pixel' | 'channel'): Vector =>
          v128.load(address(at[name], (kind === 'pixel' ? offset : 0) + v * vectorBytes));
        beside[v] = finished(site, value, load);
        // All loads come first: a store between them would keep V8 from pairing.
        if (v === vectors - 1) storeRow(f, beside, { at: at.y, offset, lanes: 4 * vectors });
      },
    });
    for (const pointer of [p.sums, ...Object.values(at)]) f.increase(pointer, vectors * vectorBytes);
  });
}

/** How many of a tile's cells along an axis lie on the map: all of them, or ⌈(size − first) / d⌉. */
function cellsLeft({ f, s }: Site, axis: 0 | 1, first: Local<'i32'>): number | Local<'i32'> {
  const { dilation: d, outputs: m } = s.axes[axis];
  const size = s.target.size[axis];
  if (size % (m * d) === 0) return m;
  const left = f.keep(i32.divU(affine(size + d - 1, [first, -1]), d), 'left');
  return f.keep(select<'i32'>(left, i32.const(m), i32.ltS(left, m)), 'cells');
}

/** Bytes from one cell of a tile to the one below and to the next. */
const cellSteps = ({ axes: [down, across], target }: WinogradShape): Pair => [
  down.dilation * target.size[1] * pixelBytes(target),
  across.dilation * pixelBytes(target),
];

/** Bytes from a tile's first cell on the map to another. Cells are numbered as they lie in a patch: both sides may be of one axis. */
function cellBytes(s: WinogradShape, { i, j }: Element): number {
  const [down, across] = cellSteps(s);
  const number = i * s.filterings[1].outputs + j;
  const column = number % s.axes[1].outputs;
  return ((number - column) / s.axes[1].outputs) * down + column * across;
}

/** Vectors that are transformed at once: two where V8 joins them, else one, of which more values stay in registers. */
const vectorsBeside = (s: WinogradShape, run: LaneRun): number =>
  s.engine.wide ? Math.min(2, run.tile.vectors) : 1;

/** A vector of the sums of a tile's point. */
const sumAt = (
  { s, plane }: Pick<OutputBlock, 's' | 'plane'>,
  sums: Local<'i32'>,
  { i, j, v }: Element,
): Vector => v128.load(address(sums, (i * s.filterings[1].inputs + j) * plane + v * vectorBytes));

function transformSums(scope: Scope, block: OutputBlock) {
  const { s, run } = block;
  const { outputs } = s.filterings[1];
  const vectors = vectorsBeside(s, run);
  const matrices = each(s.filterings, (filtering) => filtering.output);
  const whole = s.scale !== undefined;
  return scope.func(transformParams, (f, { sums, patch }) => {
    f.repeat(run.tile.vectors / vectors, () => {
      applyBothSides({ f, engine: s.engine, whole }, matrices, {
        vectors,
        load: (point) => sumAt(block, sums, point),
        store({ i, j, v }, value) {
          const pixel = (i * outputs + j) * laneWidth(run) * floatBytes;
          const output = s.scale === undefined ? value : divided(value, s.scale);
          f.run(v128.store(address(patch, pixel + v * vectorBytes), output));
        },
      });
      f.increase(sums, vectors * vectorBytes);
      f.increase(patch, vectors * vectorBytes);
    });
  });
}

/** Whole numbers modulo 2³² that are `scale` times others. */
function divided(value: Vector, scale: number): Vector {
  const bits = Math.log2(scale & -scale);
  const inverse = inverseOf(scale >> bits);
  return i32x4.shrS(i32x4.mul(value, v128.const4I(inverse, inverse, inverse, inverse)), bits);
}

/** Of an odd number modulo 2³², by Newton's steps: each doubles the bits that are right. */
function inverseOf(odd: number): number {
  let x = odd;
  for (let bits = 3; bits < 32; bits *= 2) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x;
}

const transformParams = i32Params(['sums', 'patch']);

/** The finished value of vector `v` of a pixel that lies `bytes` behind `from`. The site's pointers stand at the pixel. */
function finishVector(
  site: Site,
  from: Local<'i32'>,
  { v, bytes }: { v: number; bytes: number },
): Local<'v128'> {
  const offset = v * vectorBytes;
  const plain = v128.load(address(from, offset + bytes));
  return finished(site, plain, (name) => v128.load(address(site.p[name], offset)));
}

/** What becomes of a vector of sums; `load` reads what the epilogue takes besides. */
function finished(
  site: Site,
  plain: Vector,
  load: (name: string, kind: 'pixel' | 'channel') => Vector,
): Local<'v128'> {
  const { f, epilogue } = site;
  const bias = epilogue.bias ? load('bias', 'channel') : null;
  const sum = f.keep(site.s.scale === undefined ? plus(plain, bias) : wholePlus(site, plain, bias), 'sum');
  return f.keep(
    finish(site, sum, (i) => load(`extra${i}`, epilogue.extras[i])),
    'value',
  );
}

const plus = (sum: Vector, bias: Vector | null): Vector => (bias ? f32x4.add(sum, bias) : sum);

/** Whole sums become floats with their bias, if at all. */
function wholePlus({ int32 }: Site, sum: Vector, bias: Vector | null): Vector {
  if (int32) return sum;
  return f32x4.convertI32x4S(bias ? i32x4.add(sum, i32x4.truncSatF32x4S(bias)) : sum);
}

const vectorsOf = (run: LaneRun): number[] => Array.from({ length: run.tile.vectors }, (_, v) => v);

/** All lanes of one pixel. `to` is an offset into arrays that are laid out as the result. */
function finishPixel(site: Site, { from, to }: Pointers<'from' | 'to'>): void {
  const { f, p, s, run, epilogue } = site;
  const y = f.keep(address(p.y, to), 'y');
  const arrays = laneArguments(epilogue, (name, kind) =>
    kind === 'channel' ? p[name] : f.keep(address(p[name], to), name),
  );
  const values = vectorsOf(run).map((v) => finishVector({ ...site, p: arrays }, from, { v, bytes: 0 }));
  storeRow(f, values, { at: y, lanes: storedLanes(s, run) });
}

/** All lanes of a tile's row, into planes. Only the last tile of a row of tiles is cut off. */
function finishRow(
  site: Site,
  { patchRow, offset }: Pointers<'patchRow' | 'offset'>,
  columns: number | Local<'i32'>,
): void {
  const { f, s, run } = site;
  const y = f.keep(address(site.p.y, offset), 'yRow');
  const { outputs } = s.axes[1];
  const plane = channelBytes(s.target);
  const cells = (count: number) => () => {
    for (const v of vectorsOf(run)) {
      const channels = Math.min(4, run.lanes - 4 * v);
      for (let i = 0; i < count; i += 4) {
        const row = Array.from({ length: Math.min(4, count - i) }, (_, j) =>
          finishVector(site, patchRow, { v, bytes: (i + j) * laneWidth(run) * floatBytes }),
        );
        storePlanes(f, row, { channels, y, offset: 4 * v * plane + i * floatBytes, plane });
      }
    }
  };
  if (typeof columns === 'number') cells(columns)();
  else f.if(i32.eq(columns, outputs), cells(outputs), cells(s.target.size[1] % outputs));
}

/** The lanes behind a map's last channel may be written if they are the pixel's own. */
function storedLanes(s: WinogradShape, run: LaneRun): number {
  const roomy = s.groups === 1 && s.target.pitch >= Math.ceil(s.target.channels / 4) * 4;
  return roomy ? laneWidth(run) : run.lanes;
}
