// What Winograd convolution is estimated to take, in multiply-adds of the direct kernel. Fitted to 3×3 layers of 64 to 512
// channels at 7² to 56² with their weights out of the caches, as they are in a network (Zen 5, V8 13), and to other kernels and
// strides with 3 to 128 channels in the caches (Zen 4): there it counts 25 to 35 billion a second with FMA, 46 to 73 if wide,
// where the direct kernel's own estimate counts 28 to 31 and 55 to 61, or 37 and 71 for 3 channels. Long kernels, three axes and whole
// phases, on Emerald Rapids: 18 to 28 and 36 to 50, the direct kernel 19 to 24 and 37 to 46.

import { product } from '../../../../geometry/window.ts';
import type { ForwardForm } from './forward.ts';
import { partsOfSlice, points, type WinogradShape } from './shape.ts';
import { each } from './split.ts';
import { cellsOf } from './tileTransform.ts';
import { goesByBlocks, partsFor } from './weightGrad.ts';
import { isOneRead, preparedWeights } from './weights.ts';

interface Rates {
  /** One vector of channels of one tile, in or out, for each of its points, by how many of them lie along an axis. */
  readonly transform: Readonly<Record<number, number>>;
  /** One vector of channels of a cell, gathered from planes. Results go out as planes for nothing. */
  readonly gather: number;
  /** Four lanes of one channel's weights, transformed on the fly, for each point. */
  readonly weights: number;
  /** A byte that has to come from memory. */
  readonly byte: number;
}

const narrow: Rates = {
  transform: { 1: 12.5, 3: 12.5, 4: 12.5, 5: 30, 6: 25, 7: 26.5 },
  gather: 13,
  weights: 20,
  byte: 2,
};
/** Pairs of vectors: transforms gain less than products, and memory nothing. */
const wide: Rates = {
  transform: { 1: 25, 3: 25, 4: 25, 5: 50, 6: 35, 7: 39 },
  gather: 26,
  weights: 32,
  byte: 4,
};

/** What a tile costs in each group besides its vectors, as vectors: it shows where groups have few channels. */
const tileVectors = 7.5;

const transformRate = (s: WinogradShape, rates: Rates): number =>
  rates.transform[Math.max(...s.filterings.map((f) => f.inputs))];

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

/** Transformed weights that stay in the first cache take less. */
const nearShare = 0.4;

/** `share`: what a product takes beside one of floats. */
export function forwardCost(s: WinogradShape, form: ForwardForm, share = 1): number {
  const rates = s.engine.wide ? wide : narrow;
  const [from, to, count] = [s.depth, s.target.channels, points(s)];
  const products = from * vectors(to) * 4;
  const transformed = vectors(from) + vectors(to) + tileVectors;
  const gathered = s.source.planes ? cellsRead(s) * rates.gather : 0;
  const bytes = s.groups * preparedWeights(s, form.weights).total;
  const passes = bytes > keptWeights ? Math.ceil(s.tiles / form.blockTiles) : 1;
  const spill = blockBytes(s, form) > 2 ** 20 ? spillShare : 1;
  const memory = Math.max(0, bytes - cachedWeights) * passes * rates.byte;
  const tile =
    products * share * productShare * rowShare(s.tiles) * spill + transformed * transformRate(s, rates);
  const onTheFly = form.weights === 'packed' ? weightsOnTheFly(s, form) * rates.weights : 0;
  return s.groups * (s.tiles * (count * tile + gathered) + count * onTheFly) + memory;
}

/** At each point, in vectors of lanes: for every block of tiles once more. */
const weightsOnTheFly = (s: WinogradShape, { blockTiles }: ForwardForm): number =>
  Math.ceil(s.tiles / blockTiles) * s.depth * vectors(s.target.channels) * (isOneRead(s) ? nearShare : 1);

/** By a tile, in vectors of channels. Parts see some of the same cells. */
function cellsRead(s: WinogradShape): number {
  const cells = cellsOf({ ...s, matrices: each(s.filterings, (f) => f.input) });
  return (product(cells) * vectors(s.depth)) / partsOfSlice(s);
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

export function weightGradCost(s: WinogradShape): number {
  const rates = s.engine.wide ? wide : narrow;
  const [from, to, count] = [s.depth, s.target.channels, points(s)];
  const products = s.tiles * count * vectors(from) * 4 * to;
  const tiles = s.tiles * count * (vectors(from) + vectors(to)) * transformRate(s, rates);
  const weights = vectors(from) * to * count * rates.weights;
  if (partsFor(s) > 0)
    return s.groups * ((products + tiles) * partsShare[s.engine.wide ? 'wide' : 'narrow'] + weights);
  // Planes are written and read; sums twice, if they leave the caches.
  const sums = goesByBlocks(s) ? 0 : 2 * from * to;
  const bytes = s.groups * count * 4 * (s.tiles * (from + to) + sums);
  return s.groups * (products + tiles + weights) + Math.max(0, bytes - cachedBytes) * 2.5 * rates.byte;
}
