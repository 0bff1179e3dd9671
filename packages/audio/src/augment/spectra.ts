// Spectra as samples, and parts of them hidden, so that a network does not rely on one moment or one pitch.
// Source: D. Park et al., "SpecAugment: a simple data augmentation method for automatic speech recognition" (2019).

import { type Generator, mean, noGrad, Tensor } from 'neocog';
import { between, either, type Fields, finite, needOptions, oneOf, required, whole } from 'neocog/arguments';
import { homeOf } from '../home.ts';
import type { SoundSample } from '../sound.ts';
import {
  applyMel,
  applyMfcc,
  type MelSpectrogramOptions,
  type MfccOptions,
  melSpectrogramFields,
  melTransform,
  mfccFields,
  mfccTransform,
} from '../spectrum/melSpectrogram.ts';
import { type RandomOptions, randomFields, type SoundTransform, soundTransform } from './transform.ts';

const home = homeOf(import.meta.url, 'spectra');

/** The mean of all channels, as one. */
export function mono(): SoundTransform {
  const change = ({ sound }: SoundSample) => mean(sound, { axis: 0, keepDims: true });
  return soundTransform({ home, name: 'mono', value: undefined, change });
}

/**
 * The mel spectrogram in the place of the samples, `[channels, nMels, frames]`; the rate is the sample's own unless given. See
 * `melSpectrogram`.
 *
 * @throws ShapeError for options that it does not take.
 * @example transforms.melSpectrogram({ nFft: 512, nMels: 40, decibels: true })
 */
export function melSpectrogram(options: MelSpectrogramOptions = {}): SoundTransform {
  const fn = 'transforms.melSpectrogram';
  needOptions(fn, options, melSpectrogramFields);
  const change = ({ sound, sampleRate }: SoundSample) =>
    noGrad(() => applyMel(fn, sound, melTransform(fn, { sampleRate, ...options })));
  return soundTransform({ home, name: 'melSpectrogram', value: options, change });
}

/**
 * Cepstral coefficients in the place of the samples, `[channels, nMfcc, frames]`; the rate is the sample's own unless given. See
 * `mfcc`.
 *
 * @throws ShapeError for options that it does not take.
 * @example transforms.mfcc({ nFft: 512, nMels: 40, nMfcc: 13 })
 */
export function mfcc(options: MfccOptions = {}): SoundTransform {
  const fn = 'transforms.mfcc';
  needOptions(fn, options, mfccFields);
  const change = ({ sound, sampleRate }: SoundSample) =>
    noGrad(() => applyMfcc(fn, sound, mfccTransform(fn, { sampleRate, ...options })));
  return soundTransform({ home, name: 'mfcc', value: options, change });
}

/** Options of `transforms.timeMask` and `transforms.frequencyMask`. */
export interface MaskOptions extends RandomOptions {
  /** The most that one mask hides, in frames or bins: its width is drawn from 0 to this. */
  readonly width: number;
  /** How many masks, which may overlap. Default 1. */
  readonly masks?: number | undefined;
  /** The most that one mask hides, as a part of all frames or bins. Default 1. */
  readonly part?: number | undefined;
  /** What stands in their place: 'mean' (default) and 'min' of the spectrogram, or a number. */
  readonly fill?: 'mean' | 'min' | number | undefined;
}

const maskFields: Fields<MaskOptions> = {
  ...randomFields,
  width: required(whole(0)),
  masks: whole(0, 1000),
  part: between(0, 1),
  fill: either(oneOf('mean', 'min'), finite),
};

/**
 * Hides moments of a spectrogram `[channels, bins, frames]`, the same in all channels.
 *
 * @throws ShapeError for options that it does not take.
 * @example transforms.timeMask({ width: 30, masks: 2 })
 */
export const timeMask = (options: MaskOptions): SoundTransform => mask('timeMask', -1, options);

/**
 * Hides bands of a spectrogram `[channels, bins, frames]`, the same in all channels.
 *
 * @throws ShapeError for options that it does not take.
 * @example transforms.frequencyMask({ width: 8 })
 */
export const frequencyMask = (options: MaskOptions): SoundTransform => mask('frequencyMask', -2, options);

function mask(name: 'timeMask' | 'frequencyMask', axis: -1 | -2, options: MaskOptions): SoundTransform {
  needOptions(`transforms.${name}`, options, maskFields);
  const { width, masks = 1, part = 1, fill = 'mean', p } = options;
  const change = ({ sound }: SoundSample, random: Generator) => {
    const values = (sound.data as Float32Array).slice(); // float32, as transforms check
    const value = fillOf(values, fill);
    const cells = sound.shape.at(axis) as number; // of two axes at least
    for (let i = 0; i < masks; i++) {
      const hidden = random.integer(Math.min(width, Math.floor(part * cells)) + 1);
      const start = random.integer(cells - hidden + 1);
      hide(values, sound.shape, { axis, start, end: start + hidden, value });
    }
    return new Tensor(values, [...sound.shape]);
  };
  return soundTransform({ home, name, value: options, change, p });
}

function fillOf(values: Float32Array, fill: 'mean' | 'min' | number): number {
  if (typeof fill === 'number') return fill;
  if (fill === 'min') return values.reduce((least, v) => Math.min(least, v), Number.POSITIVE_INFINITY);
  return values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);
}

interface Hidden {
  readonly axis: -1 | -2;
  readonly start: number;
  readonly end: number;
  readonly value: number;
}

function hide(values: Float32Array, shape: readonly number[], { axis, start, end, value }: Hidden): void {
  const [bins, frames] = shape.slice(-2);
  if (axis === -2) {
    for (let at = 0; at < values.length; at += bins * frames)
      values.fill(value, at + start * frames, at + end * frames);
  } else {
    for (let at = 0; at < values.length; at += frames) values.fill(value, at + start, at + end);
  }
}
