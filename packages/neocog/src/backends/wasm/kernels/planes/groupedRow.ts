// The function that does rows of a block of result planes of a grouped convolution. A register tile sums over kernel rows,
// taps of a row, and channels, in the order of the definition; each vector of pixels serves all channels of the block.

import { address, affine, type Func, i32, type Local, type Scope, v128 } from '../../assembler/index.ts';
import { multiplyAdd } from '../../engine.ts';
import { type Epilogue, laneOperands, splitLate } from '../epilogue.ts';
import { laneMask } from '../lanes.ts';
import { i32Params, type Pointers, type PointersFunction } from '../pointers.ts';
import { floatBytes, vectorBytes } from '../sizes.ts';
import { grid } from '../tiles.ts';
import { isWhole, type RowTiles } from './depthwiseShape.ts';
import { type GroupedShape, unrollFor } from './groupedShape.ts';
import { finishPixels, firstSum, lateSums, storePixels } from './results.ts';

/** What the function of a block is made for. */
interface Block {
  readonly s: GroupedShape;
  /** Channels of the block. */
  readonly size: number;
  readonly epilogue: Epilogue;
}

/** What all parts of its code share. */
interface Site extends Block {
  readonly f: Func;
  readonly p: Pointers;
  readonly engine: GroupedShape['engine'];
}

/**
 * Addresses: `source` of the group's first plane, `result` of the block's; `w`, `bias` and extras of kind channel of its first
 * channel; extras of kind pixel are distances from the result. `first`, `last`: rows, from and to.
 */
export function rowsFunction(scope: Scope, block: Block): PointersFunction {
  const { s } = block;
  const { stored, late } = splitLate(block.epilogue);
  const names = ['source', 'w', 'result', ...laneOperands(block.epilogue), 'first', 'last'];
  return scope.func(i32Params(names), (f, p) => {
    const site = { ...block, f, p, engine: s.engine, epilogue: stored };
    const [source, result] = [f.pointer('sourceTile', p.source), f.pointer('resultTile', p.result)];
    f.range('row', p.first, p.last, 1, (row) => {
      const from = f.keep(affine([row, s.rows.step], s.rows.start), 'sourceRow');
      const sourceRow = address(p.source, [from, s.columns.sources * floatBytes]);
      const sourceStart = f.keep(sourceRow, 'sourceStart');
      const resultRow = address(p.result, [row, s.columns.results * floatBytes]);
      const resultStart = f.keep(resultRow, 'resultStart');
      for (const tiles of s.tiles) {
        f.set(source, address(sourceStart, tiles.base * floatBytes));
        f.set(result, address(resultStart, tiles.first * floatBytes));
        f.repeat(tiles.times, () => {
          doTile(site, tiles, { source, row: from, result });
          f.increase(source, tiles.vectors * vectorBytes);
          f.increase(result, tiles.vectors * vectorBytes);
        });
      }
      if (late) finishRow({ ...site, epilogue: late }, resultStart);
    });
  });
}

/** Where a tile lies: addresses, and the number of its first source row. */
interface TilePlace {
  readonly source: Local<'i32'>;
  readonly row: Local<'i32'>;
  readonly result: Local<'i32'>;
}

/** A tile with its sums, `[channel][vector]`. */
interface Tile extends Site {
  readonly tiles: RowTiles;
  readonly sums: readonly (readonly Local<'v128'>[])[];
}

function doTile(site: Site, tiles: RowTiles, at: TilePlace): void {
  const { f, s, size } = site;
  const sums = grid(f, 'sum', [size, tiles.vectors]);
  sums.forEach((row, out) => {
    for (const sum of row) f.set(sum, firstSum(site, out));
  });
  const { taps, tapStep, results, step, start, sources } = s.rows;
  const source = f.pointer('sourceRowAt', at.source);
  for (let tap = 0; tap < taps; tap++) {
    const body = (): void => {
      f.set(source, address(at.source, tap * tapStep * s.columns.sources * floatBytes));
      sumRow({ ...site, tiles, sums }, tap, source);
    };
    const cells = [start, start + (results - 1) * step].map((cell) => cell + tap * tapStep);
    if (cells.every((cell) => cell >= 0 && cell < sources)) body();
    else f.if(i32.ltU(affine(at.row, tap * tapStep), sources), body);
  }
  const lanes = 4 * (tiles.vectors - 1) + tiles.kept;
  sums.forEach((row, channel) => {
    storePixels(site, row, { at: at.result, offset: channel * s.resultPlane * floatBytes, lanes, channel });
  });
}

/** All taps of one kernel row. */
function sumRow(tile: Tile, row: number, source: Local<'i32'>): void {
  const { f, p, s, tiles } = tile;
  const unroll = unrollFor(s.ins);
  const [x, w] = [f.pointer('xAt', source), f.pointer('wAt', p.w)];
  const kernel = s.rows.taps * s.columns.taps;
  for (const { tap, loads } of tiles.taps) {
    const used = loads.flatMap(({ column, mask }, v) => (mask ? [{ column, mask, v }] : []));
    if (used.length === 0) continue;
    f.set(x, source);
    f.set(w, address(p.w, (row * s.columns.taps + tap) * floatBytes));
    f.repeat(s.ins / unroll, () => {
      for (let channel = 0; channel < unroll; channel++) sumStep(tile, used, { x, w, channel });
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
  { f, s, size, sums }: Tile,
  used: readonly Used[],
  at: { x: Local<'i32'>; w: Local<'i32'>; channel: number },
): void {
  const madd = multiplyAdd(s.engine);
  const kernel = s.rows.taps * s.columns.taps;
  const pixels = used.map(({ column }) =>
    f.keep(v128.load(address(at.x, (at.channel * s.sourcePlane + column) * floatBytes)), 'x'),
  );
  // The engine joins neighbours only if both are masked or none is.
  const together = s.engine.wide ? 2 : 1;
  const masked = used.map(({ v }) =>
    used.some((other) => Math.floor(other.v / together) === Math.floor(v / together) && !isWhole(other.mask)),
  );
  for (let out = 0; out < size; out++) {
    const offset = (out * s.ins + at.channel) * kernel * floatBytes;
    const weight = f.keep(v128.load32Splat(address(at.w, offset)), 'weight');
    used.forEach(({ mask, v }, i) => {
      const sum = sums[out][v];
      const next = madd(pixels[i], weight, sum);
      f.set(sum, masked[i] ? v128.bitselect(next, sum, f.constant(laneMask(mask), 'inside')) : next);
    });
  }
}

/** Applies the formula to the sums of a row, in each plane of the block. */
function finishRow(site: Site, row: Local<'i32'>): void {
  const { f, s, size } = site;
  const [at, sums] = [f.pointer('resultAt', row), lateSums(site)];
  for (let channel = 0; channel < size; channel++) {
    f.set(at, row);
    const offset = channel * s.resultPlane * floatBytes;
    finishPixels(site, sums, { at, offset, lanes: s.columns.results, channel });
  }
}
