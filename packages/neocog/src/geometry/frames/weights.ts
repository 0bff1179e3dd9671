// How pixels of one axis of a picture make those of a resized one. The filters, the windows and the rounding are those of Pillow
// (libImaging/Resample.c, and for nearest pixels Geometry.c), which torchvision follows: a filter grows with the scale of what shrinks,
// so that nothing is skipped.

/** How pixels are weighed: `nearest` takes one, `bilinear` and `bicubic` all that lie in a window as wide as the scale asks for. */
export type PixelInterpolation = 'nearest' | 'bilinear' | 'bicubic';

/** A part of an axis, from … to in pixels and parts of pixels, that becomes `outputs` pixels. */
export interface ResizedAxis {
  /** Pixels of the whole axis. */
  readonly size: number;
  readonly from: number;
  readonly to: number;
  readonly outputs: number;
}

/** Output i is the sum of weights[i · taps + t] · pixel[starts[i] + t], t below counts[i]. Weights of an output sum to 1. */
export interface AxisWeights {
  /** The most of `counts`. */
  readonly taps: number;
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Float64Array;
}

/** The same in whole numbers, of which 2²² are 1. Weights behind those that count are 0. */
export interface WholeWeights {
  readonly taps: number;
  readonly starts: Int32Array;
  readonly weights: Int32Array;
}

interface Filter {
  /** Half the width of its window where nothing shrinks. */
  readonly support: number;
  at(distance: number): number;
}

/** Keys' cubic convolution (1981) with a = −1/2. */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
}

const filters: Record<Exclude<PixelInterpolation, 'nearest'>, Filter> = {
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, at: cubic },
};

/** Pixels for one of the output. Pillow keeps the ends of what is resized in 32 bits. */
const scaleOf = ({ from, to, outputs }: ResizedAxis): number => Math.fround(to - from) / outputs;

export function axisWeights(axis: ResizedAxis, kind: Exclude<PixelInterpolation, 'nearest'>): AxisWeights {
  const { size, from, outputs } = axis;
  const scale = scaleOf(axis);
  const widening = Math.max(1, scale);
  const [support, narrowing] = [filters[kind].support * widening, 1 / widening];
  const starts = new Int32Array(outputs);
  const counts = new Int32Array(outputs);
  const middleOf = (i: number): number => from + (i + 0.5) * scale;
  for (let i = 0; i < outputs; i++) {
    starts[i] = Math.max(0, Math.trunc(middleOf(i) - support + 0.5));
    counts[i] = Math.min(size, Math.trunc(middleOf(i) + support + 0.5)) - starts[i];
  }
  const taps = counts.reduce((most, count) => Math.max(most, count), 0);
  const weights = new Float64Array(outputs * taps);
  for (let i = 0; i < outputs; i++) {
    const row = weights.subarray(i * taps, i * taps + counts[i]);
    const middle = middleOf(i);
    for (let t = 0; t < row.length; t++)
      row[t] = filters[kind].at((t + starts[i] - middle + 0.5) * narrowing);
    normalise(row);
  }
  return { taps, starts, counts, weights };
}

function normalise(weights: Float64Array): void {
  const sum = weights.reduce((a, b) => a + b, 0);
  for (let t = 0; t < weights.length; t++) weights[t] /= sum;
}

/** The pixel in which the middle of each output lies. */
export function nearestPixels(axis: ResizedAxis): Int32Array {
  const step = scaleOf(axis);
  const pixels = new Int32Array(axis.outputs);
  // Added up one by one, as Pillow does: a middle on a border then falls to the same side.
  for (let i = 0, middle = axis.from + step * 0.5; i < axis.outputs; i++, middle += step)
    pixels[i] = Math.min(axis.size - 1, Math.max(0, Math.trunc(middle)));
  return pixels;
}

/** Bits of a weight behind the point: 32 of a sum, less 8 of a byte and 2 for weights below 0 and above 1. */
export const weightBits = 22;

/** Each rounded by itself, away from 0. */
export const toWhole = (weights: Float64Array): Int32Array =>
  Int32Array.from(weights, (w) => Math.trunc(w * 2 ** weightBits + (w < 0 ? -0.5 : 0.5)));

export function wholeWeights(axis: ResizedAxis, kind: PixelInterpolation): WholeWeights {
  if (kind === 'nearest') {
    const weights = new Int32Array(axis.outputs).fill(2 ** weightBits);
    return { taps: 1, starts: nearestPixels(axis), weights };
  }
  const { taps, starts, weights } = axisWeights(axis, kind);
  return { taps, starts, weights: toWhole(weights) };
}
