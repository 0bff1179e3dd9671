// Pooling to a wanted output size: window i covers the cells from floor(i·in/out) up to, not including,
// ceil((i + 1)·in/out), as in PyTorch. Windows of one size are plain pooling; else windows are read side by side first.

import { type Fields, needOptions } from '../arguments/options.ts';
import { compute } from '../backends/current.ts';
import { adaptiveAxes, type ResizedAxis } from '../geometry/adaptive.ts';
import { type Caller, type Layout, layout, type PerAxis, type Rank } from '../geometry/options.ts';
import { adaptiveTaps, adaptiveWindows, longestWindow } from '../geometry/taps.ts';
import { sizeOf } from '../tensor/shape.ts';
import { arange, Tensor } from '../tensor/tensor.ts';
import { frame } from './layout.ts';
import {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type MaxPoolResult,
  maxPool1dWithIndices,
  maxPool2dWithIndices,
  maxPool3dWithIndices,
} from './pool.ts';
import { reshape } from './reshape.ts';
import { mixAxis } from './taps.ts';
import { readView, viewOfAxes } from './view.ts';

/** How adaptive pooling reads its input. */
export interface AdaptivePoolOptions {
  /** Order of the axes of input and result. Default 'channels-first'. */
  layout?: Layout | undefined;
}

export const adaptivePoolFields: Fields<AdaptivePoolOptions> = { layout };

const avgPools = { 1: avgPool1d, 2: avgPool2d, 3: avgPool3d };
const maxPools = { 1: maxPool1dWithIndices, 2: maxPool2dWithIndices, 3: maxPool3dWithIndices };

const windowSizes = (axes: readonly ResizedAxis[]): number[] | null =>
  axes.every((axis) => axis.input % axis.output === 0) ? axes.map((axis) => axis.input / axis.output) : null;

/* @__NO_SIDE_EFFECTS__ */
function adaptiveAvgPool(
  rank: Rank,
): (x: Tensor, outputSize: PerAxis, options?: AdaptivePoolOptions) => Tensor {
  const fn = `adaptiveAvgPool${rank}d`;
  const caller = { fn, rank };
  return (x, outputSize, options = {}) => {
    needOptions(fn, options, adaptivePoolFields);
    const { enter, leave } = frame(caller, x, options.layout);
    const input = enter(x);
    const axes = adaptiveAxes(caller, input.shape, outputSize);
    const kernel = windowSizes(axes);
    if (kernel) return leave(avgPools[rank](input, kernel));
    const mix = (t: Tensor, { input: from, output }: ResizedAxis, d: number): Tensor =>
      from === output ? t : mixAxis(fn, t, { ...adaptiveTaps(from, output), axis: d + 2 });
    return leave(axes.reduce(mix, input));
  };
}

/* @__NO_SIDE_EFFECTS__ */
function adaptiveMaxPool(
  rank: Rank,
  name: string,
): (x: Tensor, outputSize: PerAxis, options?: AdaptivePoolOptions) => MaxPoolResult {
  const fn = `adaptiveMaxPool${rank}d${name}`;
  const caller = { fn, rank };
  return (x, outputSize, options = {}) => {
    needOptions(fn, options, adaptivePoolFields);
    const { enter, leave } = frame(caller, x, options.layout);
    const input = enter(x);
    const axes = adaptiveAxes(caller, input.shape, outputSize);
    const kernel = windowSizes(axes);
    const { output, indices } = kernel ? maxPools[rank](input, kernel) : maxOfWindows(caller, input, axes);
    return { output: leave(output), indices: leave(indices) };
  };
}

/** The cells of all windows of an axis side by side, each as many as the longest has: the last cell is read again. */
function spreadWindows({ input, output }: ResizedAxis): { cells: Int32Array; size: number } {
  const windows = adaptiveWindows(input, output);
  const size = longestWindow(windows);
  const cells = windows.flatMap(({ first, end }) =>
    Array.from({ length: size }, (_, k) => Math.min(first + k, end - 1)),
  );
  return { cells: Int32Array.from(cells), size };
}

/** A second reading of a cell comes after the first, so it never is the first maximum. */
function maxOfWindows({ fn, rank }: Caller, x: Tensor, axes: readonly ResizedAxis[]): MaxPoolResult {
  const windows = axes.map(spreadWindows);
  const cells = windows.map((window) => window.cells);
  const spread = readView(fn, x, viewOfAxes(x.shape, [undefined, undefined, ...cells]));
  const { output, indices } = maxPools[rank](
    spread,
    windows.map((window) => window.size),
  );
  const plane = x.shape.slice(2);
  const positions = reshape(arange(0, sizeOf(plane), 1, { dtype: 'int32' }), plane);
  const { data } = readView(fn, positions, viewOfAxes(plane, cells));
  const found = compute<Int32Array>({ op: 'take', planes: 1 }, [data, indices.data]);
  return { output, indices: new Tensor(found, indices.shape) };
}

/* @__NO_SIDE_EFFECTS__ */
const adaptiveMax =
  (rank: Rank) =>
  (x: Tensor, outputSize: PerAxis, options?: AdaptivePoolOptions): Tensor =>
    adaptiveMaxPool(rank, '')(x, outputSize, options).output;

/**
 * Means over `outputSize` windows that cover a sequence evenly: `[n, c, w]` → `[n, c, outputSize]`.
 *
 * @throws ShapeError for an output size below 1 or an empty input.
 */
export const adaptiveAvgPool1d = adaptiveAvgPool(1);
/** Means over `outputSize` windows per axis: `[n, c, h, w]` → `[n, c, …outputSize]`; see `adaptiveAvgPool1d`. */
export const adaptiveAvgPool2d = adaptiveAvgPool(2);
/** Means over `outputSize` windows per axis: `[n, c, d, h, w]` → `[n, c, …outputSize]`; see `adaptiveAvgPool1d`. */
export const adaptiveAvgPool3d = adaptiveAvgPool(3);

/**
 * Largest values of `outputSize` windows that cover a sequence evenly: `[n, c, w]` → `[n, c, outputSize]`.
 *
 * @throws ShapeError for an output size below 1 or an empty input.
 */
export const adaptiveMaxPool1d = adaptiveMax(1);
/** Largest values of `outputSize` windows per axis: `[n, c, h, w]` → `[n, c, …outputSize]`; see `adaptiveMaxPool1d`. */
export const adaptiveMaxPool2d = adaptiveMax(2);
/** Largest values of `outputSize` windows per axis: `[n, c, d, h, w]` → `[n, c, …outputSize]`; see `adaptiveMaxPool1d`. */
export const adaptiveMaxPool3d = adaptiveMax(3);
/** As `adaptiveMaxPool1d`, and where each maximum was found. */
export const adaptiveMaxPool1dWithIndices = adaptiveMaxPool(1, 'WithIndices');
/** As `adaptiveMaxPool2d`, and where each maximum was found. */
export const adaptiveMaxPool2dWithIndices = adaptiveMaxPool(2, 'WithIndices');
/** As `adaptiveMaxPool3d`, and where each maximum was found. */
export const adaptiveMaxPool3dWithIndices = adaptiveMaxPool(3, 'WithIndices');
