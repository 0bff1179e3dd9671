// A row of results of a depthwise kernel, cut into register tiles whose code is straight-line. Which taps fall outside the
// source is known for every column, so tiles at the edges simply lack them, and equal tiles share one piece of code.

import type { WindowAxis } from '../../../../geometry/types.ts';
import type { ConvKernel } from '../../../work.ts';
import { evenTiles } from '../tiles.ts';

/**
 * One axis of a sum: result cell r reads for tap k source cell (r·step + start + k·tapStep) / divide, if that is a whole
 * number and inside.
 */
export interface SumAxis {
  readonly results: number;
  readonly sources: number;
  readonly taps: number;
  readonly step: number;
  readonly start: number;
  readonly tapStep: number;
  readonly divide: number;
}

/** Convolution reads `o·stride − pad + k·dilation`; its input gradient solves the same equation for o. */
export function sumAxis(a: WindowAxis, kernel: ConvKernel): SumAxis {
  if (kernel !== 'inputGrad') {
    const ends = { results: a.output, sources: a.input, taps: a.kernel };
    return { ...ends, step: a.stride, start: -a.padBefore, tapStep: a.dilation, divide: 1 };
  }
  const ends = { results: a.input, sources: a.output, taps: a.kernel };
  return { ...ends, step: 1, start: a.padBefore, tapStep: -a.dilation, divide: a.stride };
}

/** The source cell, or null. */
export function sourceCell(a: SumAxis, result: number, tap: number): number | null {
  const cell = (result * a.step + a.start + tap * a.tapStep) / a.divide;
  return Number.isInteger(cell) && cell >= 0 && cell < a.sources ? cell : null;
}

/** A source column of a tile, counted from the tile's `base`, and the products that it enters. */
export interface TileColumn {
  readonly column: number;
  readonly uses: readonly { readonly result: number; readonly tap: number }[];
}

/** Results `first` to `first + size` of a row. */
export interface RowTile {
  readonly first: number;
  readonly size: number;
  /** The leftmost source column that is read. */
  readonly base: number;
  readonly columns: readonly TileColumn[];
}

/** `times` tiles of the same code; each is `step` source columns and `size` results behind the one before. */
export interface TileRun extends RowTile {
  /** Number of the first tile in the row. */
  readonly start: number;
  readonly times: number;
  readonly step: number;
}

function rowTile(a: SumAxis, first: number, size: number): RowTile {
  const columns = new Map<number, { result: number; tap: number }[]>();
  for (let result = 0; result < size; result++) {
    for (let tap = 0; tap < a.taps; tap++) {
      const cell = sourceCell(a, first + result, tap);
      if (cell !== null) columns.set(cell, [...(columns.get(cell) ?? []), { result, tap }]);
    }
  }
  const cells = [...columns.keys()].sort((p, q) => p - q);
  const base = cells[0] ?? 0;
  return {
    first,
    size,
    base,
    columns: cells.map((cell) => ({ column: cell - base, uses: columns.get(cell) ?? [] })),
  };
}

/** The tiles of a row, of at most `most` results, in order, equal neighbours together. */
export function tileRuns(a: SumAxis, most: number): TileRun[] {
  const runs: TileRun[] = [];
  let [first, start] = [0, 0];
  for (const size of tileSizes(a, most)) {
    const tile = rowTile(a, first, size);
    const step = (size * a.step) / a.divide;
    const last = runs.at(-1);
    if (last && continues(last, tile)) runs[runs.length - 1] = { ...last, times: last.times + 1 };
    else runs.push({ ...tile, start, times: 1, step });
    first += size;
    start++;
  }
  return runs;
}

/** As even as possible, and whole periods of the pattern of taps: results `divide` apart meet the same ones. */
function tileSizes(a: SumAxis, most: number): number[] {
  const periods = Math.max(1, Math.floor(most / a.divide));
  const tiles = evenTiles(Math.ceil(a.results / a.divide), periods);
  const sizes = tiles.flatMap(({ size, times }) => Array<number>(times).fill(size * a.divide));
  sizes[sizes.length - 1] -= sizes.reduce((sum, size) => sum + size, 0) - a.results;
  return sizes;
}

function continues(run: TileRun, tile: RowTile): boolean {
  if (run.size !== tile.size || run.base + run.times * run.step !== tile.base) return false;
  return JSON.stringify(run.columns) === JSON.stringify(tile.columns);
}

/** Products that the code of a row states: what bounds its size. */
export const statedProducts = (runs: readonly TileRun[]): number =>
  runs.reduce((sum, run) => sum + run.columns.reduce((n, { uses }) => n + uses.length, 0), 0);

/** Pairs of a result and a tap whose source cell is inside. */
export function productsOf(a: SumAxis): number {
  let products = 0;
  for (let tap = 0; tap < a.taps; tap++)
    for (let result = 0; result < a.results; result++) if (sourceCell(a, result, tap) !== null) products++;
  return products;
}
