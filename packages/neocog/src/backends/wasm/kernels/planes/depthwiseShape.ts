// A depthwise convolution over planes, or its input gradient of stride 1: every result plane is summed from one source plane,
// in register tiles of a few rows by a few vectors of pixels of a row.
//
// Which taps fall outside along a row is known when the code is made, lane by lane; rows outside are asked for at run time.

import { type SumAxis, sumAxis } from '../../../../geometry/sumAxis.ts';
import { oneCell } from '../../../../geometry/window.ts';
import { type Engine, enoughUnits, freeRegisters } from '../../engine.ts';
import type { ConvTask } from '../convPlan.ts';
import { perTask } from '../perTask.ts';
import { evenTiles } from '../tiles.ts';

/** One vector of source pixels of a tap: where it begins, and which lanes lie inside. */
export interface Load {
  /** Columns from the tile's base. */
  readonly column: number;
  /** Null if no lane that counts lies inside; all ones are `whole`. */
  readonly mask: readonly boolean[] | null;
}

export const isWhole = (mask: readonly boolean[]): boolean => mask.every((inside) => inside);

/** `times` tiles of `vectors` side by side that share their code; each is `vectors` · 4 results behind the one before. */
export interface RowTiles {
  readonly first: number;
  readonly vectors: number;
  /** Results of the last vector that exist. */
  readonly kept: number;
  /** Source column of the first tile's first load; it may lie a few columns before the row. */
  readonly base: number;
  /** By columns, and for each vector of the tile. */
  readonly taps: readonly { readonly tap: number; readonly loads: readonly Load[] }[];
  readonly times: number;
}

/** A source row that a band of results reads: which result rows, with which row of the kernel. */
export interface BandSource {
  /** Rows from the first result's source row of tap 0. */
  readonly row: number;
  readonly uses: readonly { readonly result: number; readonly tap: number }[];
  /** Whether it is a row of the plane for every band, for none, or has to be asked. */
  readonly inside: 'always' | 'never' | 'sometimes';
}

/** `times` bands of `size` rows of results that share their code. */
export interface BandRun {
  readonly size: number;
  readonly times: number;
  readonly first: number;
  readonly firstBand: number;
  readonly sources: readonly BandSource[];
}

export interface DepthwiseShape {
  /** Result planes of all images, and how many of them follow each other that read the same source plane. */
  readonly planes: number;
  readonly channels: number;
  readonly multiplier: number;
  readonly rows: SumAxis;
  readonly columns: SumAxis;
  readonly bands: readonly BandRun[];
  readonly tiles: readonly RowTiles[];
  /** The weights of all taps stay in registers, or each is loaded where it is used. */
  readonly held: boolean;
  /** A plane's bands are dealt to so many units. */
  readonly parts: number;
  readonly engine: Engine;
}

const mostHeld = 9;

export const depthwiseShape = perTask(shapeOf);

function shapeOf({ geometry: g, kernel, engine }: ConvTask): DepthwiseShape {
  const [rows, columns] = [oneCell, ...g.axes].slice(-2).map((a) => sumAxis(a, kernel));
  const channels = kernel === 'conv' ? g.outChannels : g.inChannels;
  const planes = g.batch * channels;
  const held = rows.taps * columns.taps <= mostHeld;
  const tile = tileFor(engine, columns, held ? rows.taps * columns.taps : 0);
  const bands = cutBands(rows, tile.rows);
  const count = bands.reduce((n, b) => n + b.times, 0);
  const parts = Math.min(count, Math.ceil(enoughUnits / planes));
  const common = { planes, channels, multiplier: g.outChannels / g.inChannels, rows, columns, held, parts };
  return { ...common, bands, tiles: cutTiles(columns, tile.vectors, engine.wide), engine };
}

/**
 * Rows and vectors of a tile. In registers are its sums, the weights, a source row's pixels, for stride 2 the two vectors that
 * they are taken from; wide ones if the engine joins pairs.
 */
function tileFor(e: Engine, columns: SumAxis, held: number): { rows: number; vectors: number } {
  const vectors = held > 0 ? 1 : 2;
  const free = freeRegisters(e, Math.max(1, held) + vectors + (columns.step === 2 ? 2 : 0));
  const rows = Math.min(6, Math.max(1, Math.floor(free / vectors)));
  return { rows, vectors: vectors * (e.wide ? 2 : 1) };
}

/** Bands of one size if there is one that is not much smaller than the most. */
function cutBands(axis: SumAxis, most: number): BandRun[] {
  const sizes = Array.from({ length: Math.ceil(most / 3) }, (_, i) => most - i);
  const whole = sizes.find((size) => axis.results % size === 0) ?? most;
  const bands: BandRun[] = [];
  let [first, firstBand] = [0, 0];
  for (const { size, times } of evenTiles(axis.results, whole)) {
    bands.push({ size, times, first, firstBand, sources: sourcesOf(axis, { first, size, times }) });
    first += size * times;
    firstBand += times;
  }
  return bands;
}

