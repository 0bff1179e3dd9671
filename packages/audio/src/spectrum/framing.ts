// How a sound is cut into frames: their length, the distance between them, the window, what lies around the ends. Checked
// once; everything else of spectra reads it. Options have the names and the meaning of torch.stft.

import { ShapeError, Tensor, UnsupportedError } from 'neocog';
import { count, either, type Field, type Fields, field, flag, oneOf } from 'neocog/arguments';
import { namedWindow, type WindowName, windowName } from './windows.ts';

/** What lies around the ends of a sound where frames reach beyond it. */
export type SpectrumPadMode = 'reflect' | 'constant' | 'replicate' | 'circular';

/** How a sound is cut into frames. */
export interface FramingOptions {
  /** Samples of a frame as its spectrum sees it, with zeros around the window; there are `nFft / 2 + 1` bins. */
  nFft?: number | undefined;
  /** Samples of the window, at most `nFft`, in the middle of the frame. Default `nFft`. */
  winLength?: number | undefined;
  /** Samples from one frame to the next. */
  hopLength?: number | undefined;
  /** By name, periodic; or values, float32 `[winLength]`. Default 'hann'. */
  window?: WindowName | Tensor | undefined;
  /** Put the middle of frame t at sample t · hopLength, where `padMode` says what lies around the ends. Default true. */
  center?: boolean | undefined;
  /** What lies around the ends of a centred sound. Default 'reflect'. */
  padMode?: SpectrumPadMode | undefined;
}

const windowValues: Field<Tensor> = field(
  'a float32 Tensor [winLength]',
  (v) => v instanceof Tensor && v.rank === 1 && v.data instanceof Float32Array,
);

export const framingFields: Fields<FramingOptions> = {
  nFft: count,
  winLength: count,
  hopLength: count,
  window: either(windowName, windowValues),
  center: flag,
  padMode: oneOf('reflect', 'constant', 'replicate', 'circular'),
};

/** Frames, with all that was left open decided. */
export interface Framing {
  readonly nFft: number;
  readonly winLength: number;
  readonly hopLength: number;
  /** Zeros of a frame before its window. */
  readonly left: number;
  readonly center: boolean;
  readonly padMode: SpectrumPadMode;
  readonly window: Float64Array;
  /** Names the window in a key; null for one that was given as values. */
  readonly windowName: WindowName | null;
}

/** What a function makes of options that are not given. */
export interface FramingDefaults {
  readonly nFft: number;
  readonly hopLength: (sizes: { readonly nFft: number; readonly winLength: number }) => number;
}

/** The kernel of 8192 samples has 2^26 values, 256 MiB. */
const mostSamples = 8192;

/** @throws ShapeError for a window longer than the frame, or of another length; UnsupportedError for frames that are too long. */
export function framingOf(fn: string, options: FramingOptions, defaults: FramingDefaults): Framing {
  const { nFft = defaults.nFft, center = true, padMode = 'reflect' } = options;
  const { winLength = nFft, window = 'hann' } = options;
  const { hopLength = Math.max(1, defaults.hopLength({ nFft, winLength })) } = options;
  if (winLength > nFft)
    throw new ShapeError(`${fn}: winLength ${winLength} is longer than nFft ${nFft}; give at most that`);
  if (nFft > mostSamples) {
    throw new UnsupportedError(
      `${fn}: nFft is ${nFft}, frames of at most ${mostSamples} samples are transformed; resample to a lower rate first`,
    );
  }
  const name = window instanceof Tensor ? null : window;
  const values =
    window instanceof Tensor ? checkedWindow(fn, window, winLength) : namedWindow(window, winLength);
  const left = Math.floor((nFft - winLength) / 2);
  return { nFft, winLength, hopLength, left, center, padMode, window: values, windowName: name };
}

function checkedWindow(fn: string, { shape, data }: Tensor, winLength: number): Float64Array {
  if (data.length === winLength) return Float64Array.from(data);
  throw new ShapeError(`${fn}: window has shape [${shape}], winLength ${winLength} needs [${winLength}]`);
}

/** √Σ w², by which spectra are divided that are normalised by their window. */
export const windowNorm = ({ window }: Framing): number =>
  Math.sqrt(window.reduce((sum, w) => sum + w * w, 0));

/** Cells around a sound before its first window and after its last; below 0 where cells are left out. */
export function padsOf({ nFft, winLength, left, center }: Framing): readonly [before: number, after: number] {
  const around = center ? Math.floor(nFft / 2) : 0;
  return [around - left, around - (nFft - winLength - left)];
}

/** How many frames a sound has. @throws ShapeError for one that is too short. */
export function framesOf(fn: string, { nFft, hopLength, center, padMode }: Framing, length: number): number {
  const around = center ? Math.floor(nFft / 2) : 0;
  if (length + 2 * around < nFft)
    throw new ShapeError(
      `${fn}: ${length} samples are less than a frame of nFft ${nFft}; give more, or pad them`,
    );
  const most =
    padMode === 'reflect' ? length - 1 : padMode === 'circular' ? length : Number.POSITIVE_INFINITY;
  if (around > most || length === 0) {
    throw new ShapeError(
      `${fn}: ${padMode} padding by ${around} needs more than ${length} samples; give more, or padMode 'constant'`,
    );
  }
  return Math.floor((length + 2 * around - nFft) / hopLength) + 1;
}
