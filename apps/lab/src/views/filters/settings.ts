// The settings of the view, as an address has them. Pure.

import { flagField, numberField, type QueryFields, wholeField, wordField } from '../../shell/query.ts';
import { chainField, type Step, type Tone } from './chain.ts';
import { kernelField, type SoundKernel } from './sound/kernels.ts';
import { type SampleName, sampleNames } from './sound/samples.ts';
import { type Padding, type Photo, paddings, samples } from './words.ts';

/** Of filters of a picture. */
export interface PictureSettings {
  photo: Photo;
  chain: readonly Step[];
  padding: Padding;
  tone: Tone | 'auto';
  gain: number;
  split: number;
  outside: boolean;
}

export interface Settings extends PictureSettings {
  /** What is filtered. */
  of: 'picture' | 'sound';
  sound: SampleName;
  kernel: SoundKernel;
}

const valuesOf = <T extends string>(options: readonly { readonly value: T }[]): T[] =>
  options.map(({ value }) => value);

export const fields: QueryFields<Settings> = {
  of: wordField('picture', ['picture', 'sound']),
  photo: wordField<Photo>('astronaut', valuesOf(samples)),
  chain: chainField,
  padding: wordField<Padding>('replicate', valuesOf(paddings)),
  tone: wordField<Tone | 'auto'>('auto', ['auto', 'value', 'magnitude', 'signed']),
  gain: numberField(1),
  split: wholeField(50, 0, 100),
  outside: flagField(false),
  sound: wordField<SampleName>('voice', valuesOf(sampleNames)),
  kernel: kernelField,
};
