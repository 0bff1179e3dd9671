// The weight gradient w[o][c][tap] = Σ over pixels of x[pixel·stride + tap·dilation − pad][c] · y[pixel][o] as matrix
// products that sum over pixels: which taps are taken together, the register tile, and how the work is divided.
//
// A slot is what shares a list of pixels: one tap, or for few channels a whole row of the kernel. Along a slot's run lie the
// weights whose x are neighbours in memory: the channels of the tap, or tap by tap the channels of the row.

import { type SumAxis, sumAxis } from '../../../../geometry/sumAxis.ts';
import { product } from '../../../../geometry/window.ts';
import { type Engine, enoughUnits, freeRegisters, type Tile } from '../../engine.ts';
import type { ConvTask } from '../convPlan.ts';
import { evenTiles } from '../tiles.ts';

export interface WeightGradShape {
  readonly batch: number;
  readonly groups: number;
  /** Channels of x and of y per group. */
  readonly ins: number;
  readonly outs: number;
  readonly outer: readonly SumAxis[];
  readonly inner: SumAxis;
  readonly xPitch: number;
  readonly yPitch: number;
  /** Whether slots are rows of the kernel: x passes through scratch memory, with zeros for what lies outside. */
  readonly rows: boolean;
  /** Arrays whose pixels fall into few sets of the first-level cache: the parts of a band are copied together first. */
  readonly packs: Readonly<Record<'x' | 'y', boolean>>;
  /** Positions of the run × vectors of outs. */
  readonly tile: Tile;
  readonly engine: Engine;
}

/** Below, a tap's channels fill a tile badly, and copying them costs little beside the products. */
const fewChannels = 16;
/** Pixels so many bytes apart, or a multiple, fall into an eighth of the first-level cache's sets or fewer: a band of them does not fit. */
const setsBytes = 512;

export function weightGradShape({ geometry: g, xPitch, yPitch, engine }: ConvTask): WeightGradShape {
  const axes = g.axes.map((a) => sumAxis(a, 'weightGrad'));
  const [ins, outs] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const inner = axes[axes.length - 1];
  const rows = ins < fewChannels && inner.tapStep === 1 && inner.taps > 1;
  const tile = bestTile(engine, rows ? inner.taps * ins : ins, Math.ceil(outs / 4));
  const channels = { batch: g.batch, groups: g.groups, ins, outs };
  const conflicts = (channels: number, floats: number): boolean =>
    channels >= lineFloats && (floats * 4) % setsBytes === 0;
  const packs = { x: !rows && conflicts(ins, xPitch * inner.step), y: conflicts(outs, yPitch) };
  return { ...channels, outer: axes.slice(0, -1), inner, xPitch, yPitch, rows, packs, tile, engine };
}

export const tapsOf = (s: WeightGradShape): number => product(s.outer.map((a) => a.taps)) * s.inner.taps;
export const slotsOf = (s: WeightGradShape): number => tapsOf(s) / (s.rows ? s.inner.taps : 1);
/** Positions of a slot. */
export const runOf = (s: WeightGradShape): number => s.ins * (s.rows ? s.inner.taps : 1);
export const outVectors = (s: WeightGradShape): number => Math.ceil(s.outs / 4);
export const weightsOf = (s: WeightGradShape): number => s.groups * s.outs * s.ins * tapsOf(s);

/** The tile that covers a slot in the fewest cycles per pixel. */
function bestTile(e: Engine, run: number, vectors: number): Tile {
  let best = { cycles: Infinity, tile: { pixels: 1, vectors: 1 } };
  for (const v of tileWidths(e, vectors)) {
    for (let p = 1; p <= run && fits(e, p, v); p++) {
      const cycles = coverCycles(e, { run, vectors }, { pixels: p, vectors: v });
      if (cycles < best.cycles) best = { cycles, tile: { pixels: p, vectors: v } };
    }
  }
  return best.tile;
}

/** Vectors of a tile. With wide SIMD pairs are one operation; three of them side by side already spill. */
const tileWidths = (e: Engine, vectors: number): number[] =>
  (e.wide ? [1, 2, 4] : [1, 2, 3, 4, 5, 6, 7, 8]).filter((v) => v <= vectors);

/** Operations that the code's vector operations become. */
const operations = (e: Engine, vectors: number): number =>
  e.wide && vectors % 2 === 0 ? vectors / 2 : vectors;

/**
 * Whether sums, a row of y and one x fit into the registers. A compiler that moves all loads of a loop's body to its top needs a register for every x.
 */
function fits(e: Engine, positions: number, vectors: number): boolean {
  const columns = operations(e, vectors);
  const xs = e.keepsOrder ? 1 : positions;
  return freeRegisters(e, columns + xs) >= positions * columns;
}

