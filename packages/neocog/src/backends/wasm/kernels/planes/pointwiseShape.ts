// A convolution of one cell over planes as matrix products y[out][pixel] = Σ w[out][in] · x[in][pixel], one per image and
// group, and how they are cut: pixels into chunks of blocks that are as wide as the register tile, outputs into spans of tiles.
//
// The register tiles are those of the direct kernels with the roles exchanged: their lanes are pixels, and what they take for
// pixels are output channels.

import { product } from '../../../../geometry/window.ts';
import { type Engine, enoughUnits } from '../../engine.ts';
import type { ConvTask } from '../convPlan.ts';
import { type BlockRun, cutLanes, type RowOfPixels } from '../direct/rowTiles.ts';
import { evenTiles } from '../tiles.ts';

/** Chunks of pixels of the same size that follow each other. */
export interface ChunkRun {
  /** Vectors of pixels of a block, and outputs that go with them. */
  readonly vectors: number;
  readonly outs: number;
  /** Pixels of the last vector that exist. */
  readonly kept: number;
  /** Blocks of each chunk. */
  readonly blocks: number;
  readonly firstPixel: number;
  readonly firstChunk: number;
  readonly times: number;
}

export interface PointwiseShape {
  readonly images: number;
  readonly groups: number;
  /** Channels of x and of y per group. */
  readonly ins: number;
  readonly outs: number;
  /** Pixels of an image. */
  readonly cells: number;
  readonly chunks: readonly ChunkRun[];
  /** Parts of a group's outputs, each of which reads the pixels anew. */
  readonly spans: number;
  readonly engine: Engine;
}

/** A chunk's pixels of all inputs fill half of the first cache. */
const chunkBytes = 16 * 1024;
/** Whole lines of 64 bytes, so that they are written at once. */
const leastPixels = 16;
const mostPixels = 64;
/** Tiles of outputs that make the copy of the pixels worth its time. */
const leastTiles = 8;

/** Channels of the result in the role of a row's pixels. */
export const rowOf = (results: number): RowOfPixels => ({
  results,
  step: 1,
  taps: 1,
  tapStep: 1,
  grouped: false,
});

export function pointwiseShape({ geometry: g, engine }: ConvTask): PointwiseShape {
  const [ins, outs] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const cells = product(g.axes.map((a) => a.input));
  const chunks = cutChunks(cutLanes(engine, rowOf(outs), { count: cells, exact: true }), ins);
  const units = g.batch * g.groups * chunkCount(chunks);
  const tiles = Math.min(...chunks.map((c) => tileCountOf(c, outs)));
  const spans = Math.max(1, Math.min(Math.ceil(enoughUnits / units), Math.floor(tiles / leastTiles)));
  return { images: g.batch, groups: g.groups, ins, outs, cells, chunks, spans, engine };
}

function cutChunks(runs: readonly BlockRun[], ins: number): ChunkRun[] {
  const chunks: ChunkRun[] = [];
  let firstChunk = 0;
  for (const run of runs) {
    const width = 4 * run.vectors;
    const pixels = Math.min(mostPixels, Math.max(leastPixels, chunkBytes / (4 * ins)));
    let firstPixel = run.lane;
    for (const { size, times } of evenTiles(run.times, Math.max(1, Math.floor(pixels / width)))) {
      const kept = run.kept - 4 * (run.vectors - 1);
      const { vectors, pixels: outs } = run;
      chunks.push({ vectors, outs, kept, blocks: size, firstPixel, firstChunk, times });
      firstPixel += size * times * width;
      firstChunk += times;
    }
  }
  return chunks;
}

export const chunkCount = (chunks: readonly ChunkRun[]): number => chunks.reduce((n, c) => n + c.times, 0);

export const tileCountOf = (chunk: ChunkRun, outs: number): number => Math.ceil(outs / chunk.outs);

export const unitsOf = (s: PointwiseShape): number => s.images * s.groups * s.spans * chunkCount(s.chunks);

/** Bytes of a chunk's pixels, block by block, as the tiles read them. */
export const panelBytes = (c: ChunkRun, ins: number): number => c.blocks * c.vectors * ins * 16;
