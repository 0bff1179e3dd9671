// A depthwise convolution, its input gradient or its weight gradient as rows of a sum, lanes over channels: which axis the
// tiles lie along, how the channels split into blocks of vectors, and what a unit of work is.
//
// `source` is what all three read through the window: x, or for the input gradient y. `result` is the other one: y or x.

import { type SumAxis, sumAxis } from '../../../../geometry/sumAxis.ts';
import { oneCell, product, rowMajor } from '../../../../geometry/window.ts';
import { type Engine, enoughUnits, freeRegisters } from '../../engine.ts';
import type { ConvTask } from '../convPlan.ts';
import { perTask } from '../perTask.ts';
import { statedProducts, type TileRun, tileRuns } from './row.ts';

/**
 * The source channel of lane i of the result, with `multiplier` m outputs per input: `same` i, `spread` ⌊i / m⌋, and
 * `collect` i·m + j, summed over j as if it were an axis of taps.
 */
export type LaneSource = 'same' | 'spread' | 'collect';

export interface DepthwiseShape {
  readonly batch: number;
  /** Of the result. */
  readonly channels: number;
  readonly multiplier: number;
  readonly lanes: LaneSource;
  readonly outer: readonly SumAxis[];
  /** Tiles lie along this one. */
  readonly inner: SumAxis;
  readonly runs: readonly TileRun[];
  /** Taps whose weights are held in registers at a time. */
  readonly heldTaps: number;
  /** Vectors of a block; the last block may have fewer. */
  readonly vectors: number;
  readonly sourcePitch: number;
  /** Floats, or words of pairs. */
  readonly resultPitch: number;
  readonly pairs: boolean;
  readonly engine: Engine;
}

/** Straight-line multiply-adds of one row beyond which taps are walked one by one. */
const mostStatedProducts = 1500;
const mostHeldTaps = 7;
const mostTile = 10;

export const depthwiseShape = perTask(shapeOf);

function shapeOf(task: ConvTask): DepthwiseShape {
  const { geometry: g, kernel, xPitch, yPitch, engine, epilogue } = task;
  const axes = g.axes.map((a) => sumAxis(a, kernel));
  const multiplier = g.outChannels / g.inChannels;
  const grad = kernel === 'inputGrad';
  const lanes: LaneSource = multiplier === 1 ? 'same' : grad ? 'collect' : 'spread';
  const common = {
    batch: g.batch,
    channels: grad ? g.inChannels : g.outChannels,
    ...{ multiplier, lanes, engine, pairs: epilogue.pairs === true },
    sourcePitch: grad ? yPitch : xPitch,
    resultPitch: grad ? xPitch : yPitch,
  };
  const inner = axes[axes.length - 1];
  const heldTaps = Math.min(inner.taps, mostHeldTaps);
  const most = tileSize({ engine, kernel }, inner, heldTaps);
  const runs = tileRuns(inner, endsPairing(common, inner) ? Math.min(most, inner.divide) : most);
  if (statedProducts(runs) <= mostStatedProducts) {
    const vectors = engine.wide && lanes === 'same' ? 2 : 1;
    return { ...common, outer: axes.slice(0, -1), inner, runs, heldTaps, vectors };
  }
  const vectors = lanes === 'same' ? 4 : 1;
  const cell = sumAxis(oneCell, 'conv');
  return { ...common, outer: axes, inner: cell, runs: tileRuns(cell, 1), heldTaps: 1, vectors };
}

/** Sums of a weight gradient side by side: enough to hide the latency of an addition, and no more than leave room for y. */
const gradientChains = 10;

/** Sums that a gradient keeps of each tap's products, each over some pixels of a tile. */
export const gradientSums = (heldTaps: number): number => Math.floor(gradientChains / heldTaps);

/**
 * Pixels of a tile. In registers are: for a convolution a sum per pixel and the weights of the held taps, for a weight
 * gradient y per pixel and the sums of the held taps; a source vector; without fused multiply-add a product. Where the compiler
 * moves all loads of a loop's body to its top, every source column takes one more.
 */
