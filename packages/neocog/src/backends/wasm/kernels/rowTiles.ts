// How a row of pixels and the lanes of a group are cut into register tiles: `pixels × vectors` sums of 4 floats each.
// The model of a tile's speed chooses among tiles; it knows nothing of memory beyond the first cache.

import type { Engine, Tile } from '../engine.ts';
import { type ClipAxis, isInside, validTaps } from './clipPlan.ts';
import { evenTiles, padToVectors } from './tiles.ts';

/** Vectors of lanes side by side, and pixels that go with them. `kept` of the lanes are stored. */
export interface BlockRun extends Tile {
  /** Number within the group of the run's first block, how many follow each other, and the first lane. */
  readonly first: number;
  readonly times: number;
  readonly lane: number;
  /** 4 × vectors, unless the lanes behind the group's last belong to somebody else. */
  readonly kept: number;
}

/**
 * The most pixels for 1, 2, … vectors (pairs of them if wide). Besides the sums, registers hold the weights of a step or, if they
 * are fewer, its pixels, one of the others, and without fusion the product: 15 in all.
 */
const mostPixels = {
  fused: [10, 6, 3, 2, 2, 2, 1, 1],
  separate: [8, 4, 2, 2, 1, 1, 1, 1],
};

/** Bytes of weights per cycle from the second cache: those of a block seldom fit into the first. */
const weightRate = 20;

/** Cycles for one step of a tile: two multiply-adds or two loads per cycle, and 4 until a sum can be added to again. */
export function stepCycles(e: Engine, { pixels, vectors }: Tile): number {
  const columns = e.wide ? Math.ceil(vectors / 2) : vectors;
  return Math.max(4, (pixels * columns) / 2, (pixels + columns) / 2, (vectors * 16) / weightRate);
}

/** Cycles per vector of lanes for a row of `count` pixels, per step. */
function rowCycles(e: Engine, tile: Tile, count: number): number {
  const tiles = evenTiles(count, tile.pixels);
  const cycles = tiles.reduce(
    (sum, t) => sum + t.times * stepCycles(e, { pixels: t.size, vectors: tile.vectors }),
    0,
  );
  return cycles / tile.vectors;
}

/** The tile for rows of `count` pixels that takes at most `vectors`; of equals the one that loads less often. */
function tileFor(e: Engine, count: number, vectors: number): Tile {
  const columns = e.wide ? 2 : 1;
  const single = { vectors: 1, pixels: e.fma ? 10 : 8 };
  const tiles = mostPixels[e.fma ? 'fused' : 'separate'].map((pixels, i) => ({
    vectors: (i + 1) * columns,
    pixels,
  }));
  const fitting = [single, ...tiles].filter((t) => t.vectors <= vectors);
  const loads = (t: Tile): number => 1 / Math.min(t.pixels, count) + 1 / t.vectors;
  const cost = (t: Tile): number => rowCycles(e, t, count) * (1 + 1e-3 * loads(t));
  return fitting.reduce((best, t) => (cost(t) < cost(best) ? t : best));
}

/** Blocks of a group's lanes in order. `exact` says that nothing may be written behind the last lane. */
export function cutLanes(e: Engine, lanes: number, count: number, exact: boolean): BlockRun[] {
  const runs: BlockRun[] = [];
  const partial = exact && lanes % 4 !== 0;
  let [first, lane] = [0, 0];
  for (let left = padToVectors(lanes) / 4; left > 0; ) {
    // A vector that is stored in part stands alone, so that whole ones still go in pairs.
    const whole = partial && left > 1 ? left - 1 : left;
    const tile = tileFor(e, count, whole);
    const times = Math.floor(whole / tile.vectors);
    const kept = partial && left === 1 ? lanes % 4 : 4 * tile.vectors;
    runs.push({ ...tile, first, times, lane, kept });
    first += times;
    lane += times * 4 * tile.vectors;
    left -= times * tile.vectors;
  }
  return runs;
}

export const blockCount = (runs: readonly BlockRun[]): number => runs.reduce((n, r) => n + r.times, 0);

/** Taps that the same pixels of a tile see: `from ≤ tap < to` and `low ≤ pixel < high`. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly low: number;
  readonly high: number;
}

/** Tiles that follow each other and share their code. */
export interface TileRun {
  /** Pixels of each tile. */
  readonly size: number;
  readonly times: number;
  readonly firstTile: number;
  readonly firstPixel: number;
  readonly segments: readonly Segment[];
}

/** A row of outputs in tiles. Those whose taps are all inside share one run; at the edges each has its own. */
export function cutRow(axis: ClipAxis, most: number): TileRun[] {
  const runs: TileRun[] = [];
  let [firstTile, firstPixel] = [0, 0];
  for (const { size, times } of evenTiles(axis.count, most)) {
    if (isInside(axis)) {
      runs.push({ size, times, firstTile, firstPixel, segments: segmentsOf(axis, firstPixel, size) });
      firstTile += times;
      firstPixel += times * size;
      continue;
    }
    for (let i = 0; i < times; i++, firstTile++, firstPixel += size) {
      const segments = segmentsOf(axis, firstPixel, size);
      const last = runs.at(-1);
      if (last?.size === size && sameSegments(last.segments, segments))
        runs[runs.length - 1] = { ...last, times: last.times + 1 };
      else runs.push({ size, times: 1, firstTile, firstPixel, segments });
    }
  }
  return runs;
}

function segmentsOf(axis: ClipAxis, firstPixel: number, size: number): Segment[] {
  const valid = Array.from({ length: size }, (_, i) => validTaps(axis, firstPixel + i));
  const segments: Segment[] = [];
  for (let tap = 0; tap < axis.taps; tap++) {
    const sees = valid.map(({ from, to }) => from <= tap && tap < to);
    const [low, high] = [sees.indexOf(true), sees.lastIndexOf(true) + 1];
    const last = segments.at(-1);
    if (low < 0) continue;
    if (last && last.to === tap && last.low === low && last.high === high)
      segments[segments.length - 1] = { ...last, to: tap + 1 };
    else segments.push({ from: tap, to: tap + 1, low, high });
  }
  return segments;
}

const sameSegments = (a: readonly Segment[], b: readonly Segment[]): boolean =>
  a.length === b.length &&
  a.every((s, i) => {
    const t = b[i];
    return s.from === t.from && s.to === t.to && s.low === t.low && s.high === t.high;
  });

export const tileCount = (axis: ClipAxis, most: number): number => Math.ceil(axis.count / most);
