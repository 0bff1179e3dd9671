// A convolution or an input gradient as Winograd's kernels see it: a source map, a target map, and a grid of tiles.
// An input gradient is a convolution with turned taps and exchanged channels; dilation d is d×d interleaved plain ones; other
// kernels than short ones are sums of parts (`split.ts`), whose source cells count as channels of their own.

import { type TileSize, tapRange, wholeFiltering } from '../../../../geometry/filtering.ts';
import { formatConv } from '../../../../geometry/text.ts';
import type { ConvGeometry, WindowAxis } from '../../../../geometry/types.ts';
import { product } from '../../../../geometry/window.ts';
import type { Whole } from '../../../work.ts';
import { type Engine, engineKey } from '../../engine.ts';
import type { ConvTask } from '../convPlan.ts';
import { epilogueKey } from '../epilogue.ts';
import { axesOf, each, type Pair, type Split, splitOf } from './split.ts';

/** A map in memory, as pixels or as planes. */
export interface PixelMap {
  readonly size: Pair;
  /** Maps that lie one behind the other along an axis of rank 3; 1 otherwise. */
  readonly slices: number;
  /** Floats per pixel. */
  readonly pitch: number;
  /** Planes of an image, those of all groups; null for pixels. */
  readonly planes: number | null;
  /** Of one group. */
  readonly channels: number;
}

/** The tiles of one axis. */
export interface TileAxis {
  readonly first: number;
  readonly count: number;
  readonly outputs: number;
  readonly dilation: number;
}

/** Where a weight lies in the row-major tensor: steps in floats. */
export interface WeightSteps {
  readonly group: number;
  /** From one target channel to the next. */
  readonly lane: number;
  /** From one source channel to the next. */
  readonly channel: number;
  /** Taps of slices, height and width. */
  readonly kernel: readonly number[];
  readonly turned: boolean;
}

/** Which slices a tile reads: o·stride − pad + k·dilation for taps k. */
export type SliceTaps = Pick<WindowAxis, 'stride' | 'dilation'> & {
  readonly taps: number;
  readonly pad: number;
};

/** target(o) = Σ source(o·stride − pad + k·dilation) · weight(k), per axis. */
export interface WinogradShape extends Split {
  readonly images: number;
  readonly groups: number;
  readonly source: PixelMap;
  readonly target: PixelMap;
  readonly pad: Pair;
  readonly stride: Pair;
  readonly sliceTaps: SliceTaps;
  /** Terms of each product: the channels of all parts of a group. */
  readonly depth: number;
  /** Of whole numbers: products of pairs of them, with sums of 32 bits, that are so many times what they should be. Undefined of floats. */
  readonly scale?: number;
  readonly axes: Pair<TileAxis>;
  /** Tiles of all images. */
  readonly tiles: number;
  readonly weights: WeightSteps;
  readonly engine: Engine;
  /** Everything that the code depends on, in words. */
  readonly key: string;
}

/** Words of each product: a word holds a float, or two channels as whole numbers. */
export const termsOf = ({ depth, scale }: Pick<WinogradShape, 'depth' | 'scale'>): number =>
  scale === undefined ? depth : Math.ceil(depth / 2);

/** Products of matrices. */
export const points = (s: WinogradShape): number => product(s.filterings.map((f) => f.inputs));

/** Taps of one part. */
export const tapCount = (s: Split): number => product(s.filterings.map((f) => f.taps));

/** What tiles read of a map. */
export type Reading = Pick<WinogradShape, 'stride' | 'parts' | 'sides' | 'sliceTaps'>;

/** Those of one slice. */
export const partsOfSlice = ({ parts }: Pick<Reading, 'parts'>): number =>
  product(parts.map(({ count }) => count));

export const partCount = (r: Reading): number => r.sliceTaps.taps * partsOfSlice(r);

/** Planes are gathered with the phases of a cell side by side. */
export const gathersPhases = (map: PixelMap, { stride }: Pick<Reading, 'stride'>): boolean =>
  map.planes !== null && product(stride) > 1;

/** A part: which tap of the slices, which part of height and of width. */
export type Part = readonly [slice: number, down: number, across: number];

/** All parts in the order of their channels, runs of them with the channels inside. */
export function partRuns(s: WinogradShape): Part[][] {
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  const [down, across] = each(s.parts, ({ count }) => upTo(count));
  const all = upTo(s.sliceTaps.taps).flatMap((slice) =>
    down.flatMap((a) => across.map((b): Part => [slice, a, b])),
  );
  const together = gathersPhases(s.source, s) ? partsOfSlice(s) : 1;
  return Array.from({ length: all.length / together }, (_, i) => all.slice(i * together, (i + 1) * together));
}

