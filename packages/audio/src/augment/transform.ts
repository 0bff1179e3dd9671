// Transforms of sounds: functions (sample, random) => sample that a DataLoader calls, here or in a worker. All that is random
// comes from `random`, so that the same seed gives the same sound. A sample keeps whatever else it holds, such as its label.

import { type Generator, type PortableTransform, ShapeError, Tensor } from 'neocog';
import { between, type Field, field, isListOf } from 'neocog/arguments';
import type { SoundSample } from '../sound.ts';

/** What changes a sound, at random if it likes; see `DataLoader`. */
export type SoundTransform = PortableTransform<SoundSample>;

/** What all random transforms take. */
export interface RandomOptions {
  /** How likely it happens at all. Default 1. */
  p?: number | undefined;
}

export const randomFields = { p: between(0, 1) };

/** One number, or the ends between which it is drawn evenly. */
export type Range = number | readonly [lowest: number, highest: number];

/** A number that passes, or two of them in order. */
export function rangeOf(taken: Field<number>): Field<Range> {
  return field(
    `${taken.takes}, or [lowest, highest]`,
    (v) => taken.ok(v) || (isListOf(v, taken.ok) && v.length === 2 && Number(v[0]) <= Number(v[1])),
  );
}

/** A number of a range; also one that is fixed costs a draw, so that what follows does not depend on it. */
export function drawFrom(range: Range, random: Generator): number {
  const [lowest, highest] = typeof range === 'number' ? [range, range] : range;
  return lowest + (highest - lowest) * random.uniform();
}

/** How a transform changes the tensor of a sample. */
type Change = (sample: SoundSample, random: Generator) => Tensor;

/** A transform as a factory makes it; a worker makes it again by calling `name` of `home` with `value`. */
export interface TransformParts {
  /** Address of the factory's file; null where no worker can load it. */
  readonly home: string | null;
  readonly name: string;
  readonly value: unknown;
  readonly change: Change;
  /** How likely it happens. Default 1. */
  readonly p?: number | undefined;
  /** Of the result, where it changes. */
  readonly sampleRate?: number;
}

/** A transform of `sound`, that workers can make too. */
export function soundTransform(parts: TransformParts): SoundTransform {
  const { name, change, p = 1, sampleRate } = parts;
  const transform = (sample: SoundSample, random: Generator): SoundSample => {
    needSample(name, sample);
    // Drawn in any case, so that what follows does not depend on p.
    const happens = random.uniform() < p;
    if (!happens) return sample;
    return { ...sample, sound: change(sample, random), ...(sampleRate !== undefined && { sampleRate }) };
  };
  return withRecipe(transform, parts);
}

/** A transform, and how workers make it where they can. */
export const withRecipe = (
  transform: SoundTransform,
  { home, name, value }: Pick<TransformParts, 'home' | 'name' | 'value'>,
): SoundTransform =>
  home === null ? transform : Object.assign(transform, { recipe: { module: home, name, value } });

function needSample(name: string, sample: SoundSample): void {
  const sound: unknown = Object(sample).sound;
  if (sound instanceof Tensor && sound.data instanceof Float32Array && sound.rank >= 2) return;
  const found = sound instanceof Tensor ? `${sound.dtype} [${sound.shape}]` : typeof sound;
  throw new ShapeError(
    `transforms.${name}: the sound of the sample is ${found}; a float32 Tensor [channels, samples] is needed`,
  );
}
