// A sound as everything here hands it on: readers give it, transforms change it, a DataLoader makes batches of `sound`.

import { ShapeError, Tensor } from 'neocog';
import { count, type Field, field, isRecord, need } from 'neocog/arguments';

/** Samples, how many there are in a second, and a class where there is one. */
export interface SoundSample {
  /** float32 `[channels, samples]`; full scale is from −1 to 1. */
  readonly sound: Tensor;
  /** Samples a second of each channel, in Hz. */
  readonly sampleRate: number;
  /** Number of the class, from 0. */
  readonly label?: number | undefined;
}

const isChannels = (v: unknown): boolean =>
  v instanceof Tensor && v.rank === 2 && v.data instanceof Float32Array;

const aSound: Field<SoundSample> = field(
  'a sound { sound, sampleRate }: a float32 Tensor [channels, samples] and a number in Hz',
  (v) => isRecord(v) && isChannels(v.sound),
);

/** @throws ShapeError for what is no sound, or one whose memory is gone. */
export function needSound(fn: string, sample: SoundSample, name = 'sound'): void {
  need(fn, name, sample, aSound);
  need(fn, 'sampleRate', sample.sampleRate, count);
  const { data, shape } = sample.sound;
  if (data.length === shape[0] * shape[1]) return;
  throw new ShapeError(
    `${fn}: ${name} [${shape}] has ${data.length} values left; copy its memory before it is transferred`,
  );
}

/** Values as they are, channel after channel. */
export const soundOf = (values: Float32Array, channels: number, sampleRate: number): SoundSample => ({
  sound: new Tensor(values, [channels, channels === 0 ? 0 : values.length / channels]),
  sampleRate,
});

/** One channel: a view, not a copy. */
export function channelOf({ data, shape }: Tensor, channel: number): Float32Array {
  const length = shape[shape.length - 1];
  return data.subarray(channel * length, (channel + 1) * length) as Float32Array; // float32, as was checked
}
