// A convolution or an input gradient as Winograd's kernels see it: a source map, a target map, and a grid of tiles.
// An input gradient is a convolution with turned taps and exchanged channels; dilation d is d×d interleaved plain ones.

import { formatConv } from '../../../../geometry/text.ts';
import type { ConvGeometry, WindowAxis } from '../../../../geometry/types.ts';
import { engineName } from '../../engine.ts';
import type { ConvTask } from '../convPlan.ts';
import { epilogueKey } from '../epilogue.ts';
import { type Filtering, filterings } from './matrices.ts';

export type TileSize = 2 | 4;

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
  readonly turned: boolean;
}

/** target(o) = Σ source(o − pad + k·dilation) · weight(k), per axis. */
export interface WinogradShape {
  readonly filtering: Filtering;
  readonly images: number;
  readonly groups: number;
  readonly source: PixelMap;
  readonly target: PixelMap;
  readonly pad: Pair;
  readonly axes: Pair<TileAxis>;
  /** Tiles of all images. */
  readonly tiles: number;
  readonly weights: WeightSteps;
  /** Everything that the code depends on, in words. */
  readonly key: string;
}

const pair = <T>(axes: readonly WindowAxis[], read: (a: WindowAxis) => T): Pair<T> => [
  read(axes[0]),
  read(axes[1]),
];

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

function weightSteps(g: ConvGeometry, turned: boolean): WeightSteps {
  const [filter, out] = [(g.inChannels / g.groups) * 9, g.outChannels / g.groups];
  const group = out * filter;
  return turned ? { group, lane: 9, channel: filter, turned } : { group, lane: filter, channel: 9, turned };
}

const placeKey = (map: PixelMap): string => (map.planes ? 'planes' : `pitch ${map.pitch}`);

/** For 'weightGrad' as for 'conv': source is x, target is y. */
export function winogradShape(task: ConvTask, m: TileSize): WinogradShape {
  const { geometry: g, kernel } = task;
  const turned = kernel === 'inputGrad';
  const x = {
    size: pair(g.axes, (a) => a.input),
    pitch: task.xPitch,
    planes: task.xOrder === 'planes' ? g.inChannels : null,
    channels: g.inChannels / g.groups,
  };
  const y = {
    size: pair(g.axes, (a) => a.output),
    pitch: task.yPitch,
    planes: task.yOrder === 'planes' ? g.outChannels : null,
    channels: g.outChannels / g.groups,
  };
  const [source, target] = turned ? [y, x] : [x, y];
  const cells = [...target.size];
  const axes = pair(g.axes, (a) => tileAxis(cells.shift() as number, a.dilation, m));
  return {
    filtering: filterings[m],
    images: g.batch,
    groups: g.groups,
    source,
    target,
    pad: pair(g.axes, (a) => (turned ? 2 * a.dilation - a.padBefore : a.padBefore)),
    axes,
    tiles: g.batch * axes[0].count * axes[1].count,
    weights: weightSteps(g, turned),
    key: `winograd ${m}x${m} ${kernel} ${formatConv(g)} ${placeKey(x)}>${placeKey(y)} ${epilogueKey(task.epilogue)} ${engineName(task.engine)}`,
  };
}

/** Fewer channels leave the register tiles empty and the transforms unpaid. */
const fewestChannels = 8;

export function refuseWinograd({ geometry: g }: ConvTask): string | null {
  if (g.paddingMode !== 'zeros') return `needs zero padding, this is ${g.paddingMode}`;
  if (g.axes.length !== 2) return `needs two axes, there are ${g.axes.length}`;
  const bad = g.axes.find((a) => a.kernel !== 3 || a.stride !== 1);
  if (bad) return `needs kernel 3 and stride 1, an axis has kernel ${bad.kernel}, stride ${bad.stride}`;
  const [from, to] = [g.inChannels / g.groups, g.outChannels / g.groups];
  if (Math.min(from, to) < fewestChannels)
    return `needs ${fewestChannels} channels per group on both sides, there are ${from} and ${to}`;
  return null;
}

/** Loads may read this many cells before a row of a plane, and this many behind it: what lies there is masked. */
const overhang = { before: 4, behind: 12 };

/** What tiles of planes cannot do: leap, read far outside, and take residuals, which lie as pixels. */
export function refusePlanes(task: ConvTask, s: WinogradShape): string | null {
  if (!s.source.planes && !s.target.planes) return null;
  const leap = s.axes.find((a) => a.dilation > 1);
  if (leap) return `reads and writes planes without dilation only, here it is ${leap.dilation}`;
  if (s.target.planes && task.epilogue.extras.includes('pixel'))
    return 'adds no array to a result that lies as planes';
  const { count, outputs } = s.axes[1];
  const behind = count * outputs + 2 - s.pad[1] - s.source.size[1];
  if (s.source.planes && (s.pad[1] > overhang.before || behind > overhang.behind))
    return `reads at most ${overhang.before} cells beside a plane, here the padding is larger`;
  return null;
}
