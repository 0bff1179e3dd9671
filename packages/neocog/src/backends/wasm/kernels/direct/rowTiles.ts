// How a row of pixels and the lanes of a group are cut into register tiles: `pixels × vectors` sums of 4 floats each.
// The model of a tile's speed chooses among tiles; it knows nothing of memory beyond the first cache.

import type { SumAxis } from '../../../../geometry/sumAxis.ts';
import { type Engine, freeRegisters, type Tile, tilesOf } from '../../engine.ts';
import { evenTiles, padToVectors } from '../tiles.ts';
import { type ClipPlan, isInside, validTaps } from './clipPlan.ts';

/** Vectors of lanes side by side, and pixels that go with them. `kept` of the lanes are stored. */
export interface BlockRun extends Tile {
  /** Number within the group of the run's first block, how many follow each other, and the first lane. */
  readonly first: number;
  readonly times: number;
  readonly lane: number;
  /** 4 × vectors, unless the lanes behind the group's last belong to somebody else. */
  readonly kept: number;
  /** A step is one channel of all taps of a row, not of one: each pixel is read once for all that see it. */
  readonly shared: boolean;
}

/** What the tiles of a row depend on. */
export interface RowOfPixels extends Pick<SumAxis, 'results' | 'step' | 'taps' | 'tapStep'> {
  /** One of several groups: its few channels are not worth the loads of a step each. */
  readonly grouped: boolean;
  /** See `ClipPlan`. */
  readonly joined?: number | undefined;
}

/** Bytes of weights per cycle from the second cache: those of a block seldom fit into the first. */
const weightRate = 20;

export const rowOfPixels = ({ axes, groups, joined }: ClipPlan): RowOfPixels => ({
  ...axes[axes.length - 1],
  grouped: groups > 1 || joined !== undefined,
  joined,
});

/** A tile and how its steps are made. */
export type Stepping = Tile & Pick<BlockRun, 'shared'>;

/**
 * Cycles for one tap and channel of a tile: two multiply-adds or two loads per cycle, and 4 until a sum can be added to again.
 * Shared steps are as long for all taps together.
 */
export function stepCycles(
  e: Engine,
  { pixels, vectors, shared }: Stepping,
  { taps, step, tapStep }: RowOfPixels,
): number {
  const columns = e.wide ? Math.ceil(vectors / 2) : vectors;
  const together = shared ? taps : 1;
  const products = pixels * columns * together;
  const read = shared ? columnCount({ step, tapStep }, taps, pixels) : pixels;
  const weights = vectors * together;
  const cycles = Math.max(products / 2, (read + columns * together) / 2, (weights * 16) / weightRate);
  return Math.max(4, cycles / together);
}

/** Cycles per vector of lanes for a row of pixels, per tap and channel. */
function rowCycles(e: Engine, tile: Stepping, row: RowOfPixels): number {
  const tiles = evenTiles(row.results, tile.pixels);
  const cycles = tiles.reduce((sum, t) => sum + t.times * stepCycles(e, { ...tile, pixels: t.size }, row), 0);
  return cycles / tile.vectors;
}

/** The tile for a row of pixels that takes at most `vectors`; of equals the one that loads less often. */
function tileFor(e: Engine, row: RowOfPixels, vectors: number): Stepping {
  const plain = tilesOf(e).map((t) => ({ ...t, shared: false }));
  const known = row.joined ? sharedTiles(e, row) : [...plain, ...sharedTiles(e, row)];
  const fitting = known.filter((t) => t.vectors <= vectors);
  const loads = (t: Tile): number => 1 / Math.min(t.pixels, row.results) + 1 / t.vectors;
  const costs = fitting.map((t) => rowCycles(e, t, row) * (1 + 1e-3 * loads(t)));
  return fitting[costs.reduce((best, cost, i) => (cost < costs[best] ? i : best), 0)];
}

/** Tiles whose shared steps hold the weights of all taps of a row, a pixel, and if that is a vector its four splats in turn. */
function sharedTiles(e: Engine, { taps, grouped, joined }: RowOfPixels): Stepping[] {
  if (!e.keepsOrder || !grouped) return [];
  return (joined ? [joined] : e.wide ? [1, 2, 4] : [1, 2]).flatMap((vectors) => {
    const columns = e.wide ? Math.ceil(vectors / 2) : vectors;
    const free = freeRegisters(e, columns * taps + (joined ? 2 : 1));
    const pixels = Math.floor(free / columns);
    return pixels < 1 ? [] : [{ vectors, pixels, shared: true }];
  });
}

/** Blocks of a group's lanes in order. `exact` says that nothing may be written behind the last of them. */
export function cutLanes(
  e: Engine,
  row: RowOfPixels,
  { count: lanes, exact }: { count: number; exact: boolean },
): BlockRun[] {
  const runs: BlockRun[] = [];
  const partial = exact && lanes % 4 !== 0;
  let [first, lane] = [0, 0];
  for (let left = padToVectors(lanes) / 4; left > 0; ) {
    // A vector that is stored in part stands alone, so that whole ones still go in pairs.
    const whole = partial && left > 1 ? left - 1 : left;
    const tile = tileFor(e, row, whole);
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
export function cutRow(axis: SumAxis, most: number): TileRun[] {
  const runs: TileRun[] = [];
  let [firstTile, firstPixel] = [0, 0];
  for (const { size, times } of evenTiles(axis.results, most)) {
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

/** How many pixels a whole tile sees. */
function columnCount(
  { step, tapStep }: Pick<SumAxis, 'step' | 'tapStep'>,
  taps: number,
  pixels: number,
): number {
  const columns = new Set<number>();
  for (let tap = 0; tap < taps; tap++)
    for (let pixel = 0; pixel < pixels; pixel++) columns.add(tap * tapStep + pixel * step);
  return columns.size;
}

/** A pixel of the row, in pixels from a tile's first one at tap 0, and the sums that see it, each with the tap that it meets. */
export interface PixelPlace {
  readonly column: number;
  readonly uses: readonly { readonly tap: number; readonly pixel: number }[];
}

/** The pixels of a tile, each with all who see it, in order. */
export function pixelPlaces(
  { step, tapStep }: Pick<SumAxis, 'step' | 'tapStep'>,
  segments: readonly Segment[],
): PixelPlace[] {
  const uses = segments.flatMap(({ from, to, low, high }) =>
    Array.from({ length: to - from }, (_, t) =>
      Array.from({ length: high - low }, (_, i) => ({ tap: from + t, pixel: low + i })),
    ).flat(),
  );
  const columnOf = (u: { tap: number; pixel: number }): number => u.tap * tapStep + u.pixel * step;
  const columns = [...new Set(uses.map(columnOf))].sort((a, b) => a - b);
  return columns.map((column) => ({ column, uses: uses.filter((u) => columnOf(u) === column) }));
}

function segmentsOf(axis: SumAxis, firstPixel: number, size: number): Segment[] {
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

export const tileCount = (axis: SumAxis, most: number): number => Math.ceil(axis.results / most);
