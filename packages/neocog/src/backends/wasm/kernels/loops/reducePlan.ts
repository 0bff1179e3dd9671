// How a reduction is divided: which axis makes lanes, how long blocks are, and what a unit owns.

import type { Combine } from '../../../workParts.ts';
import type { Engine } from '../../engine.ts';
import { lanes } from '../sizes.ts';
import {
  cellsOf,
  chooseLane,
  type Grid,
  gridOf,
  type LoopAxis,
  type LoopNest,
  type Pieces,
  piecesOf,
} from './loopNest.ts';
import { vectorsFor } from './loopNestCode.ts';
import { blockLength, type Chain, chainOf, type Totals, totalBytes, totalsOf } from './reduceTotals.ts';

/** Floats of a block of rows: as many as the first cache holds. */
const blockCells = 8192;
/** Below this, another unit costs more than it saves. */
const cellsPerUnit = 32768;
const mostParts = 32;
/** Sums are long: a few threads have enough of them. */
const enoughParts = 8;
/** Narrower pieces of a row would waste much of each page that is touched. */
const leastLanes = 128;

export interface ReducePlan {
  readonly nest: LoopNest;
  readonly combine: Combine;
  readonly chain: Chain;
  readonly totals: Totals;
  readonly grid: Grid;
  /** The outer axes, kept and reduced. */
  readonly kept: readonly LoopAxis[];
  readonly reduced: readonly LoopAxis[];
  readonly pieces: Pieces;
  readonly vectors: number;
  /** Blocks of rows per result, and the number of parts that they are cut into. */
  readonly blocks: number;
  readonly parts: number;
}

export function planReduction(nest: LoopNest, combine: Combine, engine: Engine): ReducePlan {
  const { uniform = false } = engine;
  const vectors = uniform ? uniformVectors : vectorsOf(nest, engine);
  const lane = chooseLane(nest, ({ kind }) => (kind === 'output' ? 0.5 : 1), uniform);
  const whole = gridOf(nest, { lane, width: vectors * lanes }, (axis) => axis.reduced);
  const grid = lane && !lane.reduced ? splitLanes(nest, whole) : whole;
  const kept = grid.outer.filter((axis) => !axis.reduced);
  const reduced = grid.outer.filter((axis) => axis.reduced);
  const rows = uniform
    ? blockLength
    : Math.max(8, Math.min(blockLength, Math.floor(blockCells / grid.lane.size)));
  const pieces = piecesOf(grid.row, rows);
  const blocks = cellsOf(reduced) * pieces.axis.size;
  const values = cellsOf(nest.axes.filter((axis) => axis.reduced));
  // As many for any number of results, if sums are to be the same beside others.
  const parts = uniform
    ? partsOf(values, 1, blocks)
    : cellsOf(kept) >= enoughParts
      ? 1
      : partsOf(cellsOf(nest.axes), cellsOf(kept), blocks);
  const [chain, totals] = [chainOf(combine, uniform), totalsOf(combine, values, uniform)];
  return { nest, combine, chain, totals, grid, kept, reduced, pieces, vectors, blocks, parts };
}

/** 256-bit code has twice the registers for the sums of several formulas. */
const vectorsOf = (nest: LoopNest, { wide }: Engine): number =>
  nest.exprs.length > 1 && !wide ? 2 : vectorsFor(nest);
const uniformVectors = 2;

const unitsWorth = (cells: number): number =>
  Math.max(1, Math.min(mostParts, Math.floor(cells / cellsPerUnit)));

const partsOf = (cells: number, results: number, blocks: number): number =>
  Math.min(blocks, Math.ceil(unitsWorth(cells) / results));

/** Long rows of results are shared out among units: their lanes become an outer axis and shorter lanes. */
function splitLanes({ axes }: LoopNest, grid: Grid): Grid {
  const { lane, outer } = grid;
  const results = cellsOf(outer.filter((axis) => !axis.reduced));
  const wanted = unitsWorth(cellsOf(axes)) / results;
  const counts = Array.from({ length: mostParts }, (_, i) => i + 1);
  const count = counts.findLast(
    (n) => n <= wanted && lane.size % (n * lanes) === 0 && lane.size / n >= leastLanes,
  );
  if (count === undefined || count * results < enoughParts) return grid;
  const size = lane.size / count;
  const chunks: LoopAxis = { ...lane, size: count, steps: lane.steps.map((step) => step * size) };
  return { ...grid, outer: [...outer, chunks], lane: { ...lane, size } };
}

/** Vectors of totals per formula: one per vector of lanes, or a single one where these are combined. */
export const totalVectors = ({ grid }: ReducePlan): number =>
  grid.lane.reduced ? 1 : Math.ceil(grid.lane.size / lanes);

/** Bytes of the totals of one formula, and of all. */
export const totalsBytes = (plan: ReducePlan): number => totalVectors(plan) * totalBytes(plan.totals);
export const itemBytes = (plan: ReducePlan): number => plan.nest.exprs.length * totalsBytes(plan);
