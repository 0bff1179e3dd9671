// Interpolation along one axis as taps: from which cells a cell of the resized axis is made, and how they weigh.
// Defaults are PyTorch's `interpolate`, the other conventions those of ONNX's Resize (opset 19); the cubic is Keys, "Cubic
// convolution interpolation", 1981.

import { above, either, type Field, field, flag, isListOf, oneOf, whole } from '../arguments/field.ts';
import type { Fields } from '../arguments/options.ts';
import { counted } from '../arguments/show.ts';
import {
  type Call,
  type Caller,
  callOf,
  checkShape,
  listOfAxes,
  type PerAxis,
  readSizes,
  refuse,
  show,
} from './options.ts';
import { type AxisTaps, tapTable } from './taps.ts';
import { checkElements } from './window.ts';

export type Interpolation = 'nearest' | 'linear' | 'cubic';

/**
 * Where the centre of output cell x lies among the input cells. `half-pixel`: (x + ½) / scale − ½; `half-pixel-symmetric`: the
 * same, with the middles of both axes at one place; `pytorch-half-pixel`: the same as half-pixel, but 0 for a single cell;
 * `tf-half-pixel`: (x + ½) / scale; `asymmetric`: x / scale; `align-corners`: the first cells and the last cells coincide.
 */
export type Coordinates =
  | 'half-pixel'
  | 'half-pixel-symmetric'
  | 'pytorch-half-pixel'
  | 'tf-half-pixel'
  | 'asymmetric'
  | 'align-corners';

/** Which cell is nearest: of two as near the lower (`prefer-floor`) or the upper; or always the one below or above. */
export type Rounding = 'prefer-floor' | 'prefer-ceil' | 'floor' | 'ceil';

export const coordinateNames: readonly Coordinates[] = [
  'half-pixel',
  'half-pixel-symmetric',
  'pytorch-half-pixel',
  'tf-half-pixel',
  'asymmetric',
  'align-corners',
];
export const roundingNames: readonly Rounding[] = ['prefer-floor', 'prefer-ceil', 'floor', 'ceil'];

/** Which points of the input a resized tensor is read at. */
export interface ResampleOptions {
  /** The wanted size of each spatial axis. Needed unless `scale` is given. */
  size?: PerAxis | undefined;
  /** The factor of each spatial axis. Needed unless `size` is given. Without a size, the size is the product rounded down; with one, within a cell of it, distances go by the scale. */
  scale?: PerAxis | undefined;
  /** The centres of the first and of the last cells coincide, instead of the outer edges. Default false. */
  alignCorners?: boolean | undefined;
  /** Default `half-pixel`, for nearest cells `asymmetric`. With `align-corners` a scale counts before rounding, as in ONNX. */
  coordinates?: Coordinates | undefined;
  /** Of each spatial axis, the part to resize, as shares of the way from the first to the last centre: `[0, 1]` is all, the default. */
  crop?: readonly (readonly [start: number, end: number])[] | undefined;
}

const isPart = (part: unknown): boolean =>
  isListOf(part, Number.isFinite) && part.length === 2 && (part[0] as number) <= (part[1] as number);

/** A number, or a list of one per axis, of however many axes the input has. */
const sizes = (one: Field<number>): Field<PerAxis> =>
  either(
    one,
    field('a list with one for each axis', (v) => isListOf(v, one.ok)),
  );

export const resampleFields: Fields<ResampleOptions> = {
  size: sizes(whole(1)),
  scale: sizes(above(0)),
  alignCorners: flag,
  coordinates: oneOf(...coordinateNames),
  crop: field('a list of pairs [start, end] of shares, such as [0, 1]', (v) => isListOf(v, isPart)),
};

/** How cells are weighed. */
export interface Weighing {
  readonly by: Interpolation;
  /** Of nearest cells. */
  readonly rounding: Rounding;
  /** The free number of the cubic. */
  readonly cubicCoefficient: number;
  /** Cells beyond the border weigh nothing, instead of standing for the border cell. */
  readonly excludeOutside: boolean;
  /** Shrinking weighs all cells that an output cell covers. */
  readonly antialias: boolean;
}

