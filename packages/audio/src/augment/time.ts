// When a sound is heard, for how long, how fast and how high.

import { type Generator, pad, slice, type Tensor } from 'neocog';
import { between, count, type Fields, need, needOptions, oneOf, required } from 'neocog/arguments';
import { homeOf } from '../home.ts';
import { resampledRows } from '../resample/stream.ts';
import type { SoundSample } from '../sound.ts';
import { cutOf, lengthOf, middleOf } from './cut.ts';
import {
  aFactor,
  changeSpeed,
  pitchShift as shifted,
  timeStretch as stretched,
  stretchFields,
  type TimeStretchOptions,
} from './stretch.ts';
import {
  drawFrom,
  type RandomOptions,
  type Range,
  randomFields,
  rangeOf,
  type SoundTransform,
  soundTransform,
} from './transform.ts';

const home = homeOf(import.meta.url, 'time');

/** Options of `transforms.shift`. */
export interface ShiftOptions extends RandomOptions {
  /** How much later it is heard, in seconds, or earlier below 0; one number, or drawn between two. */
  readonly seconds: Range;
  /** 'zeros' (default) leaves silence, 'circular' lets what falls out at one end come in at the other. */
  readonly mode?: 'zeros' | 'circular' | undefined;
}

const shiftFields: Fields<ShiftOptions> = {
  ...randomFields,
  seconds: required(rangeOf(between(-1e6, 1e6))),
  mode: oneOf('zeros', 'circular'),
};

/**
 * The sound later or earlier, as long as before.
 *
 * @throws ShapeError for options that it does not take.
 * @example transforms.shift({ seconds: [-0.1, 0.1] })
 */
export function shift(options: ShiftOptions): SoundTransform {
  needOptions('transforms.shift', options, shiftFields);
  const { seconds, mode = 'zeros', p } = options;
  const change = ({ sound, sampleRate }: SoundSample, random: Generator) => {
    const by = Math.round(drawFrom(seconds, random) * sampleRate);
    return mode === 'zeros' ? cutOf(sound, -by, lengthOf(sound)) : turned(sound, by);
  };
  return soundTransform({ home, name: 'shift', value: options, change, p });
}

function turned(x: Tensor, by: number): Tensor {
  const samples = lengthOf(x);
  if (samples === 0) return x;
  const start = ((-by % samples) + samples) % samples;
  const pads = x.shape.map((_, d): [number, number] => (d < x.rank - 1 ? [0, 0] : [0, start]));
  return slice(pad(x, pads, { mode: 'circular' }), { axis: -1, start });
}

/**
 * `length` samples from a place that is drawn; a shorter sound lies at a place that is drawn, in silence.
 *
 * @throws ShapeError for a length that is no whole number of at least 1.
 * @example transforms.randomCrop(16000)
 */
export function randomCrop(length: number): SoundTransform {
  need('transforms.randomCrop', 'length', length, count);
  const change = ({ sound }: SoundSample, random: Generator) => {
    const free = lengthOf(sound) - length;
    return cutOf(sound, Math.sign(free) * random.integer(Math.abs(free) + 1), length);
  };
  return soundTransform({ home, name: 'randomCrop', value: length, change });
}

/**
 * `length` samples from the middle; a shorter sound lies in the middle of silence. For evaluation, what `randomCrop` is for
 * training.
 *
 * @throws ShapeError for a length that is no whole number of at least 1.
 * @example transforms.fitLength(16000)
 */
export function fitLength(length: number): SoundTransform {
  need('transforms.fitLength', 'length', length, count);
  const change = ({ sound }: SoundSample) => middleOf(sound, length);
  return soundTransform({ home, name: 'fitLength', value: length, change });
}

/**
 * The sound at a wanted rate, whatever rate it has; see `resample`.
 *
 * @throws ShapeError for a rate that is no whole number of at least 1.
 * @example transforms.resample(16000)
 */
export function resample(sampleRate: number): SoundTransform {
  need('transforms.resample', 'sampleRate', sampleRate, count);
  const change = ({ sound, sampleRate: from }: SoundSample) => resampledRows(sound, from, sampleRate);
  return soundTransform({ home, name: 'resample', value: sampleRate, change, sampleRate });
}

/** Options of `transforms.timeStretch`. */
export interface StretchTransformOptions extends RandomOptions, TimeStretchOptions {
  /** How many times as fast; one number from 0.01 to 100, or drawn between two. */
  readonly factor: Range;
}

const factor = required(rangeOf(aFactor));
const timeStretchFields: Fields<StretchTransformOptions> = { ...randomFields, ...stretchFields, factor };

/**
 * Faster or slower at the same pitch, and so shorter or longer; see `timeStretch`.
 *
 * @throws ShapeError for options that it does not take.
 * @example transforms.timeStretch({ factor: [0.8, 1.25] })
 */
export function timeStretch(options: StretchTransformOptions): SoundTransform {
  needOptions('transforms.timeStretch', options, timeStretchFields);
  const { factor, p, ...framing } = options;
  const change = ({ sound }: SoundSample, random: Generator) =>
    stretched(sound, drawFrom(factor, random), framing);
  return soundTransform({ home, name: 'timeStretch', value: options, change, p });
}

/** Options of `transforms.pitchShift`. */
export interface PitchTransformOptions extends RandomOptions, TimeStretchOptions {
  /** By how many semitones it becomes higher, or lower below 0; one number, or drawn between two. */
  readonly steps: Range;
}

const pitchFields: Fields<PitchTransformOptions> = {
  ...randomFields,
  ...stretchFields,
  steps: required(rangeOf(between(-72, 72))),
};

/**
 * Higher or lower, as long as before; see `pitchShift`.
 *
 * @throws ShapeError for options that it does not take.
 * @example transforms.pitchShift({ steps: [-2, 2] })
 */
export function pitchShift(options: PitchTransformOptions): SoundTransform {
  needOptions('transforms.pitchShift', options, pitchFields);
  const { steps, p, ...framing } = options;
  const change = ({ sound, sampleRate }: SoundSample, random: Generator) =>
    shifted(sound, sampleRate, drawFrom(steps, random), framing);
  return soundTransform({ home, name: 'pitchShift', value: options, change, p });
}

/** Options of `transforms.speed`. */
export interface SpeedOptions extends RandomOptions {
  /**
   * How many times as fast and as high; one number from 0.01 to 100, or drawn between two in steps of a hundredth, which have many
   * samples in common.
   */
  readonly factor: Range;
}

const speedFields: Fields<SpeedOptions> = { ...randomFields, factor };

/**
 * Faster and higher, or slower and lower, as a tape is; see `changeSpeed`.
 *
 * @throws ShapeError for options that it does not take.
 * @example transforms.speed({ factor: [0.9, 1.1] })
 */
export function speed(options: SpeedOptions): SoundTransform {
  needOptions('transforms.speed', options, speedFields);
  const { factor, p } = options;
  const change = ({ sound, sampleRate }: SoundSample, random: Generator) =>
    changeSpeed(sound, sampleRate, drawHundredth(factor, random));
  return soundTransform({ home, name: 'speed', value: options, change, p });
}

/** Of a range a whole hundredth, if it has one there. */
function drawHundredth(range: Range, random: Generator): number {
  const drawn = drawFrom(range, random);
  if (typeof range === 'number') return drawn;
  return Math.max(range[0], Math.min(range[1], Math.round(100 * drawn) / 100));
}