function tileSize(
  { engine: e, kernel }: Pick<ConvTask, 'engine' | 'kernel'>,
  a: SumAxis,
  heldTaps: number,
): number {
  const held = heldTaps * (kernel === 'weightGrad' ? gradientSums(heldTaps) : 1);
  const free = freeRegisters(e, held + 1) + (e.wide ? 15 : 0);
  const pixels = e.keepsOrder ? free : Math.floor((free - heldTaps + 1) / (1 + a.step / a.divide));
  return Math.max(1, Math.min(mostTile, pixels));
}

/**
 * Whether a tile is to end with a period of taps. V8 13 (Node 24) crashes while it joins sums of one vector, side by side in memory,
 * in pairs, of which the first meets one source column, the next two, the third one and the fourth two, as with stride 4.
 */
const endsPairing = (
  { engine, resultPitch }: Pick<DepthwiseShape, 'engine' | 'resultPitch'>,
  { divide }: SumAxis,
): boolean => engine.wide && resultPitch === 4 && divide > 1;

/** Taps of all axes, those of channels collected by the input gradient included. */
export const tapsOf = (s: DepthwiseShape): number => outerTaps(s) * s.inner.taps;

/** Rows of the window, `inner.taps` weights each. */
export const outerTaps = (s: DepthwiseShape): number =>
  product(s.outer.map((a) => a.taps)) * (s.lanes === 'collect' ? s.multiplier : 1);

export const vectorsOf = (s: DepthwiseShape): number => Math.ceil(s.channels / 4);
export const rowsOf = (s: DepthwiseShape): number => product(s.outer.map((a) => a.results));

/** Bytes of weights in blocks: [block][tap][vector of block][4 lanes]. */
export const weightBytesOf = (s: DepthwiseShape): number => vectorsOf(s) * tapsOf(s) * 16;

/** Bytes of the source from one cell of each outer axis to the next; of a whole image. */
export function sourceSteps(s: DepthwiseShape): { cells: number[]; image: number } {
  const sizes = [...s.outer, s.inner].map((a) => a.sources);
  const pixel = s.sourcePitch * 4;
  return { cells: rowMajor(sizes, pixel).slice(0, -1), image: product(sizes) * pixel };
}

/** Units wanted, if the work has them: several threads share them in pieces. */
const wantedUnits = enoughUnits / 2;
/** A chunk is whole cache lines, and so few that its part of a window's rows stays in the first-level cache. */
const chunkVectors = 4;

/** Blocks of a chunk, if there are `others` times as many units as chunks; and how many chunks there are. */
export function chunksOf(s: DepthwiseShape, others: number): { chunkBlocks: number; chunks: number } {
  const blocks = Math.ceil(vectorsOf(s) / s.vectors);
  const full = Math.ceil(vectorsOf(s) / Math.max(chunkVectors, s.vectors));
  const wanted = Math.max(full, Math.min(blocks, Math.ceil(wantedUnits / others)));
  const chunkBlocks = Math.max(1, Math.floor(blocks / wanted));
  return { chunkBlocks, chunks: Math.ceil(blocks / chunkBlocks) };
}

/** How a convolution's work is divided: [image][chunk of blocks][part of a row][row]. */
export interface Division {
  readonly chunkBlocks: number;
  readonly chunks: number;
  /** Parts of the tiles of a row. */
  readonly parts: number;
  readonly units: number;
}

export function divisionOf(s: DepthwiseShape): Division {
  const rows = s.batch * rowsOf(s);
  const tiles = s.runs.reduce((n, r) => n + r.times, 0);
  const chunks = chunksOf(s, rows);
  const parts = Math.min(tiles, Math.ceil(wantedUnits / (rows * chunks.chunks)));
  return { ...chunks, parts, units: rows * chunks.chunks * parts };
}
