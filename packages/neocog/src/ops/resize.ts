// Resizing images, sequences and volumes, axis after axis: interpolation is separable. Defaults are those of PyTorch's
// `interpolate`; options reach all conventions of ONNX's Resize.

import { anyNumber, finite, flag, keyOf, oneOf } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { ShapeError } from '../errors.ts';
import type { Rank } from '../geometry/options.ts';
import {
  cellsWithin,
  cornersSmoothed,
  type Interpolation,
  isSame,
  type ResampleOptions,
  type Rounding,
  resampledAxes,
  resampleFields,
  resampleTaps,
  roundingNames,
  type Weighing,
} from '../geometry/resample.ts';
import { formatShape } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { floats } from './check.ts';
import { where } from './elementwise.ts';
import { mixAxis } from './taps.ts';

/** How values between cells come about; see `ResizeOptions.mode`. */
export type ResizeMode = 'nearest' | 'linear' | 'bilinear' | 'trilinear' | 'cubic' | 'bicubic';

/** Options of `resize`: `size` or `scale`, and how to get there. */
export interface ResizeOptions extends ResampleOptions {
  /**
   * 'nearest' (default) repeats cells, 'linear' mixes the two neighbours on each axis ('bilinear' and 'trilinear' say the
   * same for two and three), 'cubic' four ('bicubic' says the same for two).
   */
  mode?: ResizeMode | undefined;
  /** Which cell is nearest, in that mode. Default 'floor'. */
  rounding?: Rounding | undefined;
  /** The free number of cubic interpolation. Default -0.75, with `antialias` -0.5, which is Keys' own. */
  cubicCoefficient?: number | undefined;
  /** Cells beyond the border weigh nothing, instead of standing for the border cell. Default: as `antialias`. */
  excludeOutside?: boolean | undefined;
  /**
   * Shrinking averages over all cells that an output cell covers, instead of picking some. Not for 'nearest'. Default false.
   * With `alignCorners` as in PyTorch: cells lie as far apart as corners would have it, but start half a cell from the edge.
   */
  antialias?: boolean | undefined;
  /** With `crop`, the value of what lies outside of the input. Default 0. */
  extrapolation?: number | undefined;
}

const modes: Record<ResizeMode, { by: Interpolation; ranks: readonly number[] }> = {
  nearest: { by: 'nearest', ranks: [1, 2, 3] },
  linear: { by: 'linear', ranks: [1, 2, 3] },
  bilinear: { by: 'linear', ranks: [2] },
  trilinear: { by: 'linear', ranks: [3] },
  cubic: { by: 'cubic', ranks: [1, 2, 3] },
  bicubic: { by: 'cubic', ranks: [2] },
};

export const resizeFields: Fields<ResizeOptions> = {
  ...resampleFields,
  mode: keyOf(modes),
  rounding: oneOf(...roundingNames),
  cubicCoefficient: finite,
  excludeOutside: flag,
  antialias: flag,
  extrapolation: anyNumber,
};

/**
 * Changes the size of the spatial axes: `[n, c, …spatial]`, of 1, 2 or 3 → `[n, c, …size]`, or each axis times `scale`,
 * rounded down. As `torch.nn.functional.interpolate` and PyTorch's `nn.Upsample`; `coordinates`, `rounding` and others give the
 * conventions of other frameworks.
 *
 * @throws ShapeError unless size or scale is given and the mode knows that many axes.
 * @example resize(zeros([1, 3, 8, 8]), { scale: 2, mode: 'bilinear' }).shape // [1, 3, 16, 16]
 */
export function resize(x: Tensor, options: ResizeOptions): Tensor {
  floats('resize', 'input', x);
  needOptions('resize', options, resizeFields);
  const { mode = 'nearest' } = options;
  const { by, ranks } = modes[mode];
  const rank = x.rank - 2;
  if (!ranks.includes(rank)) {
    throw new ShapeError(
      `resize: input has shape ${formatShape(x.shape)}; mode '${mode}' needs [n, c, …] with ${ranks.length > 1 ? '1, 2 or 3' : ranks[0]} spatial axes`,
    );
  }
  if (by === 'nearest' && options.alignCorners) {
    throw new ShapeError(
      "resize: alignCorners is true in mode 'nearest'; use a mode that interpolates, or leave it out",
    );
  }
  const how = weighing(by, options);
  const given = resampledAxes({ fn: 'resize', rank: rank as Rank }, x.shape, options);
  const axes = how.antialias && options.alignCorners ? given.map(cornersSmoothed) : given;
  const resized = axes.reduce(
    (t, axis, d) => (isSame(axis) ? t : mixAxis('resize', t, { ...resampleTaps(axis, how), axis: d + 2 })),
    x,
  );
  const { extrapolation = 0 } = options;
  return axes.reduce((t, axis, d) => {
    const within = cellsWithin(axis, by);
    return within ? where(alongAxis(within, d + 2, t.rank), t, extrapolation) : t;
  }, resized);
}

/** A value for each cell of one axis, in a shape that broadcasts along the others. */
const alongAxis = (values: Float32Array, axis: number, rank: number): Tensor =>
  new Tensor(values, new Array<number>(rank).fill(1).with(axis, values.length));

function weighing(by: Interpolation, options: ResizeOptions): Weighing {
  const { rounding = 'floor', antialias = false, excludeOutside = antialias } = options;
  const { cubicCoefficient = antialias ? -0.5 : -0.75 } = options;
  if (by === 'nearest' && antialias)
    throw new ShapeError(
      "resize: antialias is true in mode 'nearest'; use a mode that interpolates, or leave it out",
    );
  return { by, rounding, cubicCoefficient, antialias, excludeOutside };
}
