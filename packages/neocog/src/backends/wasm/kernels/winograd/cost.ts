// What Winograd convolution is estimated to take, in multiply-adds of the direct kernel. Fitted to 3×3 layers of 64 to 512
// channels at 7² to 56² with their weights out of the caches, as they are in a network (Zen 5, V8 13).

import type { Engine } from '../../engine.ts';
import type { ForwardForm } from './forward.ts';
import { points, type WinogradShape } from './shape.ts';
import { partsFor } from './weightGrad.ts';
import { preparedWeights } from './weights.ts';

interface Rates {
  /** One vector of channels of one tile, in or out, by the tile's points along an axis; for n² points, n being 4 or 6. */
  readonly tileVector: Readonly<Record<number, number>>;
  /** One vector of channels of one tile gathered from planes. Results go out as planes for nothing. */
  readonly gather: number;
  /** What a tile costs in each group besides its vectors: it shows where groups have few channels. */
  readonly tile: Readonly<Record<number, number>>;
  /** Four lanes of one channel's weights, transformed on the fly. */
  readonly weightVector: Readonly<Record<number, number>>;
  /** A byte that has to come from memory. */
  readonly byte: number;
}

const narrow: Rates = {
  tileVector: { 4: 200, 5: 600, 6: 900, 7: 1225 },
  gather: 480,
  tile: { 4: 1500, 5: 4000, 6: 6000, 7: 8000 },
  weightVector: { 4: 350, 5: 500, 6: 700, 7: 900 },
  byte: 2,
};
/** Pairs of vectors: transforms gain less than products, and memory nothing. */
const wide: Rates = {
  tileVector: { 4: 400, 5: 800, 6: 1250, 7: 1700 },
  gather: 960,
  tile: { 4: 3000, 5: 7000, 6: 10_000, 7: 13_000 },
  weightVector: { 4: 500, 5: 800, 6: 1150, 7: 1500 },
  byte: 4,
};

const side = (s: WinogradShape): number => Math.max(...s.filterings.map((f) => f.inputs));

const vectors = (channels: number): number => Math.ceil(channels / 4);

/** Products of matrices run a little faster than the direct kernel, which jumps from tap to tap. */
const productShare = 0.93;

/** A register tile takes longest where few rows share a load of weights. */
const rowShare = (tiles: number): number => (tiles < 6 ? 1 + (6 - tiles) / 12 : 1);

/** Bytes of weights that the second-level cache holds on to. */
const cachedWeights = 2 ** 20;

/** Bytes of weights that come from memory but once: more leave even the last cache before the next block of tiles. */
const keptWeights = 6 * 2 ** 20;

/** Where the transformed tiles of a block and the weights of a few lanes exceed the second cache, products wait. */
const spillShare = 1.25;

export function forwardCost(s: WinogradShape, form: ForwardForm, e: Engine): number {
  const rates = e.wide ? wide : narrow;
  const [from, to, n] = [s.depth, s.target.channels, side(s)];
  const products = s.tiles * points(s) * from * vectors(to) * 4;
  const gathered = s.source.planes ? vectors(from) * rates.gather : 0;
  const tiles = s.tiles * ((vectors(from) + vectors(to)) * rates.tileVector[n] + rates.tile[n] + gathered);
  const onTheFly =
    form.weights === 'packed'
      ? Math.ceil(s.tiles / form.blockTiles) * from * vectors(to) * rates.weightVector[n]
      : 0;
  const bytes = s.groups * preparedWeights(s, form.weights, e).total;
  const passes = bytes > keptWeights ? Math.ceil(s.tiles / form.blockTiles) : 1;
  const spill = blockBytes(s, form) > 2 ** 20 ? spillShare : 1;
  const memory = Math.max(0, bytes - cachedWeights) * passes * rates.byte;
  return s.groups * (products * productShare * rowShare(s.tiles) * spill + tiles + onTheFly) + memory;
}

/** Transformed tiles of one block, and the weights of a few lanes that they meet. */
function blockBytes(s: WinogradShape, { blockTiles }: ForwardForm): number {
  const lanes = 8;
  return 4 * points(s) * s.depth * (Math.min(blockTiles, s.tiles) + lanes);
}

/** Parts write and read their sums again with every block of tiles. */
const partsShare = { narrow: 1.15, wide: 1.5 };

/** Bytes of workspaces that the caches hold. */
const cachedBytes = 2 ** 23;

export function weightGradCost(s: WinogradShape, e: Engine): number {
  const rates = e.wide ? wide : narrow;
  const [from, to, n] = [s.depth, s.target.channels, side(s)];
  const products = s.tiles * points(s) * vectors(from) * 4 * to;
  const tiles = s.tiles * (vectors(from) + vectors(to)) * rates.tileVector[n];
  const weights = vectors(from) * to * rates.weightVector[n];
  if (partsFor(s) > 0)
    return s.groups * ((products + tiles) * partsShare[e.wide ? 'wide' : 'narrow'] + weights);
  // Planes are written and read, sums twice.
  const bytes = s.groups * points(s) * 4 * (s.tiles * (from + to) + 2 * from * to);
  return s.groups * (products + tiles + weights) + Math.max(0, bytes - cachedBytes) * 2.5 * rates.byte;
}