/** The taps of a part, row by row: their place in the kernel, null for those that it does not have. */
export function tapsOfPart(
  { filterings, sides, parts, weights }: WinogradShape,
  part: Part,
): (number | null)[] {
  const [slice, ...starts] = part;
  const [, rows, columns] = weights.kernel;
  const last = product(weights.kernel) - 1;
  return Array.from({ length: tapCount({ filterings, sides, parts }) }, (_, tap) => {
    const at = starts.map((start, axis) => start * parts[axis].apart);
    const { taps } = filterings[1];
    [Math.floor(tap / taps), tap % taps].forEach((t, i) => {
      at[sides[i].axis] += t * sides[i].step;
    });
    if (at[0] >= rows || at[1] >= columns) return null;
    const place = (slice * rows + at[0]) * columns + at[1];
    return weights.turned ? last - place : place;
  });
}

/**
 * Outputs of one tile are d apart, a tile holds m of them. Tile t begins at ⌊t / d⌋·m·d + t mod d; where the
 * phases are not equally long, only the first ones have a last tile.
 */
function tileAxis(cells: number, dilation: number, outputs: number): TileAxis {
  const [full, rest] = [Math.floor(cells / dilation), cells % dilation];
  const short = Math.ceil(full / outputs);
  const long = Math.ceil((full + 1) / outputs);
  return { first: 0, count: short * dilation + (long > short ? rest : 0), outputs, dilation };
}

function weightSteps(g: ConvGeometry, kernel: readonly number[], turned: boolean): WeightSteps {
  const taps = product(kernel);
  const [filter, out] = [(g.inChannels / g.groups) * taps, g.outChannels / g.groups];
  const steps = turned ? { lane: taps, channel: filter } : { lane: filter, channel: taps };
  return { group: out * filter, ...steps, kernel, turned };
}

const placeKey = (map: PixelMap): string => (map.planes ? 'planes' : `pitch ${map.pitch}`);

/** Of one phase. */
const tapsOf = (a: WindowAxis): number => Math.ceil(a.kernel / a.stride);

/** Of the cell that a window begins at. */
const padOf = (a: WindowAxis, turned: boolean): number =>
  turned ? (a.kernel - 1) * a.dilation - a.padBefore : a.padBefore;

function mapsOf({ geometry: g, ...task }: ConvTask): Record<'x' | 'y', PixelMap> {
  const [outer, ...windows] = axesOf(g);
  const map = (
    sizeOf: (axis: WindowAxis) => number,
    channels: number,
    { pitch, order }: { pitch: number; order: ConvTask['xOrder'] },
  ): PixelMap => ({
    size: each(windows, sizeOf),
    slices: sizeOf(outer),
    pitch,
    planes: order === 'planes' ? channels : null,
    channels: channels / g.groups,
  });
  return {
    x: map((a) => a.input, g.inChannels, { pitch: task.xPitch, order: task.xOrder }),
    y: map((a) => a.output, g.outChannels, { pitch: task.yPitch, order: task.yOrder }),
  };
}

/** For 'weightGrad' as for 'conv': source is x, target is y. */
export function winogradShape(task: ConvTask, size: TileSize): WinogradShape {
  const turned = task.kernel === 'inputGrad';
  const [, ...windows] = axesOf(task.geometry);
  const { x, y } = mapsOf(task);
  const target = (turned ? x : y).size;
  const split = splitOf(windows, size, target);
  const tilesOf = (i: 0 | 1): TileAxis => {
    const along = split.filterings.filter((_, side) => split.sides[side].axis === i);
    const outputs = product(along.map((f) => f.outputs));
    return tileAxis(target[i], windows[i].dilation, outputs);
  };
  const pad = each(windows, (a) => padOf(a, turned));
  return shapeOf(task, { split, axes: [tilesOf(0), tilesOf(1)], pad, name: size });
}

/** How a shape's tiles lie. */
interface Tiling {
  readonly split: Split;
  readonly axes: Pair<TileAxis>;
  readonly pad: Pair;
  readonly name: string;
}

