// The walk of pooling over windows: rows of outputs as units, their columns, blocks of channels, and the taps that fall on
// real cells. Where all do, they are written out; at the borders they are loops over what is left of a window.

import {
  address,
  affine,
  type Code,
  type Func,
  i32,
  i32x4,
  type Local,
  type Scope,
  v128,
} from '../../assembler/index.ts';
import type { Vector } from '../../fused/math.ts';
import { type KernelFunction, unitFunction } from '../kernel.ts';
import { storeLanes } from '../lanes.ts';
import { contiguousAxis } from '../loops/loopNest.ts';
import { type Block, lanesOf, overBlocks } from '../loops/loopNestCode.ts';
import { i32Params, type Pointers, type PointersFunction } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import {
  areAll,
  insideColumns,
  type PixelPlane,
  type PlaneSite,
  type PoolCode,
  type Range,
  realTaps,
  rowOf,
} from './plane.ts';

/** What is done with the taps of a window, a vector of channels at a time. */
export interface WindowCode {
  /** `cell` is the flat position of the tap in its plane, in all lanes. */
  tap(vector: number, x: Vector, cell: () => Local<'v128'>): void;
  /** After some taps, at most those of a written-out window or of one row. */
  rest(vector: number): void;
  /** What to store, by array: y, indices. */
  results(vector: number): readonly Vector[];
}

/** The windows of a block of channels. */
export interface Window {
  readonly block: Block;
  readonly firstCell: Local<'i32'>;
  readonly scale: Local<'i32'>;
}

export type StartWindow = (f: Func, window: Window) => WindowCode;

/** Windows of up to this many taps are written out. */
const unrolledTaps = 32;
const vectorsAtOnce = 4;

/** A row of outputs: addresses of the first window's corner in x and of its result, and the corner's flat position. */
const rowParams = i32Params(['x', 'y', 'indices', 'scale', 'cell']);
type RowPlace = Pointers<keyof typeof rowParams>;

const rangeParams = i32Params(['d0', 'd1', 'h0', 'h1']);
const clippedParams = { ...rowParams, ...rangeParams, ...i32Params(['column', 'columns']) };

/** The columns of a row. */
interface RowSite extends PlaneSite {
  readonly row: RowPlace;
  readonly start: StartWindow;
}

export function emitWindows(scope: Scope, { plane, operands }: PoolCode, start: StartWindow): KernelFunction {
  const columns = columnFunctions(scope, plane, start);
  return unitFunction(scope, operands, (f, p, unit) => {
    const site = { f, plane };
    emitRow(site, columns, placeRow(site, p, unit));
  });
}

/** `whole` makes the columns inside a row if they have no clipped tap, `clipped` any columns. */
interface ColumnFunctions {
  readonly whole: PointersFunction<keyof typeof rowParams> | null;
  readonly clipped: PointersFunction<keyof typeof clippedParams>;
}

function columnFunctions(scope: Scope, plane: PixelPlane, start: StartWindow): ColumnFunctions {
  const [depth, height, width] = plane.axes;
  const inside = insideColumns(width);
  const columns = inside.end - inside.first;
  const written = depth.kernel * height.kernel * width.kernel <= unrolledTaps && columns > 0;
  return {
    whole: written
      ? scope.within('.whole').func(rowParams, (f, row) => wholeColumns({ f, plane, row, start }, columns))
      : null,
    clipped: scope.within('.clipped').func(clippedParams, (f, p) =>
      f.range('at', 0, p.columns, 1, () => {
        const site = { f, plane, row: p, start };
        clippedColumn(site, p);
        moveColumns(site, p, 1);
        f.increase(p.column, 1);
      }),
    ),
  };
}

function emitRow(
  site: PlaneSite,
  { whole, clipped }: ColumnFunctions,
  { row, depthTaps, heightTaps }: PlacedRow,
): void {
  const { f, plane } = site;
  const [depth, height, width] = plane.axes;
  const ranges = { d0: depthTaps.first, d1: depthTaps.end, h0: heightTaps.first, h1: heightTaps.end };
  const clip = (column: number, columns: number): void => {
    if (columns > 0) f.run(f.call(clipped, { ...row, ...ranges, column, columns }));
    moveColumns(site, row, columns);
  };
  if (!whole) {
    clip(0, width.output);
    return;
  }
  const { first, end } = insideColumns(width);
  f.if(
    i32.and(areAll(depth, depthTaps), areAll(height, heightTaps)),
    () => {
      clip(0, first);
      f.run(f.call(whole, row));
      moveColumns(site, row, end - first);
      clip(end, width.output - end);
    },
    () => clip(0, width.output),
  );
}

interface PlacedRow {
  readonly row: RowPlace;
  readonly depthTaps: Range;
  readonly heightTaps: Range;
}

