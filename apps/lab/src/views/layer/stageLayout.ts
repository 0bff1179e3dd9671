// How large a cell can be, so that the maps fit.

import type { MapData } from './scene.ts';

export interface Room {
  /** Pixels of the whole stage. */
  readonly width: number;
  /** Pixels that maps side by side should not exceed, or all maps one below the other. */
  readonly height: number;
}

export interface Layout {
  /** Pixels from cell to cell, the same in all maps. */
  readonly cell: number;
  /** Whether the maps stand side by side. */
  readonly beside: boolean;
}

const largest = 52;
const least = 10;
/** Below this, maps rather stand one below the other. */
const comfortable = 24;
const gap = 16;
const between = 32;
const label = 20;

interface Extent {
  readonly rows: number;
  readonly columns: number;
  readonly count: number;
}

/** A map's drawn rows and columns, and how many such maps there are. */
function extentOf({ sizes, channels }: MapData): Extent {
  const rank = sizes.length;
  const rows = rank === 1 ? 1 : sizes[rank - 2]!;
  return { rows, columns: sizes[rank - 1]!, count: channels * (rank === 3 ? sizes[0]! : 1) };
}

const heightOf = ({ rows, count }: Extent, cell: number, perRow: number): number =>
  Math.ceil(count / perRow) * (rows * cell + (count > 1 ? label + gap : 0));
const widthOf = ({ columns }: Extent, cell: number, perRow: number): number =>
  perRow * (columns * cell + gap) - gap;

/** Pixels that a map takes, as few side by side as the height allows; infinite where it allows none. */
function leastWidth(extent: Extent, cell: number, height: number): number {
  for (let perRow = 1; perRow <= extent.count; perRow++)
    if (heightOf(extent, cell, perRow) <= height) return widthOf(extent, cell, perRow);
  return Number.POSITIVE_INFINITY;
}

function fitsBeside(extents: readonly Extent[], cell: number, { width, height }: Room): boolean {
  const widths = extents.map((extent) => leastWidth(extent, cell, height));
  return widths.reduce((sum, each) => sum + each, 0) + (extents.length - 1) * between <= width;
}

function fitsBelow(extents: readonly Extent[], cell: number, { width, height }: Room): boolean {
  const heights = extents.map((extent) => {
    const perRow = Math.floor((width + gap) / (extent.columns * cell + gap));
    return perRow < 1 ? Number.POSITIVE_INFINITY : heightOf(extent, cell, Math.min(perRow, extent.count));
  });
  return heights.reduce((sum, each) => sum + each, 0) <= height;
}

function largestThat(fits: (cell: number) => boolean): number {
  for (let cell = largest; cell > least; cell--) if (fits(cell)) return cell;
  return least;
}

/** Side by side where that leaves cells large enough; lines stand one below the other. */
export function stageLayout(maps: readonly MapData[], room: Room): Layout {
  const extents = maps.map(extentOf);
  const beside = largestThat((cell) => fitsBeside(extents, cell, room));
  if (maps.every(({ sizes }) => sizes.length > 1) && beside >= comfortable)
    return { cell: beside, beside: true };
  const below = largestThat((cell) => fitsBelow(extents, cell, { ...room, height: 1.8 * room.height }));
  return beside > below ? { cell: beside, beside: true } : { cell: below, beside: false };
}