/** Cycles that the tiles of a slot take for a pixel. */
export const pixelCycles = (s: WeightGradShape): number =>
  coverCycles(s.engine, { run: runOf(s), vectors: outVectors(s) }, s.tile);

function coverCycles(e: Engine, { run, vectors }: { run: number; vectors: number }, tile: Tile): number {
  const rest = vectors % tile.vectors;
  const along = (v: number): number =>
    evenTiles(run, tile.pixels).reduce((sum, { size, times }) => sum + times * tileCycles(e, size, v), 0);
  return Math.floor(vectors / tile.vectors) * along(tile.vectors) + (rest > 0 ? along(rest) : 0);
}

/**
 * Cycles per pixel of a core with two multiply-adds and two loads a cycle, six operations in all, and a latency of four; and a
 * little for every operation, so that of tiles that are equally fast the one with the fewest is taken.
 */
function tileCycles(e: Engine, positions: number, vectors: number): number {
  const columns = operations(e, vectors);
  const products = positions * columns;
  const loads = positions + columns;
  const all = products * (e.fma ? 1 : 2) + loads + 7;
  return Math.max(products / 2, loads / 2, e.fma ? 4 : 3, all / 6) + all / 50;
}

/** A run is cut into tiles as even as possible, larger ones first. */
export interface RunTiles {
  readonly count: number;
  readonly large: number;
  readonly larger: number;
  readonly small: number;
}

export function runTiles(s: WeightGradShape): RunTiles {
  const [a, b] = evenTiles(runOf(s), s.tile.pixels);
  const rest = b ?? { size: a.size, times: 0 };
  return { count: a.times + rest.times, large: a.size, larger: a.times, small: rest.size };
}

/** Most positions of a unit. */
export function unitRun(s: WeightGradShape): number {
  const { count, large } = runTiles(s);
  return Math.ceil(count / divisionOf(s).runParts) * large;
}

/** Most vectors of outs of a unit. */
export function unitVectors(s: WeightGradShape): number {
  const { full, rest } = outBlocks(s);
  return Math.ceil((full + (rest ? 1 : 0)) / divisionOf(s).outParts) * s.tile.vectors;
}

/** Blocks of the outs: full tiles, and what is left. `lastLanes` of the rest's last vector belong to the group. */
export interface OutBlocks {
  readonly full: number;
  readonly rest: { readonly vectors: number; readonly lastLanes: number } | null;
}

export function outBlocks(s: WeightGradShape): OutBlocks {
  const vectors = outVectors(s);
  const lastLanes = s.outs - 4 * (vectors - 1);
  const restVectors = vectors % s.tile.vectors || (lastLanes < 4 ? s.tile.vectors : 0);
  const rest = restVectors > 0 ? { vectors: restVectors, lastLanes } : null;
  return { full: (vectors - restVectors) / s.tile.vectors, rest };
}

/** Pixels are dealt in strips: a row of y, or a part of a long one. A band of strips stays in the first-level cache. */
export interface Strips {
  /** Columns of a strip; the last of a row may have fewer. */
  readonly columns: number;
  readonly perRow: number;
  readonly count: number;
  readonly perBand: number;
}

const bandPixels = 128;

export function stripsOf(s: WeightGradShape): Strips {
  const perRow = Math.ceil(s.inner.results / bandPixels);
  const columns = Math.ceil(s.inner.results / perRow);
  const count = s.batch * product(s.outer.map((a) => a.results)) * perRow;
  return { columns, perRow, count, perBand: Math.max(1, Math.floor(bandPixels / columns)) };
}

/** Units: [part of the strips][some groups][slot][part of the run's tiles][part of the blocks of outs]. */
export interface Division {
  readonly parts: number;
  /** Groups of a unit: together their channels fill a cache line. The last unit may have fewer. */
  readonly unitGroups: number;
  readonly groupParts: number;
  readonly runParts: number;
  readonly outParts: number;
  readonly units: number;
}

/** Positions and lanes of one unit: its sums, 16 KiB, stay in the first two caches. */
const unitPositions = 64;
const unitLanes = 64;
const lineFloats = 16;
const mostParts = 8;

export function divisionOf(s: WeightGradShape): Division {
  const { full, rest } = outBlocks(s);
  const blocks = full + (rest ? 1 : 0);
  const runParts = Math.min(runTiles(s).count, Math.ceil(runOf(s) / unitPositions));
  const outParts = Math.min(blocks, Math.ceil((4 * outVectors(s)) / unitLanes));
  const unitGroups = Math.min(s.groups, Math.ceil(lineFloats / Math.min(s.ins, s.outs)));
  const groupParts = Math.ceil(s.groups / unitGroups);
  const units = groupParts * slotsOf(s) * runParts * outParts;
  const parts = Math.min(mostParts, stripsOf(s).count, Math.ceil(enoughUnits / units));
  return { parts, unitGroups, groupParts, runParts, outParts, units: units * parts };
}
