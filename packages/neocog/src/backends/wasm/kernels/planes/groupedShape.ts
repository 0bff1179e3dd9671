// A grouped convolution over planes, cut up: channels of a group in blocks, rows in tiles of vectors of pixels. A register
// tile is one row of a block's planes: channels × vectors of sums.

import { type SumAxis, sumAxis } from '../../../../geometry/sumAxis.ts';
import { oneCell } from '../../../../geometry/window.ts';
import { type Engine, enoughUnits } from '../../engine.ts';
import type { ConvTask } from '../convPlan.ts';
import { evenTiles } from '../tiles.ts';
import { cutTiles, type RowTiles } from './depthwiseShape.ts';

/** `times` blocks of `size` result channels of a group. */
export interface ChannelRun {
  readonly size: number;
  readonly times: number;
  /** Channel and number of the first. */
  readonly first: number;
  readonly firstBlock: number;
}

export interface GroupedShape {
  readonly images: number;
  readonly groups: number;
  /** Channels of a group. */
  readonly ins: number;
  readonly outs: number;
  readonly rows: SumAxis;
  readonly columns: SumAxis;
  /** Cells of a plane. */
  readonly sourcePlane: number;
  readonly resultPlane: number;
  readonly blocks: readonly ChannelRun[];
  readonly tiles: readonly RowTiles[];
  /** The rows of a block are dealt to so many units. */
  readonly parts: number;
  readonly engine: Engine;
}

/** Vectors for 1, 2, … channels, so that their sums, the pixels of a step, a weight and a product fit into the registers. */
const vectorsFor = [0, 6, 4, 3, 2];
const mostChannels = vectorsFor.length - 1;

export function groupedShape({ geometry: g, kernel, engine }: ConvTask): GroupedShape {
  const [rows, columns] = [oneCell, ...g.axes].slice(-2).map((a) => sumAxis(a, kernel));
  const [ins, outs] = [g.inChannels / g.groups, g.outChannels / g.groups];
  const blocks: ChannelRun[] = [];
  let [first, firstBlock] = [0, 0];
  for (const { size, times } of evenTiles(outs, mostChannels)) {
    blocks.push({ size, times, first, firstBlock });
    first += size * times;
    firstBlock += times;
  }
  return {
    ...{ images: g.batch, groups: g.groups, ins, outs, rows, columns, blocks, engine },
    sourcePlane: rows.sources * columns.sources,
    resultPlane: rows.results * columns.results,
    tiles: cutTiles(columns, vectorsFor[blocks[0].size] * (engine.wide ? 2 : 1), engine.wide),
    parts: Math.min(rows.results, Math.ceil(enoughUnits / (g.batch * g.groups * firstBlock))),
  };
}

/** Channels whose products stand one after the other in the loop over them. */
export const unrollFor = (ins: number): number => [4, 3, 2].find((n) => ins % n === 0) ?? 1;

/** Multiply-adds of vectors that the code of a block states: what bounds its size. */
export const statedProducts = (s: GroupedShape): number =>
  s.rows.taps *
  unrollFor(s.ins) *
  s.blocks[0].size *
  s.tiles.reduce((n, tile) => n + tile.vectors * s.columns.taps, 0);

/** Multiply-adds of vectors that are done in all. */
export function vectorProducts(s: GroupedShape): number {
  const perRow = s.tiles.reduce(
    (n, t) => n + t.times * t.taps.reduce((m, { loads }) => m + loads.filter((l) => l.mask).length, 0),
    0,
  );
  const { results, taps, step, start, tapStep, sources } = s.rows;
  const cells = Array.from({ length: results }, (_, r) =>
    Array.from({ length: taps }, (_, t) => r * step + start + t * tapStep),
  ).flat();
  const rows = cells.filter((cell) => cell >= 0 && cell < sources).length;
  return s.images * s.groups * s.outs * s.ins * rows * perRow;
}
