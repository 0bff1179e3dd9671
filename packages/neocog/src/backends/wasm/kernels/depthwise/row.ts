// A row of results of a depthwise kernel, cut into register tiles whose code is straight-line. Which taps fall outside the
// source is known for every column, so tiles at the edges simply lack them, and equal tiles share one piece of code.

import { type SumAxis, sourceCell } from '../../../../geometry/sumAxis.ts';
import { evenTiles } from '../tiles.ts';

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
