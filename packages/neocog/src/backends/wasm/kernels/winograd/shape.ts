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

/** Pixels in memory. */
export interface PixelMap {
  readonly size: Pair;
  /** Floats per pixel. */
  readonly pitch: number;
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

/** For 'weightGrad' as for 'conv': source is x, target is y. */
export function winogradShape(task: ConvTask, m: TileSize): WinogradShape {
  const { geometry: g, kernel } = task;
  const turned = kernel === 'inputGrad';
  const x = { size: pair(g.axes, (a) => a.input), pitch: task.xPitch, channels: g.inChannels / g.groups };
  const y = { size: pair(g.axes, (a) => a.output), pitch: task.yPitch, channels: g.outChannels / g.groups };
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
    key: `winograd ${m}x${m} ${kernel} ${formatConv(g)} pitch ${task.xPitch}>${task.yPitch} ${epilogueKey(task.epilogue)} ${engineName(task.engine)}`,
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
