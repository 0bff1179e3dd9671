// From the sums of a tile to finished pixels: Y = Aᵀ M A, then bias and formula, for one block of lanes.
// The transformed tile passes through scratch, so that the epilogue's code stands once and pixels beyond the map are
// simply not visited.

import { product } from '../../../../geometry/window.ts';
import {
  type Func,
  type FuncRef,
  f32x4,
  i32,
  type Local,
  type Module,
  select,
  v128,
} from '../../assembler/index.ts';
import type { Engine } from '../../engine.ts';
import { type Epilogue, extraNames, finish } from '../epilogue.ts';
import { storeLanes } from '../lanes.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { storePlanes } from '../transpose.ts';
import { applyBothSides } from './apply.ts';
import { type LaneRun, laneWidth } from './laneBlocks.ts';
import { each, type WinogradShape } from './shape.ts';
import { channelBytes, pixelAddress, pixelBytes, tilePlace } from './tiles.ts';

/** Arrays of the result: `y`, `bias` if there is one, `extra0`, …. */
export const resultNames = (e: Epilogue): string[] => ['y', ...(e.bias ? ['bias'] : []), ...extraNames(e)];

/** One value per channel, as opposed to pixels laid out as the result. */
const perChannel = (e: Epilogue, name: string): boolean =>
  name === 'bias' || (name.startsWith('extra') && e.extras[Number(name.slice(5))] === 'channel');

/** The result's arrays, moved on by a number of channels. */
export const atChannel = (
  { target }: WinogradShape,
  e: Epilogue,
  from: Readonly<Record<string, Local<'i32'>>>,
  channel: Local<'i32'>,
): Record<string, ReturnType<typeof i32.add>> =>
  Object.fromEntries(
    resultNames(e).map((name) => {
      const step = perChannel(e, name) ? floatBytes : channelBytes(target);
      return [name, i32.add(from[name], i32.mul(channel, step))];
    }),
  );

/** Parameters that are all addresses or counts. */
export const i32Params = (names: readonly string[]): Record<string, 'i32'> =>
  Object.fromEntries(names.map((name) => [name, 'i32' as const]));

/** Bytes of a transformed tile of one block. */
export const outputPatchBytes = (s: WinogradShape, run: LaneRun): number =>
  product(s.filterings.map((f) => f.outputs)) * laneWidth(run) * floatBytes;

/** `sums`: the tile's row in the first plane; `patch`: scratch; the result's arrays at the block's first channel. */
export function outputTile(
  m: Module,
  name: string,
  s: WinogradShape,
  run: LaneRun,
  plane: number,
  epilogue: Epilogue,
  e: Engine,
): FuncRef<Record<string, 'i32'>, 'void'> {
  const names = resultNames(epilogue);
  const transform = transformSums(m, `${name}Transform`, s, run, plane, e);
  return m.func(name, i32Params(['sums', 'patch', 'tile', ...names]), (f, p) => {
    f.run(f.call(transform, { sums: p.sums, patch: p.patch }));
    const place = tilePlace(f, s.axes, p.tile);
    const at = pixelAddress(0, s.target, place.image, place.row, place.column);
    const offset = f.keep(at, 'offset');
    const pixel = s.axes.map((a, i) => a.dilation * (i === 0 ? s.target.size[1] : 1) * pixelBytes(s.target));
    const rows = cellsLeft(f, s, 0, place.row);
    const columns = cellsLeft(f, s, 1, place.column);
    const patchRow = f.keep(p.patch, 'patchRow');
    f.repeat(rows, () => {
      if (s.target.planes) finishRow(f, { s, run, epilogue, e }, p, { patchRow, offset, columns });
      else {
        const from = f.keep(patchRow, 'from');
        const to = f.keep(offset, 'to');
        f.repeat(columns, () => {
          finishPixel(f, { s, run, epilogue, e }, p, { from, to });
          f.increase(from, laneWidth(run) * floatBytes);
          f.increase(to, pixel[1]);
        });
      }
      f.increase(patchRow, s.axes[1].outputs * laneWidth(run) * floatBytes);
      f.increase(offset, pixel[0]);
    });
  });
}

/** How many of a tile's cells along an axis lie on the map: all of them, or ⌈(size − first) / d⌉. */
function cellsLeft(f: Func, s: WinogradShape, axis: 0 | 1, first: Local<'i32'>): number | Local<'i32'> {
  const { dilation: d, outputs: m } = s.axes[axis];
  const size = s.target.size[axis];
  if (size % (m * d) === 0) return m;
  const left = f.keep(i32.divU(i32.sub(size + d - 1, first), d), 'left');
  return f.keep(select<'i32'>(left, i32.const(m), i32.ltS(left, m)), 'cells');
}