function sourcesOf(
  axis: SumAxis,
  { first, size, times }: Pick<BandRun, 'first' | 'size' | 'times'>,
): BandSource[] {
  const uses = new Map<number, { result: number; tap: number }[]>();
  for (let result = 0; result < size; result++)
    for (let tap = 0; tap < axis.taps; tap++) {
      const row = result * axis.step + tap * axis.tapStep;
      uses.set(row, [...(uses.get(row) ?? []), { result, tap }]);
    }
  const rows = [...uses.keys()].sort((a, b) => a - b);
  return rows.map((row) => {
    const cells = Array.from({ length: times }, (_, i) => (first + i * size) * axis.step + axis.start + row);
    const found = cells.filter((cell) => cell >= 0 && cell < axis.sources).length;
    const inside = found === 0 ? 'never' : found === times ? 'always' : 'sometimes';
    return { row, uses: uses.get(row) ?? [], inside };
  });
}

/** A row in tiles of at most `most` vectors, pairs of them where the engine joins those. */
export function cutTiles(axis: SumAxis, most: number, pairs: boolean): RowTiles[] {
  const vectors = Math.ceil(axis.results / 4);
  const width = pairs ? 2 : 1;
  const sizes = evenTiles(Math.ceil(vectors / width), most / width).flatMap(({ size, times }) =>
    Array<number>(times).fill(size * width),
  );
  sizes[sizes.length - 1] -= sizes.reduce((a, b) => a + b, 0) - vectors;
  const tiles: RowTiles[] = [];
  let first = 0;
  for (const size of sizes) {
    const tile = rowTile(axis, first, size);
    const last = tiles.at(-1);
    if (last && continues(axis, last, tile)) tiles[tiles.length - 1] = { ...last, times: last.times + 1 };
    else tiles.push(tile);
    first += 4 * size;
  }
  return tiles;
}

function rowTile(axis: SumAxis, first: number, vectors: number): RowTiles {
  const taps = Array.from({ length: axis.taps }, (_, tap) => ({
    tap,
    loads: Array.from({ length: vectors }, (_, v) => loadAt(axis, first + 4 * v, tap)),
  }));
  const columns = taps.flatMap((t) => t.loads.filter((l) => l.mask).map((l) => l.column));
  const base = columns.reduce((a, b) => Math.min(a, b), columns[0] ?? 0);
  const ordered = axis.tapStep < 0 ? taps.reverse() : taps;
  return {
    ...{ first, vectors, base, times: 1 },
    kept: Math.min(4, axis.results - first - 4 * (vectors - 1)),
    taps: ordered.map(({ tap, loads }) => ({
      tap,
      loads: loads.map(({ column, mask }) => ({ column: column - base, mask })),
    })),
  };
}

/** Lanes behind the last result may hold anything. */
function loadAt(axis: SumAxis, result: number, tap: number): Load {
  const column = result * axis.step + axis.start + tap * axis.tapStep;
  const lanes = [0, 1, 2, 3].map((lane) => ({
    counts: result + lane < axis.results,
    inside: column + lane * axis.step >= 0 && column + lane * axis.step < axis.sources,
  }));
  const some = lanes.some((lane) => lane.counts && lane.inside);
  return { column, mask: some ? lanes.map((lane) => lane.inside || !lane.counts) : null };
}

function continues(axis: SumAxis, run: RowTiles, tile: RowTiles): boolean {
  if (run.base + run.times * run.vectors * 4 * axis.step !== tile.base) return false;
  return (
    JSON.stringify([run.vectors, run.kept, run.taps]) === JSON.stringify([tile.vectors, tile.kept, tile.taps])
  );
}

/** Multiply-adds of vectors that the code of a plane states: what bounds its size. */
export function statedProducts(s: DepthwiseShape): number {
  const rows = s.bands.reduce((n, b) => n + b.size * s.rows.taps, 0);
  return rows * s.tiles.reduce((n, t) => n + t.vectors * s.columns.taps, 0);
}

/** Multiply-adds of vectors that are done for one plane. */
export function vectorProducts(s: DepthwiseShape): number {
  const perRow = s.tiles.reduce(
    (n, t) => n + t.times * t.taps.reduce((m, { loads }) => m + loads.filter((l) => l.mask).length, 0),
    0,
  );
  let rows = 0;
  for (let result = 0; result < s.rows.results; result++)
    for (let tap = 0; tap < s.rows.taps; tap++) {
      const cell = result * s.rows.step + s.rows.start + tap * s.rows.tapStep;
      if (cell >= 0 && cell < s.rows.sources) rows++;
    }
  return rows * perRow;
}
