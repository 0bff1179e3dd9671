// Slower without being lower, lower without being slower, and both: as functions of tensors, without gradients. Values of the
// first two are those of torchaudio's phase_vocoder and pitch_shift.

import { noGrad, pad, reshape, slice, Tensor } from 'neocog';
import { between, count, type Field, type Fields, need, needOptions, oneOf } from 'neocog/arguments';
import { resampledRows } from '../resample/stream.ts';
import { framingOf } from '../spectrum/framing.ts';
import { rowsOf } from '../spectrum/rows.ts';
import { type WindowName, windowName } from '../spectrum/windows.ts';
import { vocode } from './vocoder.ts';

/** How many times as fast: what becomes a hundred times as long is no sound any more. */
export const aFactor: Field<number> = between(0.01, 100);

/** Options of `timeStretch`: the frames of the spectra between which it goes. */
export interface TimeStretchOptions {
  /** Samples of a frame: long for tones, short for clicks. Default 512. */
  nFft?: number | undefined;
  /** Samples of the window, at most `nFft`. Default `nFft`. */
  winLength?: number | undefined;
  /** Samples from one frame to the next. Default `nFft / 4`, rounded down. */
  hopLength?: number | undefined;
  /** By name. Default 'hann'. */
  window?: WindowName | undefined;
}

export const stretchFields: Fields<TimeStretchOptions> = {
  nFft: count,
  winLength: count,
  hopLength: count,
  window: windowName,
};

/**
 * A sound `factor` times as fast at the same pitch: `[…, samples]` → `[…, round(samples / factor)]`. No gradient flows.
 *
 * @throws ShapeError for a factor that is not from 0.01 to 100, or options that do not fit together.
 * @example timeStretch(zeros([1, 16000]), 0.8).shape // [1, 20000]
 */
export function timeStretch(x: Tensor, factor: number, options: TimeStretchOptions = {}): Tensor {
  need('timeStretch', 'factor', factor, aFactor);
  needOptions('timeStretch', options, stretchFields);
  return noGrad(() => stretched('timeStretch', x, factor, options));
}

function stretched(fn: string, x: Tensor, factor: number, options: TimeStretchOptions): Tensor {
  const samples = rowsOf(fn, x).shape[2];
  const { nFft = 512 } = options;
  const framing = framingOf(fn, options, {
    nFft,
    hopLength: ({ nFft: frame }) => Math.floor(frame / 4),
  });
  const length = samples === 0 ? 0 : Math.round(samples / factor);
  const rows = samples === 0 ? 0 : x.size / samples;
  const values = new Float32Array(rows * length);
  for (let row = 0; row < rows; row++) {
    const from = x.data.subarray(row * samples, (row + 1) * samples) as Float32Array; // as rowsOf checks
    values.set(vocode(from, { framing, factor, length }), row * length);
  }
  return new Tensor(values, [...x.shape.slice(0, -1), length]);
}

/** Options of `pitchShift`. */
export interface PitchShiftOptions extends TimeStretchOptions {
  /** Steps in a doubling of the pitch. Default 12, for semitones. */
  binsPerOctave?: number | undefined;
}

const pitchFields: Fields<PitchShiftOptions> = { ...stretchFields, binsPerOctave: count };

const mostOctaves = 6;

/**
 * A sound `steps` semitones higher, or lower below 0, and as long as before: the same shape. No gradient flows.
 *
 * @param sampleRate Samples a second, of which the pitch is changed in whole numbers.
 * @throws ShapeError for more than 6 octaves, or options that do not fit together.
 * @example pitchShift(sound, 16000, -3)
 */
export function pitchShift(
  x: Tensor,
  sampleRate: number,
  steps: number,
  options: PitchShiftOptions = {},
): Tensor {
  need('pitchShift', 'sampleRate', sampleRate, count);
  needOptions('pitchShift', options, pitchFields);
  const { binsPerOctave = 12, ...framing } = options;
  need('pitchShift', 'steps', steps, stepsOf(binsPerOctave));
  return noGrad(() => {
    const rate = 2 ** (-steps / binsPerOctave);
    const slow = stretched('pitchShift', x, rate, framing);
    const shifted = resampledRows(slow, Math.max(1, Math.floor(sampleRate / rate)), sampleRate);
    return fitted(shifted, x.shape[x.rank - 1]);
  });
}

const stepsOf = (binsPerOctave: number): Field<number> =>
  between(-mostOctaves * binsPerOctave, mostOctaves * binsPerOctave);

/** The first `length` samples, followed by silence. */
function fitted(x: Tensor, length: number): Tensor {
  const samples = x.shape[x.rank - 1];
  const rows = reshape(x, [samples === 0 ? 0 : x.size / samples, samples]);
  const long = samples < length ? pad(rows, [[0, 0], [0, length - samples]]) : rows; // biome-ignore format: one line
  return reshape(slice(long, { axis: 1, end: length }), [...x.shape.slice(0, -1), length]);
}

/** Options of `changeSpeed`. */
export interface ChangeSpeedOptions {
  /** Over the sinc of the resampler: 'hann' (default) or 'kaiser'. */
  window?: 'hann' | 'kaiser' | undefined;
}

const speedFields: Fields<ChangeSpeedOptions> = { window: oneOf('hann', 'kaiser') };

/**
 * A sound `factor` times as fast and as high, as a tape that runs faster: `[…, samples]` → about `[…, samples / factor]`.
 *
 * @param sampleRate Samples a second, of which the speed is changed in whole numbers.
 * @throws ShapeError for a factor that is not from 0.01 to 100.
 * @example changeSpeed(sound, 16000, 1.1)
 */
export function changeSpeed(
  x: Tensor,
  sampleRate: number,
  factor: number,
  options: ChangeSpeedOptions = {},
): Tensor {
  need('changeSpeed', 'sampleRate', sampleRate, count);
  need('changeSpeed', 'factor', factor, aFactor);
  needOptions('changeSpeed', options, speedFields);
  rowsOf('changeSpeed', x);
  return resampledRows(x, Math.max(1, Math.round(factor * sampleRate)), sampleRate, options);
}
