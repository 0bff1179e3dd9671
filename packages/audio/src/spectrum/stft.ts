// The short-time Fourier transform as one convolution with fixed weights, and spectrograms, which are its magnitudes. So it
// compiles with a network, and gradients flow through. Values are those of torch.stft and torchaudio's Spectrogram.

import {
  add,
  clamp,
  conv1d,
  permute,
  pow,
  reshape,
  ShapeError,
  slice,
  sqrt,
  square,
  type Tensor,
} from 'neocog';
import { above, either, type Fields, flag, needOptions, oneOf } from 'neocog/arguments';
import { binsOf, forwardKernel, keptKernel } from './dft.ts';
import {
  type Framing,
  type FramingDefaults,
  type FramingOptions,
  framesOf,
  framingFields,
  framingOf,
  padsOf,
  windowNorm,
} from './framing.ts';
import { rowsOf } from './rows.ts';

/** Options of `stft`. */
export interface StftOptions extends FramingOptions {
  /** Samples of a frame; there are `nFft / 2 + 1` bins. Default 400. */
  nFft?: number | undefined;
  /** Samples from one frame to the next. Default `nFft / 4`, rounded down. */
  hopLength?: number | undefined;
  /** Divide by √nFft. Default false. */
  normalized?: boolean | undefined;
  /** Leave out bins above half the rate, which mirror the others. Default true. */
  onesided?: boolean | undefined;
}

export const stftFields: Fields<StftOptions> = { ...framingFields, normalized: flag, onesided: flag };

export const stftDefaults: FramingDefaults = { nFft: 400, hopLength: ({ nFft }) => Math.floor(nFft / 4) };

/** A transform that is ready: frames and kernels. */
export interface Transform {
  readonly framing: Framing;
  /** `[2·bins, 1, winLength]` */
  readonly kernel: Tensor;
  readonly bins: number;
}

export function stftTransform(fn: string, options: StftOptions): Transform {
  needOptions(fn, options, stftFields);
  const { normalized = false, onesided = true } = options;
  const framing = framingOf(fn, options, stftDefaults);
  const scale = normalized ? 1 / Math.sqrt(framing.nFft) : 1;
  const kernel = keptKernel(forwardKernel, framing, { onesided, scale });
  return { framing, kernel, bins: binsOf(framing, onesided) };
}

const convModes = {
  reflect: 'reflect',
  constant: 'zeros',
  replicate: 'replicate',
  circular: 'circular',
} as const;

/** Real parts of all bins, then imaginary ones: `[…, samples]` → `[rows, 2·bins, frames]`. */
function partsOf(fn: string, x: Tensor, { framing, kernel }: Transform): Tensor {
  const rows = rowsOf(fn, x);
  const length = rows.shape[2];
  framesOf(fn, framing, length);
  const [before, after] = padsOf(framing);
  const stride = framing.hopLength;
  if (!framing.center)
    return conv1d(slice(rows, { axis: 2, start: -before, end: length + after }), kernel, { stride });
  return conv1d(rows, kernel, {
    stride,
    padding: [[before, after]],
    paddingMode: convModes[framing.padMode],
  });
}

export function applyStft(fn: string, x: Tensor, transform: Transform): Tensor {
  const parts = partsOf(fn, x, transform);
  const frames = parts.shape[2];
  const pairs = permute(reshape(parts, [parts.shape[0], 2, transform.bins, frames]), [0, 2, 3, 1]);
  return reshape(pairs, [...x.shape.slice(0, -1), transform.bins, frames, 2]);
}

/**
 * Short-time Fourier transform: `[…, samples]` → `[…, bins, frames, 2]`, real and imaginary parts last. Frame t of a centred
 * sound has its middle at sample t · hopLength; there are `floor(samples / hopLength) + 1` of them.
 *
 * @throws ShapeError for a sound shorter than a frame, or options that do not fit together.
 * @throws UnsupportedError for frames of more than 8192 samples.
 * @example stft(zeros([1, 16000]), { nFft: 512, hopLength: 160 }).shape // [1, 257, 101, 2]
 */
export function stft(x: Tensor, options: StftOptions = {}): Tensor {
  return applyStft('stft', x, stftTransform('stft', options));
}

/** Options of `spectrogram`. */
export interface SpectrogramOptions extends FramingOptions {
  /** Samples of a frame; there are `nFft / 2 + 1` bins. Default 400. */
  nFft?: number | undefined;
  /** Samples from one frame to the next. Default `winLength / 2`, rounded down. */
  hopLength?: number | undefined;
  /** Of the magnitude: 2 (default) for power, 1 for magnitude, any other above 0. */
  power?: number | undefined;
  /** Divide the spectrum by √Σ window² ('window', or true) or by √nFft ('frameLength'). Default false. */
  normalized?: boolean | 'window' | 'frameLength' | undefined;
}

export const spectrogramFields: Fields<SpectrogramOptions> = {
  ...framingFields,
  power: above(0),
  normalized: either(flag, oneOf('window', 'frameLength')),
};

const spectrogramDefaults: FramingDefaults = {
  nFft: 400,
  hopLength: ({ winLength }) => Math.floor(winLength / 2),
};

/** A transform whose magnitudes are taken to a power. */
export interface PowerTransform extends Transform {
  readonly power: number;
}

/** For options that were checked. */
export function spectrogramTransform(fn: string, options: SpectrogramOptions): PowerTransform {
  const { normalized = false, power = 2 } = options;
  const framing = framingOf(fn, options, spectrogramDefaults);
  const scale =
    normalized === false
      ? 1
      : 1 / (normalized === 'frameLength' ? Math.sqrt(framing.nFft) : normOf(fn, framing));
  const kernel = keptKernel(forwardKernel, framing, { onesided: true, scale });
  return { framing, kernel, bins: binsOf(framing, true), power };
}

function normOf(fn: string, framing: Framing): number {
  const norm = windowNorm(framing);
  if (norm > 0) return norm;
  throw new ShapeError(`${fn}: the window is 0 throughout, by which nothing can be normalised; give another`);
}

/** Below this, a magnitude counts as 0, and no gradient flows. */
const least = 1e-37;

/** `[…, samples]` → `[rows, bins, frames]`. */
export function powersOf(fn: string, x: Tensor, transform: PowerTransform): Tensor {
  const parts = square(partsOf(fn, x, transform));
  const real = slice(parts, { axis: 1, end: transform.bins });
  const powers = add(real, slice(parts, { axis: 1, start: transform.bins }));
  if (transform.power === 2) return powers;
  const some = clamp(powers, { min: least });
  return transform.power === 1 ? sqrt(some) : pow(some, transform.power / 2);
}

export function applySpectrogram(fn: string, x: Tensor, transform: PowerTransform): Tensor {
  const powers = powersOf(fn, x, transform);
  return reshape(powers, [...x.shape.slice(0, -1), ...powers.shape.slice(1)]);
}

/**
 * Spectrogram: `[…, samples]` → `[…, bins, frames]`, the power of each bin over time.
 *
 * @throws ShapeError for a sound shorter than a frame, or options that do not fit together.
 * @throws UnsupportedError for frames of more than 8192 samples.
 * @example spectrogram(zeros([1, 16000]), { nFft: 512, hopLength: 160 }).shape // [1, 257, 101]
 */
export function spectrogram(x: Tensor, options: SpectrogramOptions = {}): Tensor {
  needOptions('spectrogram', options, spectrogramFields);
  return applySpectrogram('spectrogram', x, spectrogramTransform('spectrogram', options));
}
