// The function that does bands of rows of one result plane of a depthwise convolution over planes.
//
// A tile's sums stay in registers while the source rows pass. Every vector of source pixels is loaded once and enters the
// sums of all rows that see it; neighbouring taps are loads a few floats apart.

import {
  address,
  affine,
  type Func,
  greater,
  i8x16,
  i32,
  type Local,
  less,
  type Scope,
  v128,
} from '../../assembler/index.ts';
import { type Engine, multiplyAdd } from '../../engine.ts';
import type { Vector } from '../../fused/math.ts';
import { type Epilogue, laneOperands, splitLate } from '../epilogue.ts';
import { laneMask, loadLanes } from '../lanes.ts';
import { type CodeSite, i32Params, type Pointers, type PointersFunction } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { grid } from '../tiles.ts';
import {
  type BandRun,
  type BandSource,
  type DepthwiseShape,
  isWhole,
  type RowTiles,
} from './depthwiseShape.ts';
import { finishPixels, firstSum, lateSums, storePixels } from './results.ts';

/** What all parts of a plane's code share. */
interface Site extends CodeSite<DepthwiseShape> {
  readonly engine: Engine;
  readonly epilogue: Epilogue;
  readonly weight: (row: number, column: number) => Local<'v128'>;
}

/**
 * Addresses: `source`, `result` of the planes; `w` of the plane's weights; `bias` and extras of kind channel of its value;
 * extras of kind pixel are distances from the result. `first`, `last`: bands, from and to.
 */
export function planeFunction(scope: Scope, s: DepthwiseShape, epilogue: Epilogue): PointersFunction {
  const { stored, late } = splitLate(epilogue);
  const names = ['source', 'w', 'result', ...laneOperands(epilogue), 'first', 'last'];
  return scope.func(i32Params(names), (f, p) => {
    const site = { f, p, s, engine: s.engine, epilogue: stored, weight: weightsOf(f, p, s) };
    for (const run of s.bands) overBands(site, run);
    if (late) for (const run of s.bands) finishBands({ ...site, epilogue: late }, run);
  });
}

/** A tap's weight in all lanes: from a register that holds it all the time, or loaded anew. */
function weightsOf(f: Func, p: Pointers, { rows, columns, held }: DepthwiseShape): Site['weight'] {
  const load = (tap: number): Vector => v128.load32Splat(address(p.w, tap * floatBytes));
  if (held) {
    const all = Array.from({ length: rows.taps * columns.taps }, (_, tap) => f.keep(load(tap), 'w'));
    return (row, column) => all[row * columns.taps + column];
  }
  const weight = f.local('v128', 'w');
  return (row, column) => {
    f.set(weight, load(row * columns.taps + column));
    return weight;
  };
}

/** Which bands of a run are asked for: numbers within the run. */
function bandRange({ f, p }: Site, run: BandRun) {
  return {
    from: f.keep(greater(affine(p.first, -run.firstBand), 0), 'bandFrom'),
    to: f.keep(less(affine(p.last, -run.firstBand), run.times), 'bandTo'),
  };
}

function overBands(site: Site, run: BandRun): void {
  const { f, p, s } = site;
  const { from, to } = bandRange(site, run);
  const [source, result] = [f.pointer('sourceTile', p.source), f.pointer('resultTile', p.result)];
  f.range('band', from, to, 1, (band) => {
    const first = f.keep(affine([band, run.size], run.first), 'firstRow');
    const row = f.keep(affine([first, s.rows.step], s.rows.start), 'sourceRow');
    const sourceBand = f.keep(address(p.source, [row, s.columns.sources * floatBytes]), 'sourceBand');
    const resultBand = f.keep(address(p.result, [first, s.columns.results * floatBytes]), 'resultBand');
    for (const tiles of s.tiles) {
      f.set(source, address(sourceBand, tiles.base * floatBytes));
      f.set(result, address(resultBand, tiles.first * floatBytes));
      f.repeat(tiles.times, () => {
        doTile({ ...site, run, tiles }, { source, row, result });
        f.increase(source, tiles.vectors * s.columns.step * vectorBytes);
        f.increase(result, tiles.vectors * vectorBytes);
      });
    }
  });
}

/** Where a tile lies: addresses, and the number of its first source row. */
interface TilePlace {
  readonly source: Local<'i32'>;
  readonly row: Local<'i32'>;
  readonly result: Local<'i32'>;
}

/** Tiles of a band. */
interface Tiles extends Site {
  readonly run: BandRun;
  readonly tiles: RowTiles;
}

/** A tile with its sums, `[row][vector]`, and vectors of ones where lanes lie inside. */
interface Tile extends Tiles {
  readonly sums: readonly (readonly Local<'v128'>[])[];
  readonly masks: ReadonlyMap<string, Local<'v128'>>;
}

