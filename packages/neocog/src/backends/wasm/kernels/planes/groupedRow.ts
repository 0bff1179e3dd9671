// The function that does rows of a block of result planes of a grouped convolution. A register tile sums over kernel rows,
// taps of a row, and channels, in the order of the definition; each vector of pixels serves all channels of the block.

import { type Func, type FuncRef, i32, type Local, type Module, v128 } from '../../assembler/index.ts';
import { multiplyAdd } from '../../engine.ts';
import type { Vector } from '../../fused/math.ts';
import { laneOperands } from '../direct/row.ts';
import { type Epilogue, finish, isLate } from '../epilogue.ts';
import { storeLanes } from '../lanes.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { isWhole, type RowTiles } from './depthwiseShape.ts';
import { type GroupedShape, unrollFor } from './groupedShape.ts';

/**
 * Addresses: `source` of the group's first plane, `result` of the block's; `w`, `bias` and extras of kind channel of its first
 * channel; extras of kind pixel are distances from the result. `first`, `last`: rows, from and to.
 */
export type RowsFunction = FuncRef<Record<string, 'i32'>, 'void'>;
type Params = Readonly<Record<string, Local<'i32'>>>;
type Sums = readonly (readonly Local<'v128'>[])[];

/** What all parts of a block's code share. */
interface Site {
  readonly f: Func;
  readonly p: Params;
  readonly s: GroupedShape;
  readonly size: number;
  readonly epilogue: Epilogue;
}

/** `size`: channels of the block. */
export function rowsFunction(
  m: Module,
  name: string,
  s: GroupedShape,
  size: number,
  epilogue: Epilogue,
): RowsFunction {
  const names = ['source', 'w', 'result', ...laneOperands(epilogue), 'first', 'last'];
  const params = Object.fromEntries(names.map((n) => [n, 'i32' as const]));
  const late = isLate(epilogue);
  return m.func(name, params, (f, p: Params) => {
    const site = { f, p, s, size, epilogue: late ? { ...epilogue, formula: null } : epilogue };
    const [source, result] = [f.local('i32', 'sourceTile'), f.local('i32', 'resultTile')];
    f.range('row', p.first, p.last, 1, (row) => {
      const from = f.keep(i32.add(i32.mul(row, s.rows.step), s.rows.start), 'sourceRow');
      const sourceRow = i32.add(p.source, i32.mul(from, s.columns.sources * floatBytes));
      const sourceStart = f.keep(sourceRow, 'sourceStart');
      const resultRow = i32.add(p.result, i32.mul(row, s.columns.results * floatBytes));
      const resultStart = f.keep(resultRow, 'resultStart');
      for (const tiles of s.tiles) {
        f.set(source, i32.add(sourceStart, tiles.base * floatBytes));
        f.set(result, i32.add(resultStart, tiles.first * floatBytes));
        f.repeat(tiles.times, () => {
          doTile(site, tiles, { source, row: from, result });
          f.increase(source, tiles.vectors * vectorBytes);
          f.increase(result, tiles.vectors * vectorBytes);
        });
      }
      if (late) finishRow({ ...site, epilogue }, resultStart);
    });
  });
}

/** Where a tile lies: addresses, and the number of its first source row. */
interface TilePlace {
  readonly source: Local<'i32'>;
  readonly row: Local<'i32'>;
  readonly result: Local<'i32'>;
}

function doTile(site: Site, tiles: RowTiles, at: TilePlace): void {
  const { f, p, s, size, epilogue } = site;
  const sums = Array.from({ length: size }, (_, out) =>
    Array.from({ length: tiles.vectors }, (_, v) => f.local('v128', `sum${out}_${v}_`)),
  );
  sums.forEach((row, out) => {
    for (const sum of row)
      f.set(
        sum,
        epilogue.bias ? v128.load32Splat(p.bias, { offset: out * floatBytes }) : v128.const4F(0, 0, 0, 0),
      );
  });
  const { taps, tapStep, results, step, start, sources } = s.rows;
  const source = f.local('i32', 'sourceRowAt');
  for (let tap = 0; tap < taps; tap++) {
    const body = (): void => {
      f.set(source, i32.add(at.source, tap * tapStep * s.columns.sources * floatBytes));
      sumRow(site, tiles, tap, source, sums);
    };
    const cells = [start, start + (results - 1) * step].map((cell) => cell + tap * tapStep);
    if (cells.every((cell) => cell >= 0 && cell < sources)) body();
    else f.if(i32.ltU(i32.add(at.row, tap * tapStep), sources), body);
  }
  sums.forEach((row, out) => storeRow(site, tiles, row, out, at.result));
}

