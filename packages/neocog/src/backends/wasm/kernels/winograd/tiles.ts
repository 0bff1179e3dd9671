// Where tiles lie: arithmetic at run time from a tile's number to its pixels, and how tiles are dealt out in blocks.

import type { Matrix } from '../../../../geometry/filtering.ts';
import { product } from '../../../../geometry/window.ts';
import {
  affine,
  type Code,
  type Func,
  i32,
  type Local,
  type Operand,
  select,
} from '../../assembler/index.ts';
import type { Engine } from '../../engine.ts';
import { floatBytes, lineBytes } from '../sizes.ts';
import { evenTiles } from '../tiles.ts';
import { type PixelMap, partCount, type Reading, type TileAxis } from './shape.ts';
import type { Pair } from './split.ts';

/** Rounds up to whole cache lines, an odd number of them: planes that are walked together then share no cache set. */
export const planeBytes = (floats: number): number =>
  (Math.ceil((floats * floatBytes) / lineBytes) | 1) * lineBytes;

/** Channels as transforms handle them: pairs of vectors. */
export const paddedChannels = (channels: number): number => Math.ceil(channels / 8) * 8;

/** What is transformed on its way in: V = m · tile · mᵀ for all channels and parts. */
export interface TileInput extends Reading {
  readonly map: PixelMap;
  /** Slices that tiles are counted by: those of the target. */
  readonly slices: number;
  readonly axes: Pair<TileAxis>;
  /** A tile reads from its first cell, times the stride, plus this. */
  readonly shift: Pair;
  /** Of each side: what a tile reads of a part to points. */
  readonly matrices: Pair<Matrix>;
  /** From one point's plane to the next. */
  readonly planeBytes: number;
  /** Floats between the tiles of a plane; none where it is left out. */
  readonly rowGap?: number;
  /** Whether values are whole numbers, and leave as pairs of 16 bits. */
  readonly pairs?: boolean;
  readonly engine: Engine;
}

/** Words of a transformed tile at one point: the last part may write its channels rounded up. */
export const rowWords = (channels: number, parts: number, pairs = false): number =>
  paddedChannels((parts - 1) * channels + paddedChannels(channels)) / (pairs ? 2 : 1);

/** Bytes from one transformed tile to the next. */
export const rowBytes = (t: TileInput): number =>
  (rowWords(t.map.channels, partCount(t), t.pairs) + (t.rowGap ?? 0)) * floatBytes;

/** Points of a tile's transform. */
export const pointsOf = (t: TileInput): number => product(t.matrices.map((m) => m.length));

/** A literal divisor, and what listings call quotient and remainder. */
export interface Divisor {
  readonly by: number;
  readonly names: readonly [quotient: string, rest: string];
}

export function divideBy(f: Func, value: Local<'i32'>, { by, names }: Divisor): [Local<'i32'>, Local<'i32'>] {
  const quotient = f.keep(i32.divU(value, by), names[0]);
  return [quotient, f.keep(affine(value, [quotient, -by]), names[1])];
}

/** The first pixel that a tile covers. */
export interface TilePlace {
  readonly image: Local<'i32'>;
  readonly slice: Operand<'i32'>;
  readonly row: Local<'i32'>;
  readonly column: Local<'i32'>;
}

/** The tiles of a batch of maps. */
export type TileGrid = Pick<TileInput, 'axes' | 'slices'>;

/** Tile numbers run along rows of tiles, then down, then over slices and images. */
export function tilePlace(f: Func, { axes, slices }: TileGrid, tile: Local<'i32'>): TilePlace {
  const [down, across] = axes;
  const line = f.keep(i32.divU(tile, across.count), 'line');
  const map = f.keep(i32.divU(line, down.count), slices === 1 ? 'image' : 'map');
  const row = f.keep(affine(line, [map, -down.count]), 'tileRow');
  const column = f.keep(affine(tile, [line, -across.count]), 'tileColumn');
  const [image, slice] =
    slices === 1 ? [map, 0] : divideBy(f, map, { by: slices, names: ['image', 'slice'] });
  return {
    image,
    slice,
    row: f.keep(firstCell(f, down, row), 'row'),
    column: f.keep(firstCell(f, across, column), 'column'),
  };
}