function doTile(site: Tiles, at: TilePlace): void {
  const { f, s, run, tiles } = site;
  const sums = grid(f, 'sum', [run.size, tiles.vectors]);
  for (const sum of sums.flat()) f.set(sum, firstSum(site, 0));
  const masks = masksOf(f, tiles);
  const source = f.pointer('sourceRowAt', at.source);
  for (const from of run.sources) {
    if (from.inside === 'never') continue;
    const body = (): void => {
      f.set(source, address(at.source, from.row * s.columns.sources * floatBytes));
      sumRow({ ...site, sums, masks }, from, source);
    };
    if (from.inside === 'always') body();
    else f.if(i32.ltU(affine(at.row, from.row), s.rows.sources), body);
  }
  const lanes = 4 * (tiles.vectors - 1) + tiles.kept;
  sums.forEach((row, r) => {
    storePixels(site, row, {
      at: at.result,
      lanes,
      channel: 0,
      offset: r * s.columns.results * floatBytes,
    });
  });
}

const maskName = (mask: readonly boolean[]): string => mask.map(Number).join('');

/** Vectors of ones where a lane lies inside, one for each pattern of a tile, if any has lanes outside. */
function masksOf(f: Func, tiles: RowTiles): ReadonlyMap<string, Local<'v128'>> {
  const masks = new Map<string, Local<'v128'>>();
  const patterns = tiles.taps.flatMap((t) => t.loads.flatMap(({ mask }) => (mask ? [mask] : [])));
  if (patterns.every(isWhole)) return masks;
  for (const mask of patterns) {
    if (masks.has(maskName(mask))) continue;
    masks.set(maskName(mask), f.keep(laneMask(mask), 'inside'));
  }
  return masks;
}

/** One source row into all sums that see it. */
function sumRow({ f, s, weight, tiles, sums, masks }: Tile, from: BandSource, source: Local<'i32'>): void {
  const madd = multiplyAdd(s.engine);
  const pixels = pixelLoader(f, s, source);
  for (const { tap, loads } of tiles.taps) {
    const used = loads.flatMap(({ column, mask }, v) => (mask ? [{ column, mask, v }] : []));
    if (used.length === 0) continue;
    const x = used.map(({ column, v }) => pixels(column, v));
    const masked = used.map(({ v }) => isMasked(used, v, s.engine.wide ? 2 : 1));
    for (const use of from.uses) {
      const w = weight(use.tap, tap);
      used.forEach(({ mask, v }, i) => {
        const sum = sums[use.result][v];
        const next = madd(x[i], w, sum);
        f.set(sum, masked[i] ? v128.bitselect(next, sum, masks.get(maskName(mask)) as Local<'v128'>) : next);
      });
    }
  }
}

/** Whether any of the vectors that go together with `v` has lanes outside: the engine joins those of which all are masked, or none. */
const isMasked = (
  used: readonly { v: number; mask: readonly boolean[] }[],
  v: number,
  together: number,
): boolean =>
  used.some((other) => Math.floor(other.v / together) === Math.floor(v / together) && !isWhole(other.mask));

/** Four pixels `step` columns apart, from `column` on, for vector `v` of a tile. */
function pixelLoader(f: Func, s: DepthwiseShape, source: Local<'i32'>) {
  const { step } = s.columns;
  const registers = new Map<number, Local<'v128'>>();
  const register = (v: number): Local<'v128'> => {
    const known = registers.get(v) ?? f.local('v128', `x${v}_`);
    registers.set(v, known);
    return known;
  };
  const pairs = pairLoader(f, source);
  return (column: number, v: number): Local<'v128'> => {
    const offset = column * floatBytes;
    f.set(
      register(v),
      step === 1
        ? v128.load(address(source, offset))
        : step === 2
          ? pairs(column, v)
          : loadLanes({ at: source, count: 4, step: step * floatBytes, offset }),
    );
    return register(v);
  };
}

/** Every other of eight pixels. Those of the next column come from the same two vectors. */
function pairLoader(f: Func, source: Local<'i32'>) {
  const loaded = new Map<number, { column: number; low: Local<'v128'>; high: Local<'v128'> }>();
  return (column: number, v: number): Vector => {
    const known = loaded.get(v);
    if (known && column === known.column + 1) return everyOther(known.low, known.high, 1);
    const low = known?.low ?? f.local('v128', 'low');
    const high = known?.high ?? f.local('v128', 'high');
    f.set(low, v128.load(address(source, column * floatBytes)));
    f.set(high, v128.load(address(source, column * floatBytes + vectorBytes)));
    loaded.set(v, { column, low, high });
    return everyOther(low, high, 0);
  };
}

const everyOther = (low: Vector, high: Vector, first: number): Vector =>
  i8x16.shuffle(
    low,
    high,
    [0, 2, 4, 6].flatMap((lane) => [0, 1, 2, 3].map((byte) => (lane + first) * 4 + byte)),
  );

/** Applies the formula to the sums of bands, which lie one after the other. */
function finishBands(site: Site, run: BandRun): void {
  const { f, p, s } = site;
  const { from, to } = bandRange(site, run);
  const lanes = run.size * s.columns.results;
  const [at, sums] = [f.pointer('resultAt', p.result), lateSums(site)];
  f.range('band', from, to, 1, (band) => {
    const first = affine([band, lanes], run.first * s.columns.results);
    f.set(at, address(p.result, [first, floatBytes]));
    finishPixels(site, sums, { at, offset: 0, lanes, channel: 0 });
  });
}
