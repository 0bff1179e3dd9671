// A layer from the settings: its arithmetic and its geometry, as the library has them. Refusals are the library's.

import {
  type ConvGeometry,
  explain,
  type LayerArithmetic,
  type PoolGeometry,
  parseConv,
  parsePool,
} from 'neocog';
import { isPool, type LayerSettings, type Rank, spread, spreadSides } from './settings.ts';

/** A layer whose parts fit together. */
export interface Layer {
  readonly settings: LayerSettings;
  readonly rank: Rank;
  readonly arithmetic: LayerArithmetic;
  /** Of a transposed convolution, the geometry of the convolution that it transposes. */
  readonly geometry: ConvGeometry | PoolGeometry;
  /** As the operations of the library take them. */
  readonly options: LayerOptions;
}

export interface LayerOptions {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: LayerSettings['pad'] | readonly (readonly [number, number])[];
  readonly paddingMode: LayerSettings['mode'];
  readonly groups: number;
  readonly outputPadding: readonly number[];
}

export const rankOf = ({ rank }: Pick<LayerSettings, 'rank'>): Rank => Number(rank) as Rank;

/** `[channels, …size]` of the input, with its batch of one. */
export function inputShapeOf(settings: LayerSettings): number[] {
  return [1, settings.in, ...spread(settings.size, rankOf(settings))];
}

function optionsOf(settings: LayerSettings): LayerOptions {
  const rank = rankOf(settings);
  const { pad, mode, groups } = settings;
  return {
    kernel: spread(settings.kernel, rank),
    stride: spread(settings.stride, rank),
    dilation: spread(settings.dilation, rank),
    padding: typeof pad === 'string' ? pad : spreadSides(pad, rank),
    paddingMode: mode,
    groups,
    outputPadding: spread(settings.extra, rank),
  };
}

type Options = Parameters<typeof explain.convTranspose2d>[0];
type PoolingOptions = Parameters<typeof explain.maxPool2d>[0];

const convs = { 1: explain.conv1d, 2: explain.conv2d, 3: explain.conv3d };
const transposes = { 1: explain.convTranspose1d, 2: explain.convTranspose2d, 3: explain.convTranspose3d };
const maxPools = { 1: explain.maxPool1d, 2: explain.maxPool2d, 3: explain.maxPool3d };
const avgPools = { 1: explain.avgPool1d, 2: explain.avgPool2d, 3: explain.avgPool3d };

function arithmeticOf(settings: LayerSettings, options: LayerOptions): LayerArithmetic {
  const { op, bias, ceil } = settings;
  const rank = rankOf(settings);
  const input = inputShapeOf(settings);
  const { kernel, stride, dilation, padding, paddingMode, groups, outputPadding } = options;
  if (isPool(op)) {
    const pools = op === 'max' ? maxPools : avgPools;
    return pools[rank]({ input, kernel, stride, dilation, padding, ceilMode: ceil } as PoolingOptions);
  }
  const window = {
    input,
    filters: settings.out,
    kernel,
    stride,
    dilation,
    padding,
    paddingMode,
    groups,
    bias,
  };
  if (op === 'conv') return convs[rank](window as Options);
  return transposes[rank]({ ...window, outputPadding } as Options);
}

/** @throws ShapeError or UnsupportedError if the settings do not fit together */
export function readLayer(settings: LayerSettings): Layer {
  const options = optionsOf(settings);
  const arithmetic = arithmeticOf(settings, options);
  const text = arithmetic.geometry ?? '';
  const geometry = isPool(settings.op) ? parsePool(text) : parseConv(text);
  return { settings: { ...settings }, rank: rankOf(settings), arithmetic, geometry, options };
}
