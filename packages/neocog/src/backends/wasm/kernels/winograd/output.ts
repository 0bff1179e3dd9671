// From the sums of a tile to finished pixels: Y = Aᵀ M A, then bias and formula, for one block of lanes.
// The transformed tile passes through scratch, so that the epilogue's code stands once and pixels beyond the map are
// simply not visited.

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
import { applyBothSides } from './apply.ts';
import { type LaneRun, laneWidth } from './laneBlocks.ts';
import type { WinogradShape } from './shape.ts';
import { floatBytes, pixelAddress, tilePlace, vectorBytes } from './tiles.ts';

/** Arrays of the result: `y`, `bias` if there is one, `extra0`, …. */
export const resultNames = (e: Epilogue): string[] => ['y', ...(e.bias ? ['bias'] : []), ...extraNames(e)];

/** One value per channel, as opposed to pixels laid out as the result. */
const perChannel = (e: Epilogue, name: string): boolean =>
  name === 'bias' || (name.startsWith('extra') && e.extras[Number(name.slice(5))] === 'channel');

/** The result's arrays, moved on by a number of channels. */
export const atChannel = (
  e: Epilogue,
  from: Readonly<Record<string, Local<'i32'>>>,
  channel: Local<'i32'>,
): Record<string, ReturnType<typeof i32.add>> =>
  Object.fromEntries(resultNames(e).map((name) => [name, i32.add(from[name], i32.mul(channel, floatBytes))]));

/** Parameters that are all addresses or counts. */
export const i32Params = (names: readonly string[]): Record<string, 'i32'> =>
  Object.fromEntries(names.map((name) => [name, 'i32' as const]));

/** Bytes of a transformed tile of one block. */
export const outputPatchBytes = (s: WinogradShape, run: LaneRun): number =>
  s.filtering.outputs ** 2 * laneWidth(run) * floatBytes;

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
    const pixel = s.axes.map(
      (a, i) => a.dilation * (i === 0 ? s.target.size[1] : 1) * s.target.pitch * floatBytes,
    );
    const rows = cellsLeft(f, s, 0, place.row);
    const columns = cellsLeft(f, s, 1, place.column);
    const patchRow = f.keep(p.patch, 'patchRow');
    f.repeat(rows, () => {
      const from = f.keep(patchRow, 'from');
      const to = f.keep(offset, 'to');
      f.repeat(columns, () => {
        finishPixel(f, s, run, epilogue, e, p, { from, to });
        f.increase(from, laneWidth(run) * floatBytes);
        f.increase(to, pixel[1]);
      });
      f.increase(patchRow, s.filtering.outputs * laneWidth(run) * floatBytes);
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
  const { inputs, outputs, output } = s.filtering;
  const beside = Math.min(2, run.tile.vectors);
  return m.func(name, { sums: 'i32', patch: 'i32' }, (f, { sums, patch }) => {
    f.repeat(run.tile.vectors / beside, () => {
      applyBothSides(
        f,
        e,
        output,
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

/** All lanes of one pixel. `to` is an offset into arrays that are laid out as the result. */
function finishPixel(
  f: Func,
  s: WinogradShape,
  run: LaneRun,
  epilogue: Epilogue,
  e: Engine,
  p: Readonly<Record<string, Local<'i32'>>>,
  at: { from: Local<'i32'>; to: Local<'i32'> },
): void {
  const arrays = Object.fromEntries(
    resultNames(epilogue).map((name) => [
      name,
      perChannel(epilogue, name) ? p[name] : f.keep(i32.add(p[name], at.to), name),
    ]),
  );
  const values = Array.from({ length: run.tile.vectors }, (_, v) => {
    const offset = v * vectorBytes;
    const plain = v128.load(at.from, { offset });
    const sum = f.keep(epilogue.bias ? f32x4.add(plain, v128.load(arrays.bias, { offset })) : plain, 'sum');
    return f.keep(
      finish(f, epilogue, sum, (i) => v128.load(arrays[`extra${i}`], { offset }), e),
      'value',
    );
  });
  values.forEach((value, v) => storeLanes(f, arrays.y, value, storedLanes(s, run, v), v * vectorBytes));
}

/** The lanes behind a map's last channel may be written if they are the pixel's own. */
function storedLanes(s: WinogradShape, run: LaneRun, v: number): number {
  const roomy = s.groups === 1 && s.target.pitch >= Math.ceil(s.target.channels / 4) * 4;
  return roomy ? 4 : Math.min(4, run.lanes - 4 * v);
}