/** All taps of one kernel row. */
function sumRow(site: Site, tiles: RowTiles, row: number, source: Local<'i32'>, sums: Sums): void {
  const { f, p, s } = site;
  const unroll = unrollFor(s.ins);
  const [x, w] = [f.local('i32', 'xAt'), f.local('i32', 'wAt')];
  const kernel = s.rows.taps * s.columns.taps;
  for (const { tap, loads } of tiles.taps) {
    const used = loads.flatMap(({ column, mask }, v) => (mask ? [{ column, mask, v }] : []));
    if (used.length === 0) continue;
    f.set(x, source);
    f.set(w, i32.add(p.w, (row * s.columns.taps + tap) * floatBytes));
    f.repeat(s.ins / unroll, () => {
      for (let i = 0; i < unroll; i++) sumStep(site, used, { x, w, channel: i }, sums);
      if (s.ins === unroll) return;
      f.increase(x, unroll * s.sourcePlane * floatBytes);
      f.increase(w, unroll * kernel * floatBytes);
    });
  }
}

/** Vectors of a tile that see a tap, with the lanes that do. */
interface Used {
  readonly column: number;
  readonly mask: readonly boolean[];
  readonly v: number;
}

/** One channel's pixels of a tap, times its weight for each channel of the block. */
function sumStep(
  { f, s, size }: Site,
  used: readonly Used[],
  at: { x: Local<'i32'>; w: Local<'i32'>; channel: number },
  sums: Sums,
): void {
  const madd = multiplyAdd(s.engine);
  const kernel = s.rows.taps * s.columns.taps;
  const pixels = used.map(({ column }) =>
    f.keep(v128.load(at.x, { offset: (at.channel * s.sourcePlane + column) * floatBytes }), 'x'),
  );
  // The engine joins neighbours only if both are masked or none is.
  const together = s.engine.wide ? 2 : 1;
  const masked = used.map(({ v }) =>
    used.some((other) => Math.floor(other.v / together) === Math.floor(v / together) && !isWhole(other.mask)),
  );
  for (let out = 0; out < size; out++) {
    const offset = (out * s.ins + at.channel) * kernel * floatBytes;
    const weight = f.keep(v128.load32Splat(at.w, { offset }), 'weight');
    used.forEach(({ mask, v }, i) => {
      const sum = sums[out][v];
      const next = madd(pixels[i], weight, sum);
      f.set(sum, masked[i] ? v128.bitselect(next, sum, insideOf(f, mask)) : next);
    });
  }
}

/** Ones where a lane lies inside. */
function insideOf(f: Func, mask: readonly boolean[]): Local<'v128'> {
  const [a, b, c, d] = mask.map((inside) => (inside ? -1 : 0)) as [number, number, number, number];
  return f.constant(v128.const4I(a, b, c, d), 'inside');
}

/** Finishes the sums of one channel of a tile and stores them. All loads come first: a store between them would keep V8 from pairing. */
function storeRow(
  site: Site,
  tiles: RowTiles,
  sums: readonly Local<'v128'>[],
  out: number,
  result: Local<'i32'>,
): void {
  const plane = out * site.s.resultPlane * floatBytes;
  sums.forEach((sum, v) => finishVector(site, sum, out, result, plane + v * vectorBytes));
  sums.forEach((sum, v) => {
    storeLanes(site.f, result, sum, v === tiles.vectors - 1 ? tiles.kept : 4, plane + v * vectorBytes);
  });
}

function finishVector(
  { f, p, s, epilogue: e }: Site,
  sum: Local<'v128'>,
  out: number,
  result: Local<'i32'>,
  offset: number,
): void {
  if (!e.formula) return;
  const load = (extra: number): Vector =>
    e.extras[extra] === 'channel'
      ? v128.load32Splat(p[`extra${extra}`], { offset: out * floatBytes })
      : v128.load(i32.add(result, p[`extra${extra}`]), { offset });
  f.set(sum, finish(f, e, sum, load, s.engine));
}

/** Applies the formula to the sums of a row, in each plane of the block. */
function finishRow(site: Site, row: Local<'i32'>): void {
  const { f, s, size } = site;
  const { results } = s.columns;
  const [result, sum] = [f.local('i32', 'resultAt'), f.local('v128', 'late')];
  for (let out = 0; out < size; out++) {
    const offset = out * s.resultPlane * floatBytes;
    f.set(result, row);
    const step = (lanes: number): void => {
      f.set(sum, v128.load(result, { offset }));
      finishVector(site, sum, out, result, offset);
      storeLanes(f, result, sum, lanes, offset);
      f.increase(result, lanes * floatBytes);
    };
    if (results >= 4) f.repeat(Math.floor(results / 4), () => step(4));
    if (results % 4 > 0) step(results % 4);
  }
}