/** One axis before and after, and where its cells lie in each other's coordinates. */
export interface ResampledAxis {
  readonly input: number;
  readonly output: number;
  /** Input cells per output cell, as a fraction: of sizes it is exact. */
  readonly pace: readonly [of: number, per: number];
  /** Null for what the kind of interpolation does. */
  readonly coordinates: Coordinates | null;
  /** Output cells between the corners that `align-corners` aligns. */
  readonly extent: number;
  readonly crop: readonly [start: number, end: number] | null;
}

/** The spatial axes of `input` `[batch, channels, ...spatial]` resized. Refusals arise here. */
export function resampledAxes(
  caller: Caller,
  input: readonly number[],
  { size, scale, alignCorners = false, coordinates, crop }: ResampleOptions,
): ResampledAxis[] {
  const call = callOf(caller, () => `input ${show(input)}`);
  checkShape(call, { input });
  if (size === undefined && scale === undefined)
    refuse(call, 'neither size nor scale is given', 'give one of them');
  if (alignCorners && coordinates !== undefined)
    refuse(call, `alignCorners is true and coordinates is '${coordinates}'`, 'give one of them');
  if (crop !== undefined) checkCrop(call, crop);
  const spatial = input.slice(2);
  const factors = scale === undefined ? null : readScale(call, scale);
  const parts = spatial.map((_, i) => (crop ? crop[i][1] - crop[i][0] : 1));
  const exact = spatial.map((cells, i) => cells * parts[i] * (factors?.[i] ?? 1));
  const outputs = readSizes(call, 'size', size ?? exact.map(Math.floor));
  if (factors && outputs.some((cells, i) => Math.abs(cells - exact[i]) >= 1))
    refuse(call, `size is ${show(size)} and scale is ${show(scale)}`, 'give one of them, or two that agree');
  checkElements(call, { output: [...input.slice(0, 2), ...outputs] });
  return spatial.map((cells, i) => ({
    input: cells,
    output: outputs[i],
    pace: factors ? [1, factors[i]] : [cells, outputs[i]],
    coordinates: alignCorners ? 'align-corners' : (coordinates ?? null),
    extent: factors && !alignCorners ? factors[i] * cells : outputs[i],
    crop: crop?.[i] ?? null,
  }));
}

function checkCrop(call: Call, crop: NonNullable<ResampleOptions['crop']>): void {
  if (crop.length === call.rank) return;
  refuse(
    call,
    `crop is ${show(crop)}`,
    `give ${counted(call.rank, 'pair')} [start, end] of shares, such as [0, 1]`,
  );
}

function readScale(call: Call, scale: PerAxis): readonly number[] {
  const factors: readonly number[] = typeof scale === 'number' ? Array(call.rank).fill(scale) : scale;
  if (factors.length === call.rank) return factors;
  return refuse(
    call,
    `scale is ${show(scale)}`,
    `give a number above 0, or a list ${listOfAxes(call.rank)} of ${call.rank === 1 ? 'one' : 'them'}`,
  );
}

/** Whether every cell stays what it is. */
export const isSame = ({ input, output, pace: [of, per], coordinates, crop }: ResampledAxis): boolean =>
  input === output && of === per && coordinates !== 'tf-half-pixel' && !crop;

/** An axis of aligned corners as PyTorch smooths it: the corners say how far cells are apart, and not where they lie. */
export const cornersSmoothed = (axis: ResampledAxis): ResampledAxis => ({
  ...axis,
  coordinates: 'half-pixel',
  pace: axis.output === 1 ? [0, 1] : [axis.input - 1, axis.output - 1],
});