export function shapeOf(task: ConvTask, { split, axes, pad, name }: Tiling): WinogradShape {
  const { geometry: g, kernel } = task;
  const turned = kernel === 'inputGrad';
  const [outer, ...windows] = axesOf(g);
  const { x, y } = mapsOf(task);
  const [source, target] = turned ? [y, x] : [x, y];
  const stride = each(windows, (a) => a.stride);
  const sliceTaps = {
    ...{ taps: outer.kernel, stride: outer.stride, dilation: outer.dilation },
    pad: padOf(outer, turned),
  };
  return {
    ...split,
    images: g.batch,
    groups: g.groups,
    source,
    target,
    stride,
    sliceTaps,
    axes,
    engine: task.engine,
    pad,
    depth: source.channels * partCount({ ...split, stride, sliceTaps }),
    tiles: g.batch * target.slices * axes[0].count * axes[1].count,
    weights: weightSteps(
      g,
      [outer, ...windows].map((a) => a.kernel),
      turned,
    ),
    key: `winograd ${name} ${kernel} ${formatConv(g)} ${placeKey(x)}>${placeKey(y)} ${epilogueKey(task.epilogue)} ${engineKey(task.engine)}`,
  };
}

/** Fewer channels leave the register tiles empty and the transforms unpaid. */
const fewestChannels = 8;

/** The same for whole numbers, by products and sums of their own. */
export function wholeShape(task: ConvTask): WinogradShape {
  const engine = { ...task.engine, fma: false };
  const s = winogradShape({ ...task, engine }, 'large');
  const filterings = each(s.filterings, ({ taps }) => wholeFiltering(taps as 1 | 3));
  const scale = product(filterings.map((f) => f.scale));
  return { ...s, filterings, scale, key: `${s.key} ${task.whole?.result}` };
}

/** Outputs are known modulo 2³² / 64, see `output.ts`. */
const mostWhole = 2 ** 25;

export function refuseWhole({ geometry: g, whole, xOrder, yOrder }: ConvTask): string | null {
  if (xOrder === 'pairs' || yOrder === 'pairs') return 'reads floats';
  if (!isShort(g)) return 'of whole numbers, takes kernels of 3 taps and stride 1 along one axis or two';
  return whole && whole.most >= mostWhole ? `takes sums below ${mostWhole}` : null;
}

const isShort = ({ axes }: ConvGeometry): boolean =>
  axes.length <= 2 && axes.every(({ kernel, stride }) => stride === 1 && (kernel === 1 || kernel === 3));

/** Whether whole numbers may be multiplied so: then they are wanted as floats. */
export const suitsWhole = (g: ConvGeometry, { most }: Whole): boolean =>
  isShort(g) &&
  g.axes.some(({ kernel }) => kernel === 3) &&
  Math.min(g.inChannels, g.outChannels) / g.groups >= fewestChannels &&
  most < mostWhole;

export function refuseWinograd({ geometry: g, kernel }: ConvTask, size: TileSize): string | null {
  if (g.paddingMode !== 'zeros') return `needs zero padding; this is ${g.paddingMode}`;
  const [outer, a, b] = axesOf(g);
  const strided = [outer, a, b].find(({ stride }) => stride > 1);
  if (strided && kernel !== 'conv') return `takes gradients of stride 1 only; this is ${strided.stride}`;
  if ([a, b].some((axis) => axis.stride > 1) && [a, b].some((axis) => axis.dilation > 1))
    return 'takes stride or dilation, not both';
  return refuseTaps([a, b], size) ?? refuseChannels(g, a.stride * b.stride);
}

function refuseTaps(windows: Pair<WindowAxis>, size: TileSize): string | null {
  const { least, most } = tapRange[size];
  const [a, b] = each(windows, tapsOf);
  const splits = size === 'large' && windows.every(({ stride }) => stride === 1);
  if (Math.max(a, b) >= least && (splits || Math.max(a, b) <= most)) return null;
  return `needs kernels of ${least} to ${most} taps (per phase if strided); these are ${a} and ${b}`;
}

export function refuseChannels(g: ConvGeometry, phases: number): string | null {
  const [from, to] = [(g.inChannels / g.groups) * phases, g.outChannels / g.groups];
  if (Math.min(from, to) >= fewestChannels) return null;
  return `needs ${fewestChannels} channels per group on both sides; there are ${from} and ${to}`;
}

/** Strides whose phases lie well in vectors of a plane. */
const planeStrides = [1, 2, 4];

/** What tiles of planes cannot do: leap, and take residuals, which lie as pixels. */
export function refusePlanes(task: ConvTask, s: WinogradShape): string | null {
  if (!s.source.planes && !s.target.planes) return null;
  const leap = s.axes.find((a) => a.dilation > 1);
  if (leap) return `reads and writes planes without dilation only; this is ${leap.dilation}`;
  if (s.target.planes && task.epilogue.extras.includes('pixel'))
    return 'cannot add an array to a result in planes';
  const [a, b] = s.stride;
  if (s.source.planes && (a !== b || !planeStrides.includes(a)))
    return `reads planes with equal strides of ${planeStrides.join(', ')} only`;
  return null;
}