function transformSums(m: Module, name: string, s: WinogradShape, run: LaneRun, plane: number, e: Engine) {
  const { inputs, outputs } = s.filterings[1];
  const beside = Math.min(2, run.tile.vectors);
  return m.func(name, { sums: 'i32', patch: 'i32' }, (f, { sums, patch }) => {
    f.repeat(run.tile.vectors / beside, () => {
      applyBothSides(
        f,
        e,
        each(s.filterings, (filtering) => filtering.output),
        beside,
        (i, j, v) => v128.load(sums, { offset: (i * inputs + j) * plane + v * vectorBytes }),
        (i, j, v, value) => {
          const pixel = (i * outputs + j) * laneWidth(run) * floatBytes;
          f.run(v128.store(patch, value, { offset: pixel + v * vectorBytes }));
        },
      );
      f.increase(sums, beside * vectorBytes);
      f.increase(patch, beside * vectorBytes);
    });
  });
}

/** What results are finished by. */
interface Ending {
  readonly s: WinogradShape;
  readonly run: LaneRun;
  readonly epilogue: Epilogue;
  readonly e: Engine;
}

type Arrays = Readonly<Record<string, Local<'i32'>>>;

/** The finished value of vector `v` of a pixel that lies `bytes` behind `from`, from arrays that stand at the pixel. */
function finishVector(
  f: Func,
  { epilogue, e }: Ending,
  arrays: Arrays,
  from: Local<'i32'>,
  at: { v: number; bytes: number },
): Local<'v128'> {
  const offset = at.v * vectorBytes;
  const plain = v128.load(from, { offset: offset + at.bytes });
  const sum = f.keep(epilogue.bias ? f32x4.add(plain, v128.load(arrays.bias, { offset })) : plain, 'sum');
  return f.keep(
    finish(f, epilogue, sum, (i) => v128.load(arrays[`extra${i}`], { offset }), e),
    'value',
  );
}

const vectorsOf = (run: LaneRun): number[] => Array.from({ length: run.tile.vectors }, (_, v) => v);

/** All lanes of one pixel. `to` is an offset into arrays that are laid out as the result. */
function finishPixel(f: Func, ending: Ending, p: Arrays, at: { from: Local<'i32'>; to: Local<'i32'> }): void {
  const { s, run, epilogue } = ending;
  const arrays = Object.fromEntries(
    resultNames(epilogue).map((name) => [
      name,
      perChannel(epilogue, name) ? p[name] : f.keep(i32.add(p[name], at.to), name),
    ]),
  );
  const values = vectorsOf(run).map((v) => finishVector(f, ending, arrays, at.from, { v, bytes: 0 }));
  values.forEach((value, v) => storeLanes(f, arrays.y, value, storedLanes(s, run, v), v * vectorBytes));
}

/** All lanes of a tile's row, into planes. Only the last tile of a row of tiles is cut off. */
function finishRow(
  f: Func,
  ending: Ending,
  p: Arrays,
  at: { patchRow: Local<'i32'>; offset: Local<'i32'>; columns: number | Local<'i32'> },
): void {
  const { s, run } = ending;
  const y = f.keep(i32.add(p.y, at.offset), 'yRow');
  const { outputs } = s.axes[1];
  const plane = channelBytes(s.target);
  const cells = (count: number) => () => {
    for (const v of vectorsOf(run)) {
      const row = Array.from({ length: count }, (_, i) =>
        finishVector(f, ending, p, at.patchRow, { v, bytes: i * laneWidth(run) * floatBytes }),
      );
      const channels = Math.min(4, run.lanes - 4 * v);
      for (let i = 0; i < count; i += 4)
        storePlanes(f, row.slice(i, i + 4), channels, { y, offset: 4 * v * plane + i * floatBytes, plane });
    }
  };
  if (typeof at.columns === 'number') cells(at.columns)();
  else f.if(i32.eq(at.columns, outputs), cells(outputs), cells(s.target.size[1] % outputs));
}

/** The lanes behind a map's last channel may be written if they are the pixel's own. */
function storedLanes(s: WinogradShape, run: LaneRun, v: number): number {
  const roomy = s.groups === 1 && s.target.pitch >= Math.ceil(s.target.channels / 4) * 4;
  return roomy ? 4 : Math.min(4, run.lanes - 4 * v);
}