const centres: Record<Coordinates, (axis: ResampledAxis, i: number) => number> = {
  'half-pixel': ({ pace: [of, per] }, i) => ((i + 0.5) * of) / per - 0.5,
  'half-pixel-symmetric': (axis, i) => {
    const { input, output, pace } = axis;
    const rounded = (output * pace[0]) / (pace[1] * input);
    return (input / 2) * (1 - rounded) + centres['half-pixel'](axis, i);
  },
  'pytorch-half-pixel': (axis, i) => (axis.output === 1 ? 0 : centres['half-pixel'](axis, i)),
  'tf-half-pixel': ({ pace: [of, per] }, i) => ((i + 0.5) * of) / per,
  asymmetric: ({ pace: [of, per] }, i) => (i * of) / per,
  'align-corners': ({ input, extent }, i) => (extent === 1 ? 0 : (i * (input - 1)) / (extent - 1)),
};

/** Where the centre of output cell i lies among the centres of input cells. */
function centre(axis: ResampledAxis, i: number, by: Interpolation): number {
  const { input, output, crop } = axis;
  if (!crop) return centres[axis.coordinates ?? (by === 'nearest' ? 'asymmetric' : 'half-pixel')](axis, i);
  const [start, end] = crop;
  const share = output === 1 ? 0.5 : i / (output - 1);
  return (start + share * (end - start)) * (input - 1);
}

const inside = (axis: ResampledAxis, cell: number): number => Math.min(Math.max(cell, 0), axis.input - 1);

/** 1 for the output cells of a cropped axis that lie between its first and last centre, 0 beyond; null where all do. */
export function cellsWithin(axis: ResampledAxis, by: Interpolation): Float32Array | null {
  if (!axis.crop) return null;
  const within = Float32Array.from({ length: axis.output }, (_, i) => {
    const at = centre(axis, i, by);
    return Number(at >= 0 && at <= axis.input - 1);
  });
  return within.includes(0) ? within : null;
}

const roundings: Record<Rounding, (at: number) => number> = {
  'prefer-floor': (at) => Math.ceil(at - 0.5),
  'prefer-ceil': (at) => Math.floor(at + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** The weight of a cell at a distance, and the distance from which on it is 0. */
interface Curve {
  readonly reach: number;
  readonly weight: (distance: number) => number;
}

const tent: Curve = { reach: 1, weight: (distance) => Math.max(0, 1 - distance) };

const cubic = (a: number): Curve => ({
  reach: 2,
  weight: (distance) => {
    if (distance <= 1) return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
    return distance < 2 ? ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a : 0;
  },
});

/** From which cells each cell of the axis is made. */
export function resampleTaps(axis: ResampledAxis, how: Weighing): AxisTaps {
  const { by } = how;
  if (by === 'nearest') {
    const round = roundings[how.rounding];
    return tapTable(axis.output, 1, (i) => [inside(axis, round(centre(axis, i, by))), 1]);
  }
  const curve = by === 'linear' ? tent : cubic(how.cubicCoefficient);
  // Shrinking stretches the curve, so that it covers all cells that an output cell stands for.
  const stretch = how.antialias ? Math.max(1, axis.pace[0] / axis.pace[1]) : 1;
  const first = Math.floor(-curve.reach * stretch) + 1;
  const taps = 2 - 2 * first;
  const rows = Array.from({ length: axis.output }, (_, i) => {
    const at = by === 'linear' && stretch === 1 ? Math.max(centre(axis, i, by), 0) : centre(axis, i, by);
    const cells = Array.from({ length: taps }, (_, k) => Math.floor(at) + first + k);
    const weights = cells.map((cell) => {
      const counts = !how.excludeOutside || cell === inside(axis, cell);
      return counts ? curve.weight(Math.abs(at - cell) / stretch) : 0;
    });
    const total = how.antialias || how.excludeOutside ? weights.reduce((sum, w) => sum + w, 0) : 1;
    return cells.map((cell, k) => [inside(axis, cell), weights[k] / total] as const);
  });
  return tapTable(axis.output, taps, (i, k) => rows[i][k]);
}