/** ⌊t / d⌋·m·d + t mod d, behind the first */
function firstCell(f: Func, { first, count, dilation: d, outputs: m }: TileAxis, t: Local<'i32'>) {
  if (d === 1) return affine([t, m], first);
  if (count <= d) return affine(t, first);
  const turn = f.keep(i32.divU(t, d), 'turn');
  return affine([turn, (m - 1) * d], t, first);
}

/** A pixel at run time; 0 for what is left out. */
export type Pixel = { readonly [K in keyof TilePlace]?: Operand<'i32'> };

/** Bytes from the first pixel to another, or to its first channel's cell. */
export function pixelDistance(map: PixelMap, at: Pixel): Code<'i32'> {
  const { image = 0, slice = 0, row = 0, column = 0 } = at;
  const line = affine([image, map.slices * map.size[0] * (map.planes ?? 1)], [slice, map.size[0]], row);
  const pixel = affine([line, map.size[1]], column);
  return affine([pixel, pixelBytes(map)]);
}

/** From one pixel of a row to the next, and from one channel of a pixel to the next. */
export const pixelBytes = (map: PixelMap): number => (map.planes ? 1 : map.pitch) * floatBytes;
export const channelBytes = (map: PixelMap): number =>
  (map.planes ? map.slices * map.size[0] * map.size[1] : 1) * floatBytes;

/** Tiles in blocks of two sizes, the larger ones first. */
export interface TileBlocks {
  readonly count: number;
  /** How many are of size `size + 1`. */
  readonly larger: number;
  readonly size: number;
  /** The size of the largest. */
  readonly most: number;
}

export function tileBlocks(tiles: number, most: number): TileBlocks {
  const count = Math.ceil(tiles / most);
  const size = Math.floor(tiles / count);
  const larger = tiles % count;
  return { count, larger, size, most: larger > 0 ? size + 1 : size };
}

/** A block at run time. */
export interface Block {
  readonly first: Local<'i32'>;
  readonly size: Local<'i32'>;
}

export function blockPlace(f: Func, blocks: TileBlocks, block: Local<'i32'>): Block {
  const large = i32.ltS(block, blocks.larger);
  const before = select<'i32'>(block, i32.const(blocks.larger), large);
  return {
    first: f.keep(affine([block, blocks.size], before), 'first'),
    size: f.keep(affine(large, blocks.size), 'size'),
  };
}

/** Register tiles of `height` pixels, and how many of them a block of either size has. */
export interface HeightCount {
  readonly height: number;
  readonly large: number;
  readonly small: number;
}

/** How blocks split into register tiles of at most `most` pixels; the sums of a tile do not depend on the split. */
export function heightsOf(blocks: TileBlocks, most: number): HeightCount[] {
  const small = evenTiles(blocks.size, most);
  const large = blocks.larger > 0 ? evenTiles(blocks.size + 1, most) : small;
  const heights = [...new Set([...large, ...small].map((t) => t.size))];
  const times = (tiles: typeof small, height: number): number =>
    tiles.find((t) => t.size === height)?.times ?? 0;
  return heights.map((height) => ({ height, large: times(large, height), small: times(small, height) }));
}

/** Does any tile reach past the map, does any lie within? `cells`: how many it reads. */
export function tileReach({ axes, map, shift, stride }: TileInput, cells: Pair) {
  const within = axes.map(({ first: start, count, outputs, dilation }, a) =>
    Array.from({ length: count }, (_, t) => {
      const cell = start + Math.floor(t / dilation) * outputs * dilation + (t % dilation);
      const first = cell * stride[a] + shift[a];
      return first >= 0 && first + (cells[a] - 1) * dilation < map.size[a];
    }),
  );
  return {
    inside: within.every((axis) => axis.some(Boolean)),
    outside: within.some((axis) => !axis.every(Boolean)),
  };
}
