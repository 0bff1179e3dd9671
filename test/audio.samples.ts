// A valid call of every function of @neocog/audio; arguments.samples.ts says what for.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as neocog from 'neocog';
import { MelSpectrogram, Mfcc, Spectrogram, Stft, wavBytes } from '../packages/audio/src/index.ts';
import { of, type Sample, type Samples } from './arguments.samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'neocog-samples-'));
const sound = () => neocog.zeros([1, 64]);
const sample = () => ({ sound: sound(), sampleRate: 8000 });
mkdirSync(join(folder, 'words/yes'), { recursive: true });
writeFileSync(join(folder, 'words/yes/1.wav'), wavBytes(sample()));
const frames = { nFft: 16, nMels: 4 };

const each = (names: string, args: () => readonly unknown[]): Samples =>
  Object.fromEntries(names.split(' ').map((name): [string, Sample] => [name, of(args)]));

const on = (self: () => object, args: () => readonly unknown[] = () => []): Sample => ({ self, args });
const layers = {
  Stft: () => new Stft({ nFft: 16 }),
  Spectrogram: () => new Spectrogram({ nFft: 16 }),
  MelSpectrogram: () => new MelSpectrogram(frames),
  Mfcc: () => new Mfcc({ ...frames, nMfcc: 3 }),
};

/** By the names under which @neocog/audio exports them. */
export const audioSamples: Samples = {
  ...each('hannWindow hammingWindow blackmanWindow bartlettWindow kaiserWindow', () => [8, {}]),
  ...each('stft spectrogram', () => [sound(), { nFft: 16 }]),
  ...each('Stft Spectrogram', () => [{ nFft: 16 }]),
  ...each('melSpectrogram', () => [sound(), frames]),
  ...each('MelSpectrogram transforms.melSpectrogram', () => [frames]),
  ...each('mfcc', () => [sound(), { ...frames, nMfcc: 3 }]),
  ...each('Mfcc transforms.mfcc', () => [{ ...frames, nMfcc: 3 }]),
  ...each('transforms.timeMask transforms.frequencyMask', () => [{ width: 2 }]),
  ...each('transforms.randomCrop transforms.fitLength transforms.resample', () => [8000]),
  ...each('transforms.timeStretch transforms.speed', () => [{ factor: 1.1 }]),
  ...Object.fromEntries(
    Object.entries(layers).flatMap(([name, make]) => [
      [`${name}#forward`, on(make, () => [sound()])],
      [`${name}#describe`, on(make)],
    ]),
  ),
  amplitudeToDb: of(() => [neocog.ones([2, 3]), {}]),
  audioFolder: of(() => [join(folder, 'words'), {}]),
  changeSpeed: of(() => [sound(), 8000, 1.1, {}]),
  istft: of(() => [neocog.ones([9, 5, 2]), { nFft: 16 }]),
  melFilters: of(() => [{}]),
  microphone: of(() => [{}]),
  pitchShift: of(() => [sound(), 8000, 2, { nFft: 16 }]),
  readWav: of(() => [wavBytes(sample())]),
  resample: of(() => [sound(), 3, 2, {}]),
  timeStretch: of(() => [sound(), 1.1, { nFft: 16 }]),
  'transforms.addNoise': of(() => [{ snr: 10 }]),
  'transforms.compose': of(() => [[(each: unknown) => each]]),
  'transforms.gain': of(() => [{ decibels: 3 }]),
  'transforms.mono': of(() => []),
  'transforms.pitchShift': of(() => [{ steps: 1 }]),
  'transforms.shift': of(() => [{ seconds: 0.1 }]),
  wavBytes: of(() => [sample(), {}]),
  writeWav: of(() => [join(folder, 'a.wav'), sample(), {}]),
};
