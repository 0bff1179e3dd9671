// Mel spectrograms, and the cepstrum on top of them (MFCC): each a pointwise convolution over the bins of the one before.
// Values are those of torchaudio's MelSpectrogram and MFCC with the same options.
// Source: S. Davis and P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition" (1980).

import { add, conv1d, log, reshape, ShapeError, Tensor } from 'neocog';
import { atLeast, count, type Fields, flag, needOptions, oneOf, orNull } from 'neocog/arguments';
import { decibelsOf } from './decibels.ts';
import { type MelFilterOptions, melFields, melFiltersOf } from './mel.ts';
import { sizeOf } from './rows.ts';
import {
  type PowerTransform,
  powersOf,
  type SpectrogramOptions,
  spectrogramFields,
  spectrogramTransform,
} from './stft.ts';
import { cosOfTurn } from './turn.ts';

/** Options of `melSpectrogram`. */
export interface MelSpectrogramOptions extends SpectrogramOptions, MelFilterOptions {
  /** Samples of a frame; there are `nFft / 2 + 1` bins. Default 400. */
  nFft?: number | undefined;
  /** Give decibels, 10 log₁₀ of the power. Default false. */
  decibels?: boolean | undefined;
  /** Of decibels: nothing is further below the loudest value of a sample; null (default) for no limit. */
  topDb?: number | null | undefined;
}

export const melSpectrogramFields: Fields<MelSpectrogramOptions> = {
  ...spectrogramFields,
  ...melFields,
  decibels: flag,
  topDb: orNull(atLeast(0)),
};

/** A mel spectrogram that is ready: frames, kernels and filters. */
export interface MelTransform {
  readonly spectrum: PowerTransform;
  /** `[nMels, bins, 1]` */
  readonly filters: Tensor;
  readonly topDb: number | null;
  readonly decibels: 'power' | 'magnitude' | null;
}

/** For options that were checked. */
export function melTransform(fn: string, options: MelSpectrogramOptions): MelTransform {
  const { decibels = false, topDb = null, power = 2 } = options;
  if (topDb !== null && !decibels)
    throw new ShapeError(`${fn}: topDb is ${topDb} without decibels; give decibels: true too`);
  const spectrum = spectrogramTransform(fn, options);
  const filters = melFiltersOf(fn, options);
  const stype = power === 1 ? 'magnitude' : 'power';
  return {
    spectrum,
    filters: reshape(filters, [...filters.shape, 1]),
    topDb,
    decibels: decibels ? stype : null,
  };
}

/** Weights over the bins of every frame: `[…, bins, frames]` → `[…, rows of weights, frames]`. */
function overBins(x: Tensor, weights: Tensor): Tensor {
  const leading = x.shape.slice(0, -2);
  const images = reshape(x, [sizeOf(leading), ...x.shape.slice(-2)]);
  return reshape(conv1d(images, weights), [...leading, weights.shape[0], x.shape[x.rank - 1]]);
}

export function applyMel(fn: string, x: Tensor, transform: MelTransform): Tensor {
  const { spectrum, filters, decibels, topDb } = transform;
  const mel = conv1d(powersOf(fn, x, spectrum), filters);
  const shaped = reshape(mel, [...x.shape.slice(0, -1), ...mel.shape.slice(1)]);
  return decibels ? decibelsOf(shaped, { stype: decibels, topDb }) : shaped;
}

/**
 * Mel spectrogram: `[…, samples]` → `[…, nMels, frames]`, the power in each band over time.
 *
 * @throws ShapeError for a sound shorter than a frame, or options that do not fit together.
 * @throws UnsupportedError for frames of more than 8192 samples.
 * @example melSpectrogram(zeros([1, 16000]), { nFft: 512, hopLength: 160, nMels: 40 }).shape // [1, 40, 101]
 */
export function melSpectrogram(x: Tensor, options: MelSpectrogramOptions = {}): Tensor {
  needOptions('melSpectrogram', options, melSpectrogramFields);
  return applyMel('melSpectrogram', x, melTransform('melSpectrogram', options));
}

/** Options of `mfcc`: those of `melSpectrogram`, and how the cepstrum is taken. */
export interface MfccOptions extends Omit<MelSpectrogramOptions, 'decibels'> {
  /** How many coefficients, at most `nMels`. Default 40. */
  nMfcc?: number | undefined;
  /** 'ortho' (default) keeps lengths; null is twice the plain sum. */
  dctNorm?: 'ortho' | null | undefined;
  /** Take ln(power + 1e-6) instead of decibels. Default false. */
  logMels?: boolean | undefined;
  /** Of decibels: nothing is further below the loudest value of a sample; null for no limit. Default 80. */
  topDb?: number | null | undefined;
}

const { decibels: _, ...melOnly } = melSpectrogramFields;

export const mfccFields: Fields<MfccOptions> = {
  ...melOnly,
  nMfcc: count,
  dctNorm: orNull(oneOf('ortho')),
  logMels: flag,
};

/** A cepstrum that is ready. */
export interface MfccTransform {
  readonly mel: MelTransform;
  /** `[nMfcc, nMels, 1]` */
  readonly cosines: Tensor;
  readonly topDb: number | null;
  readonly logMels: boolean;
}

/** For options that were checked. */
export function mfccTransform(fn: string, options: MfccOptions): MfccTransform {
  const { nMfcc = 40, dctNorm = 'ortho', logMels = false, topDb = 80, ...rest } = options;
  const { nMels = 128 } = options;
  if (nMfcc > nMels)
    throw new ShapeError(`${fn}: ${nMfcc} coefficients of ${nMels} bands; give an nMfcc of at most nMels`);
  const mel = melTransform(fn, rest);
  return { mel, cosines: cosineRows(nMfcc, nMels, dctNorm), topDb, logMels };
}

/** Type II of the discrete cosine transform: `cos(π/n · (i + ½)·k)`. */
function cosineRows(nMfcc: number, nMels: number, norm: 'ortho' | null): Tensor {
  const values = new Float32Array(nMfcc * nMels);
  for (let k = 0; k < nMfcc; k++) {
    const scale = norm === null ? 2 : Math.sqrt((k === 0 ? 1 : 2) / nMels);
    for (let i = 0; i < nMels; i++)
      values[k * nMels + i] = scale * cosOfTurn((((2 * i + 1) * k) % (4 * nMels)) / (4 * nMels));
  }
  return new Tensor(values, [nMfcc, nMels, 1]);
}

const logOffset = 1e-6;

export function applyMfcc(fn: string, x: Tensor, { mel, cosines, topDb, logMels }: MfccTransform): Tensor {
  const powers = applyMel(fn, x, mel);
  // As torchaudio does: decibels of powers, whatever the power is.
  return overBins(logMels ? log(add(powers, logOffset)) : decibelsOf(powers, { topDb }), cosines);
}

/**
 * Mel-frequency cepstral coefficients: `[…, samples]` → `[…, nMfcc, frames]`.
 *
 * @throws ShapeError for a sound shorter than a frame, or options that do not fit together.
 * @throws UnsupportedError for frames of more than 8192 samples.
 * @example mfcc(zeros([1, 16000]), { nMfcc: 13, nFft: 512, hopLength: 160, nMels: 40 }).shape // [1, 13, 101]
 */
export function mfcc(x: Tensor, options: MfccOptions = {}): Tensor {
  needOptions('mfcc', options, mfccFields);
  return applyMfcc('mfcc', x, mfccTransform('mfcc', options));
}