function placeRow(site: PlaneSite, p: Pointers, unit: Local<'i32'>): PlacedRow {
  const { f, plane } = site;
  const [depth, height, width] = plane.axes;
  const at = rowOf(site, 'output', unit);
  const corner = (axis: typeof depth, o: Local<'i32'>): Local<'i32'> =>
    f.keep(affine([o, axis.stride], -axis.padBefore), 'corner');
  const [top, front] = [corner(height, at.height), corner(depth, at.depth)];
  const cell = f.keep(affine([front, depth.inputStep], [top, height.inputStep]), 'cell');
  f.increase(cell, -width.padBefore);
  const from = affine([affine(cell, [at.image, plane.inputCells]), plane.xPixel]);
  const to = f.keep(affine([unit, width.output * plane.yPixel]), 'row');
  const rowInPlane = i32.remU(unit, depth.output * height.output);
  const row = {
    x: f.keep(address(p.x, from), 'window'),
    y: f.keep(address(p.y, to), 'result'),
    indices: f.keep(p.indices ? address(p.indices, to) : i32.const(0), 'resultIndices'),
    scale: f.keep(
      p.scale ? address(p.scale, [rowInPlane, width.output * floatBytes]) : i32.const(0),
      'scaleOfRow',
    ),
    cell,
  };
  return { row, depthTaps: realTaps(f, depth, front), heightTaps: realTaps(f, height, top) };
}

function moveColumns({ f, plane }: PlaneSite, row: RowPlace, columns: number): void {
  if (columns === 0) return;
  const { stride } = plane.axes[2];
  f.increase(row.x, columns * stride * plane.xPixel);
  f.increase(row.y, columns * plane.yPixel);
  f.increase(row.indices, columns * plane.yPixel);
  f.increase(row.scale, columns * floatBytes);
  f.increase(row.cell, columns * stride);
}

/** Runs `taps` for each block of channels of one window, and stores the results. */
function overChannels(
  { f, plane, row, start }: RowSite,
  firstCell: Local<'i32'>,
  taps: (window: WindowCode, block: Block, x: Local<'i32'>) => void,
): void {
  const lane = contiguousAxis(plane.channels, 3);
  const channels = { lane, vectors: vectorsAtOnce, place: [row.x, row.y, row.indices] };
  overBlocks(f, channels, (block) => {
    const [x, ...arrays] = block.place;
    const window = start(f, { block, firstCell, scale: row.scale });
    taps(window, block, x);
    const results = Array.from({ length: block.vectors }, (_, v) =>
      window.results(v).map((value) => f.keep(value, 'value')),
    );
    results.forEach((values, v) => {
      values.forEach((value, i) => {
        storeLanes(f, value, { at: arrays[i], count: lanesOf(block, v), offset: v * vectorBytes });
      });
    });
  });
}

/** `columns` windows without a clipped tap. */
function wholeColumns(site: RowSite, columns: number): void {
  const { f, plane, row } = site;
  f.repeat(columns, () => {
    overChannels(site, row.cell, (window, block, x) => {
      for (const cells of tapsOf(plane)) {
        const offset = cells * plane.xPixel;
        const cell = once(() => f.keep(i32x4.splat(affine(row.cell, cells)), 'cells'));
        for (let v = 0; v < block.vectors; v++)
          window.tap(v, v128.load(address(x, offset + v * vectorBytes)), cell);
      }
      for (let v = 0; v < block.vectors; v++) window.rest(v);
    });
    moveColumns(site, row, 1);
  });
}

/** All taps in row-major order, in cells of the plane from the window's corner. */
const tapsOf = ({ axes }: PixelPlane): number[] =>
  axes.reduce<number[]>(
    (cells, axis) =>
      cells.flatMap((cell) =>
        Array.from({ length: axis.kernel }, (_, k) => cell + k * axis.dilation * axis.inputStep),
      ),
    [0],
  );

/** The result of the first call, at every call. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function clippedColumn(
  site: RowSite,
  { d0, d1, h0, h1, column }: Pointers<keyof typeof rangeParams | 'column'>,
): void {
  const { f, plane, row } = site;
  const [depth, height, width] = plane.axes;
  const left = f.keep(affine([column, width.stride], -width.padBefore), 'left');
  const taps = realTaps(f, width, left);
  const cellsOf = (d: Code<'i32'>, h: Code<'i32'>): Code<'i32'> =>
    affine([d, depth.dilation * depth.inputStep], [h, height.dilation * height.inputStep]);
  const firstColumn = f.keep(affine([taps.first, width.dilation]), 'firstColumn');
  const firstCell = f.keep(affine(row.cell, cellsOf(d0, h0), firstColumn), 'firstCell');
  overChannels(site, firstCell, (window, block, x) => {
    f.range('d', d0, d1, 1, (d) =>
      f.range('h', h0, h1, 1, (h) => {
        const cells = f.keep(affine(cellsOf(d, h), firstColumn), 'cells');
        const at = f.keep(address(x, [cells, plane.xPixel]), 'tap');
        f.increase(cells, row.cell);
        f.range('w', taps.first, taps.end, 1, () => {
          const cell = once(() => f.keep(i32x4.splat(cells), 'cell'));
          for (let v = 0; v < block.vectors; v++)
            window.tap(v, v128.load(address(at, v * vectorBytes)), cell);
          f.increase(at, width.dilation * plane.xPixel);
          f.increase(cells, width.dilation);
        });
        for (let v = 0; v < block.vectors; v++) window.rest(v);
      }),
    );
  });
}
