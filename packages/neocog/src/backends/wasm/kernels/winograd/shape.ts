// A convolution or an input gradient as Winograd's kernels see it: a source map, a target map, and a grid of tiles.
// An input gradient is a convolution with turned taps and exchanged channels; dilation d is d×d interleaved plain ones; one of
// stride s is a sum of s×s plain ones, over the source's phases: cell (s·i + a, s·j + b) is cell (i, j) of phase (a, b).

import {
  type Filtering,
  filtering,
  type TileSize,
  tapRange,
  wholeFiltering,
} from '../../../../geometry/filtering.ts';
import { formatConv } from '../../../../geometry/text.ts';
import type { ConvGeometry, WindowAxis } from '../../../../geometry/types.ts';
import { oneCell, product } from '../../../../geometry/window.ts';
import type { Whole } from '../../../work.ts';
import { type Engine, engineKey } from '../../engine.ts';
import type { ConvTask } from '../convPlan.ts';
import { epilogueKey } from '../epilogue.ts';

/** One value per axis: height, width. */
export type Pair<T = number> = readonly [T, T];

/** A map in memory, as pixels or as planes. */
export interface PixelMap {
  readonly size: Pair;
  /** Floats per pixel. */
  readonly pitch: number;
  /** Planes of an image, those of all groups; null for pixels. */
  readonly planes: number | null;
  /** Of one group. */
  readonly channels: number;
}

/** The tiles of one axis. */
export interface TileAxis {
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
  readonly kernel: Pair;
  readonly turned: boolean;
}

