// How the work of a direct kernel becomes units: bands of rows × chunks of lane blocks, in the order that reads the least
// again. Units with consecutive numbers share what is hot: the weights of a chunk, or the rows of a band.

import { product } from '../../../../geometry/window.ts';
import { enoughUnits } from '../../engine.ts';
import { padToVectors } from '../tiles.ts';
import { type ClipPlan, tapsOf } from './clipPlan.ts';
import { type BlockRun, blockCount, tileCount } from './rowTiles.ts';

export interface Split {
  /** What the number of a unit counts last: `rows`, all chunks of a band follow each other; `lanes`, all bands of a chunk. */
  readonly order: 'rows' | 'lanes';
  /** Rows of all images in bands; a row itself in spans of tiles, if its results do not go to planes. */
  readonly bands: number;
  readonly rowsPerBand: number;
  readonly spans: number;
  /** Blocks of all groups in chunks. */
  readonly chunks: number;
  readonly blocksPerChunk: number;
}

export const unitsOf = (s: Split): number => s.bands * s.spans * s.chunks;

/** Half of a second cache of 1 MB, the other half is for what streams through. */
const cacheBytes = 512 * 1024;
/** So many chunks are not cut into bands besides: each would read all weights of its chunk again. */
const enoughChunks = 16;
/** 16 lanes are a line of 64 bytes: chunks of whole lines are not shared between threads. */
const lineLanes = 16;
const leastTilesAhead = 6;
/** x and y of a span of pixels with few channels: the first cache, so that lines of y are filled while they are there. */
const spanBytes = 64 * 1024;

/** What reading an array costs, in bytes: from memory four times as much as from the last cache, of which there are 8 MB. */
const reading = (bytes: number): number => bytes * (bytes > 8 * 1024 * 1024 ? 4 : 1);

export const rowCount = (plan: ClipPlan): number =>
  plan.images * product(plan.axes.slice(0, -1).map((a) => a.results));

export function splitWork(plan: ClipPlan, runs: readonly BlockRun[]): Split {
  const blocks = plan.groups * blockCount(runs);
  const perLane = plan.ins * tapsOf(plan) * 4;
  const weights = plan.groups * padToVectors(plan.lanes) * perLane;
  const input = plan.images * product(plan.axes.map((a) => a.sources)) * plan.xPitch * 4;
  const bandsNeeded = Math.ceil(input / cacheBytes);
  const chunksNeeded = Math.min(blocks, Math.ceil(weights / cacheBytes));
  // For each band all weights pass, or for each block the whole input.
  const byRows = chunksNeeded === 1 ? 0 : bandsNeeded * reading(weights);
  const byLanes = bandsNeeded === 1 ? 0 : blocks * reading(input);
  if (byLanes < byRows) return splitLanes(plan, runs, chunksNeeded);
  return splitRows(plan, runs, { bandsNeeded, weightsStay: chunksNeeded === 1 });
}

/**
 * Over how many tiles of a unit the weights of the next block are to be touched, so that they come while this block is multiplied:
 * where all weights pass once through a cache that is too small for them. 0 for others, and for so few tiles that each would
 * touch several lines a turn.
 */
export function tilesAhead(plan: ClipPlan, run: BlockRun, split: Split): number {
  const weights = plan.groups * padToVectors(plan.lanes) * plan.ins * tapsOf(plan) * 4;
  const axis = plan.axes[plan.axes.length - 1];
  const tiles = split.rowsPerBand * Math.ceil(tileCount(axis, run.pixels) / split.spans);
  return weights > cacheBytes && tiles >= leastTilesAhead ? tiles : 0;
}

const divide = (total: number, parts: number): { count: number; size: number } => {
  const size = Math.ceil(total / Math.max(1, Math.min(total, parts)));
  return { count: Math.ceil(total / size), size };
};

/** How many bands or spans the cache needs, and whether all weights stay in it: else each band reads them again. */
interface BandNeeds {
  readonly bandsNeeded: number;
  readonly weightsStay: boolean;
}

/** Bands first; where there are too few rows, spans of them and chunks. */
function splitRows(
  plan: ClipPlan,
  runs: readonly BlockRun[],
  { bandsNeeded, weightsStay }: BandNeeds,
): Split {
  const bandsWanted = weightsStay ? Math.max(bandsNeeded, enoughUnits) : bandsNeeded;
  const bands = divide(rowCount(plan), bandsWanted);
  const axis = plan.axes[plan.axes.length - 1];
  const tiles = tileCount(axis, Math.min(...runs.map((r) => r.pixels)));
  const perPixel = (plan.xPitch * axis.step + plan.yPitch * axis.yStep) * 4;
  const spansWanted = Math.max(
    weightsStay ? Math.ceil((axis.results * perPixel) / spanBytes) : 1,
    Math.ceil(bandsWanted / bands.count),
  );
  const spans =
    plan.yPlanes || bands.count >= enoughUnits
      ? 1
      : Math.max(1, Math.min(spansWanted, Math.floor(tiles / 2)));
  const chunks = divide(plan.groups * blockCount(runs), Math.ceil(enoughUnits / (bands.count * spans)));
  return {
    order: 'rows',
    ...{ bands: bands.count, rowsPerBand: bands.size, spans },
    ...{ chunks: chunks.count, blocksPerChunk: chunks.size },
  };
}

/** Chunks first, of whole lines; then bands. */
function splitLanes(plan: ClipPlan, runs: readonly BlockRun[], chunksNeeded: number): Split {
  const blocks = plan.groups * blockCount(runs);
  const perLine = Math.max(1, Math.round(lineLanes / (4 * runs[0].vectors)));
  const lines = Math.ceil(blocks / perLine);
  const chunks = divide(blocks, Math.max(chunksNeeded, Math.min(lines, enoughUnits)));
  const more = chunks.count >= enoughChunks ? 1 : Math.ceil(enoughUnits / chunks.count);
  const bands = divide(rowCount(plan), more);
  const axis = plan.axes[plan.axes.length - 1];
  const tiles = tileCount(axis, Math.min(...runs.map((r) => r.pixels)));
  const spansWanted = plan.yPlanes ? 1 : Math.ceil(more / bands.count);
  const spans = Math.max(1, Math.min(spansWanted, Math.floor(tiles / 2)));
  return {
    order: 'lanes',
    ...{ bands: bands.count, rowsPerBand: bands.size, spans },
    ...{ chunks: chunks.count, blocksPerChunk: chunks.size },
  };
}
