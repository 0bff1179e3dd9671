// Winograd's tiles of a layer: four or sixteen products for two or four outputs. The matrices are the library's, and so are the
// products of matrices.

import { add, explain, matmul, mul, reshape, slice, type Tensor, tensor } from 'neocog';
import type { Layer } from './layer.ts';
import { channelsIn, groupOf, type Scene } from './scene.ts';
import { padInput } from './values.ts';

/** Why a layer has no such tiles; null if it has. */
export function tileRefusal({ geometry, rank }: Layer): string | null {
  const { axes } = geometry;
  if (rank === 3) return 'Tiles are drawn along one axis or two; this layer has three.';
  if (axes.some(({ stride }) => stride > 1))
    return 'Winograd’s tiles share work between neighbouring windows. With a stride, windows have no neighbours; set it to 1.';
  if (axes.some(({ dilation }) => dilation > 1))
    return 'With dilation, neighbouring cells belong to different tiles. The library then takes every second cell as a map of its own; set dilation to 1 to see the tiles.';
  if (axes.some(({ kernel }) => kernel !== 3))
    return 'The tiles that are drawn here are those of 3 taps; set the kernel to 3.';
  return null;
}

const filtering = explain.winograd({ kernel: 3 });
/** Outputs and inputs of a tile, along an axis. */
export const tileOutputs = filtering.outputs;
export const tileInputs = filtering.inputs;

const matrix = (rows: readonly (readonly number[])[]): Tensor =>
  tensor(rows.flat(), [rows.length, rows[0]!.length]);
const turned = (rows: readonly (readonly number[])[]): Tensor =>
  matrix(rows[0]!.map((_, j) => rows.map((row) => row[j]!)));

/** `M x` along one axis, `M x Mᵀ` along two. */
function transform(rows: readonly (readonly number[])[], x: Tensor, rank: number): Tensor {
  const left = matmul(matrix(rows), x);
  return rank === 1 ? left : matmul(left, turned(rows));
}

/** One channel of a tile. */
export interface TilePlane {
  readonly channel: number;
  readonly input: Tensor;
  readonly weight: Tensor;
  readonly turnedInput: Tensor;
  readonly turnedWeight: Tensor;
  readonly products: Tensor;
}

export interface Tile {
  readonly planes: readonly TilePlane[];
  /** Products of all channels, added. */
  readonly sums: Tensor;
  /** What the tile gives, without the bias. */
  readonly output: Tensor;
}

/** How many tiles there are along each axis; the last may reach past the output. */
export const tileCounts = ({ geometry }: Layer): number[] =>
  geometry.axes.map(({ output }) => Math.ceil(output / tileOutputs));

/** Both as matrices: along one axis as columns. */
const asMatrix = (x: Tensor, size: number, rank: number): Tensor =>
  reshape(x, rank === 1 ? [size, 1] : [size, size]);

/** The tile at a place, for one filter. */
export function tileAt(scene: Scene, filter: number, place: readonly number[]): Tile {
  const { layer, values } = scene;
  const { rank } = layer;
  const beyond = layer.geometry.axes.map(
    ({ output }) => Math.ceil(output / tileOutputs) * tileOutputs - output,
  );
  const padded = padInput(values.input, layer, beyond);
  const first = place.map((at) => at * tileOutputs);
  const group = groupOf(scene, scene.narrow.channels, filter);
  const planes = channelsIn(scene, scene.wide, group).map((channel, i): TilePlane => {
    const cells = slice(padded, {
      start: [0, channel, ...first],
      end: [1, channel + 1, ...first.map((at) => at + tileInputs)],
    });
    const taps = slice(values.weight!, { start: [filter, i], end: [filter + 1, i + 1] });
    const [input, weight] = [asMatrix(cells, tileInputs, rank), asMatrix(taps, 3, rank)];
    const turnedInput = transform(filtering.input, input, rank);
    const turnedWeight = transform(filtering.weight, weight, rank);
    return { channel, input, weight, turnedInput, turnedWeight, products: mul(turnedInput, turnedWeight) };
  });
  const sums = planes.map(({ products }) => products).reduce((a, b) => add(a, b));
  return { planes, sums, output: transform(filtering.output, sums, rank) };
}

/** Multiplications of one tile, and of its outputs without it. */
export function tileCost(rank: number): { tile: number; plain: number } {
  return { tile: tileInputs ** rank, plain: (tileOutputs * 3) ** rank };
}