/** target(o) = Σ source(o·stride − pad + k·dilation) · weight(k), per axis. */
export interface WinogradShape {
  readonly filterings: Pair<Filtering>;
  readonly images: number;
  readonly groups: number;
  readonly source: PixelMap;
  readonly target: PixelMap;
  readonly pad: Pair;
  /** Of both axes. */
  readonly stride: number;
  /** Terms of each product: the channels of all phases of a group. */
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

/** One value per axis. */
export const each = <T, U>([a, b]: Pair<T>, read: (value: T) => U): Pair<U> => [read(a), read(b)];

/** Words of each product: a word holds a float, or two channels as whole numbers. */
export const termsOf = ({ depth, scale }: Pick<WinogradShape, 'depth' | 'scale'>): number =>
  scale === undefined ? depth : Math.ceil(depth / 2);

/** Products of matrices. */
export const points = (s: WinogradShape): number => product(s.filterings.map((f) => f.inputs));

/** Taps of one phase. */
export const tapCount = (s: WinogradShape): number => product(s.filterings.map((f) => f.taps));

/**
 * The source's phases in the order of their channels, runs of them with the channels inside: planes are gathered with the
 * phases of a cell side by side, pixels phase by phase.
 */
export function phaseRuns({ source, stride }: WinogradShape): Pair[][] {
  const phases = Array.from({ length: stride ** 2 }, (_, p): Pair => [Math.floor(p / stride), p % stride]);
  return source.planes ? [phases] : phases.map((phase) => [phase]);
}

/**
 * Outputs of one phase are d apart, a tile holds m of them. Tile t begins at ⌊t / d⌋·m·d + t mod d; where the
 * phases are not equally long, only the first ones have a last tile.
 */
function tileAxis(cells: number, dilation: number, outputs: number): TileAxis {
  const [full, rest] = [Math.floor(cells / dilation), cells % dilation];
  const short = Math.ceil(full / outputs);
  const long = Math.ceil((full + 1) / outputs);
  return { count: short * dilation + (long > short ? rest : 0), outputs, dilation };
}

function weightSteps(g: ConvGeometry, kernel: Pair, turned: boolean): WeightSteps {
  const taps = product(kernel);
  const [filter, out] = [(g.inChannels / g.groups) * taps, g.outChannels / g.groups];
  const steps = turned ? { lane: taps, channel: filter } : { lane: filter, channel: taps };
  return { group: out * filter, ...steps, kernel, turned };
}

const placeKey = (map: PixelMap): string => (map.planes ? 'planes' : `pitch ${map.pitch}`);

/** A sequence is a map of one row. */
const axesOf = ({ axes }: ConvGeometry): Pair<WindowAxis> =>
  axes.length === 1 ? [oneCell, axes[0]] : [axes[0], axes[1]];

/** Of one phase. */
const tapsOf = (a: WindowAxis): number => Math.ceil(a.kernel / a.stride);

/** For 'weightGrad' as for 'conv': source is x, target is y. */
export function winogradShape(task: ConvTask, size: TileSize): WinogradShape {
  const { geometry: g, kernel } = task;
  const turned = kernel === 'inputGrad';
  const windows = axesOf(g);
  const x = {
    size: each(windows, (a) => a.input),
    pitch: task.xPitch,
    planes: task.xOrder === 'planes' ? g.inChannels : null,
    channels: g.inChannels / g.groups,
  };
  const y = {
    size: each(windows, (a) => a.output),
    pitch: task.yPitch,
    planes: task.yOrder === 'planes' ? g.outChannels : null,
    channels: g.outChannels / g.groups,
  };
  const [source, target] = turned ? [y, x] : [x, y];
  const filterings = each(windows, (a) => filtering(size, tapsOf(a)));
  const tilesOf = (i: 0 | 1): TileAxis =>
    tileAxis(target.size[i], windows[i].dilation, filterings[i].outputs);
  const axes = [tilesOf(0), tilesOf(1)] as const;
  const { stride } = windows[0];
  return {
    filterings,
    images: g.batch,
    groups: g.groups,
    source,
    target,
    stride,
    axes,
    engine: task.engine,
    pad: each(windows, (a) => (turned ? (a.kernel - 1) * a.dilation - a.padBefore : a.padBefore)),
    depth: source.channels * stride ** 2,
    tiles: g.batch * axes[0].count * axes[1].count,
    weights: weightSteps(
      g,
      each(windows, (a) => a.kernel),
      turned,
    ),
    key: `winograd ${size} ${kernel} ${formatConv(g)} ${placeKey(x)}>${placeKey(y)} ${epilogueKey(task.epilogue)} ${engineKey(task.engine)}`,
  };
}

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

export function refuseWhole({ geometry, whole, xOrder, yOrder }: ConvTask): string | null {
  if (xOrder === 'pairs' || yOrder === 'pairs') return 'reads floats';
  if (!axesOf(geometry).every(isThree)) return 'of whole numbers, takes kernels of 3 taps and stride 1 only';
  return whole && whole.most >= mostWhole ? `takes sums below ${mostWhole}` : null;
}

const isThree = ({ kernel, stride }: WindowAxis): boolean => stride === 1 && (kernel === 1 || kernel === 3);

/** Whether whole numbers may be multiplied so: then they are wanted as floats. */
export const suitsWhole = (g: ConvGeometry, { most }: Whole): boolean =>
  g.axes.length <= 2 &&
  g.axes.every(isThree) &&
  g.axes.some(({ kernel }) => kernel === 3) &&
  Math.min(g.inChannels, g.outChannels) / g.groups >= fewestChannels &&
  most < mostWhole;

/** Fewer channels leave the register tiles empty and the transforms unpaid. */
const fewestChannels = 8;

export function refuseWinograd({ geometry: g, kernel }: ConvTask, size: TileSize): string | null {
  if (g.paddingMode !== 'zeros') return `needs zero padding; this is ${g.paddingMode}`;
  if (g.axes.length > 2) return `needs one axis or two; there are ${g.axes.length}`;
  const [a, b] = axesOf(g);
  if (a.stride !== b.stride) return `needs equal strides; they are ${a.stride} and ${b.stride}`;
  if (a.stride > 1 && kernel !== 'conv') return `takes gradients of stride 1 only; this is ${a.stride}`;
  if (a.stride > 1 && Math.max(a.dilation, b.dilation) > 1) return 'takes stride or dilation, not both';
  const taps = Math.max(tapsOf(a), tapsOf(b));
  const { least, most } = tapRange[size];
  if (taps < least || taps > most)
    return `needs kernels of ${least} to ${most} taps (per phase if strided); these are ${tapsOf(a)} and ${tapsOf(b)}`;
  const [from, to] = [(g.inChannels / g.groups) * a.stride ** 2, g.outChannels / g.groups];
  if (Math.min(from, to) < fewestChannels)
    return `needs ${fewestChannels} channels per group on both sides; there are ${from} and ${to}`;
  return null;
}

/** Loads may read this many cells before a row of a plane, and this many behind it: what lies there is masked. */
const overhang = { before: 4, behind: 12 };

/** Strides whose phases lie well in vectors of a plane. */
const planeStrides = [1, 2, 4];

/** What tiles of planes cannot do: leap, read far outside, and take residuals, which lie as pixels. */
export function refusePlanes(task: ConvTask, s: WinogradShape): string | null {
  if (!s.source.planes && !s.target.planes) return null;
  const leap = s.axes.find((a) => a.dilation > 1);
  if (leap) return `reads and writes planes without dilation only; this is ${leap.dilation}`;
  if (s.target.planes && task.epilogue.extras.includes('pixel'))
    return 'cannot add an array to a result in planes';
  if (!s.source.planes) return null;
  if (!planeStrides.includes(s.stride)) return `reads planes with strides of ${planeStrides.join(', ')} only`;
  const { count, outputs, inputs } = { ...s.axes[1], ...s.filterings[1] };
  const behind = ((count - 1) * outputs + inputs) * s.stride - s.pad[1] - s.source.size[1];
  if (s.pad[1] > overhang.before || behind > overhang.behind)
    return `reads at most ${overhang.before} cells beside a plane; the padding is larger`;
  return null;
}
