// How loud a sound is, and what is heard beside it.

import { type Generator, ShapeError, Tensor } from 'neocog';
import { between, type Field, type Fields, field, isListOf, needOptions, required } from 'neocog/arguments';
import { homeOf } from '../home.ts';
import type { SoundSample } from '../sound.ts';
import {
  drawFrom,
  type RandomOptions,
  type Range,
  randomFields,
  rangeOf,
  type SoundTransform,
  soundTransform,
} from './transform.ts';

const home = homeOf(import.meta.url, 'level');

/** Options of `transforms.gain`. */
export interface GainOptions extends RandomOptions {
  /** By how much it becomes louder, or softer below 0: 20 log₁₀ of the factor; one number, or drawn between two. */
  readonly decibels: Range;
}

const gainFields: Fields<GainOptions> = { ...randomFields, decibels: required(rangeOf(between(-200, 200))) };

/** Every value times the same factor. */
const scaled = ({ data, shape }: Tensor, factor: number): Tensor =>
  new Tensor(
    (data as Float32Array).map((v) => v * factor),
    [...shape],
  ); // float32, as transforms check

/**
 * Louder or softer. Nothing is cut at full scale.
 *
 * @throws ShapeError for options that it does not take.
 * @example transforms.gain({ decibels: [-12, 6] })
 */
export function gain(options: GainOptions): SoundTransform {
  needOptions('transforms.gain', options, gainFields);
  const { decibels, p } = options;
  const change = ({ sound }: SoundSample, random: Generator) =>
    scaled(sound, 10 ** (drawFrom(decibels, random) / 20));
  return soundTransform({ home, name: 'gain', value: options, change, p });
}

/** Options of `transforms.addNoise`. */
export interface AddNoiseOptions extends RandomOptions {
  /** How much louder the sound is than the noise, in decibels of mean power; one number, or drawn between two. */
  readonly snr: Range;
  /**
   * Recorded noise, float32 `[samples]` or `[channels, samples]`, of which one and a place in it are drawn; it repeats where it
   * is too short. Default: white noise.
   */
  readonly noise?: Tensor | readonly Tensor[] | undefined;
}

/** By what it holds: in a worker, a tensor may be of another copy of the library. */
const isNoise = (v: unknown): boolean => {
  const { data, shape } = Object(v) as { data?: unknown; shape?: unknown };
  return (
    data instanceof Float32Array && data.length > 0 && isListOf(shape, Number.isInteger) && shape.length <= 2
  );
};

const someNoise: Field<Tensor | readonly Tensor[]> = field(
  'a float32 Tensor [samples] or [channels, samples], or a list of them',
  (v) => isNoise(v) || (isListOf(v, isNoise) && v.length > 0),
);

const noiseFields: Fields<AddNoiseOptions> = {
  ...randomFields,
  snr: required(rangeOf(between(-200, 200))),
  noise: someNoise,
};

/**
 * Noise at a signal-to-noise ratio. Silence stays silent: nothing is louder or softer than it.
 *
 * @throws ShapeError for options that it does not take.
 * @example transforms.addNoise({ snr: [5, 30], p: 0.5 })
 */
export function addNoise(options: AddNoiseOptions): SoundTransform {
  needOptions('transforms.addNoise', options, noiseFields);
  const { snr, noise = [], p } = options;
  const recorded = Array.isArray(noise) ? (noise as readonly Tensor[]) : [noise as Tensor]; // as was checked
  const change = ({ sound }: SoundSample, random: Generator) => {
    const ratio = drawFrom(snr, random);
    const values = recorded.length === 0 ? whiteNoise(sound, random) : recordedNoise(sound, recorded, random);
    return mixed(sound, values, ratio);
  };
  return soundTransform({ home, name: 'addNoise', value: options, change, p });
}

function whiteNoise({ size }: Tensor, random: Generator): Float32Array {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = random.normal();
  return values;
}

/** One of the recordings from a place on, as long as the sound and with as many channels, which repeat. */
function recordedNoise({ size, shape }: Tensor, noise: readonly Tensor[], random: Generator): Float32Array {
  const { data, shape: own } = noise[random.integer(noise.length)];
  const length = own[own.length - 1];
  const channels = data.length / length;
  const start = random.integer(length);
  const samples = shape[shape.length - 1];
  return Float32Array.from({ length: size }, (_, i) => {
    const channel = Math.floor(i / samples) % channels;
    return data[channel * length + ((start + (i % samples)) % length)];
  });
}

const meanPower = (values: Float32Array): number =>
  values.reduce((sum, v) => sum + v * v, 0) / Math.max(1, values.length);

function mixed({ data, shape }: Tensor, noise: Float32Array, snr: number): Tensor {
  const power = meanPower(noise);
  const factor = power === 0 ? 0 : Math.sqrt(meanPower(data as Float32Array) / (power * 10 ** (snr / 10)));
  if (!Number.isFinite(factor)) refuseSound();
  return new Tensor(
    (data as Float32Array).map((v, i) => v + factor * noise[i]),
    [...shape],
  );
}

function refuseSound(): never {
  throw new ShapeError(
    'transforms.addNoise: the sound holds NaN or infinite values, beside which no noise can be set',
  );
}
