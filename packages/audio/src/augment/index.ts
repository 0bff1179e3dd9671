// What changes sounds on their way into batches: `transforms` of the package.

export { compose } from './compose.ts';
export { type AddNoiseOptions, addNoise, type GainOptions, gain } from './level.ts';
export { frequencyMask, type MaskOptions, melSpectrogram, mfcc, mono, timeMask } from './spectra.ts';
export {
  fitLength,
  type PitchTransformOptions,
  pitchShift,
  randomCrop,
  resample,
  type ShiftOptions,
  type SpeedOptions,
  type StretchTransformOptions,
  shift,
  speed,
  timeStretch,
} from './time.ts';
export type { RandomOptions, Range, SoundTransform } from './transform.ts';
