// @neocog/audio: sounds in and out, spectra as layers, augmentation. Re-exports only.

export * as transforms from './augment/index.ts';
export {
  type ChangeSpeedOptions,
  changeSpeed,
  type PitchShiftOptions,
  pitchShift,
  type TimeStretchOptions,
  timeStretch,
} from './augment/stretch.ts';
export type { SoundTransform } from './augment/transform.ts';
export {
  type AudioFolderOptions,
  audioFolder,
  type SoundFolder,
  type SoundSets,
} from './data/audioFolder.ts';
export type { ReadSoundOptions, SoundSet } from './data/sounds.ts';
export type { SoundSource } from './files/bytes.ts';
export { readWav, type WriteWavOptions, wavBytes, writeWav } from './files/wav.ts';
export { MelSpectrogram, Mfcc, Spectrogram, Stft } from './layers/layers.ts';
export { type Microphone, type MicrophoneOptions, microphone } from './microphone/microphone.ts';
export { workletSource } from './microphone/worklet.ts';
export { resample } from './resample/resample.ts';
export type { ResampleOptions } from './resample/sinc.ts';
export type { SoundSample } from './sound.ts';
export { amplitudeToDb, type DecibelOptions } from './spectrum/decibels.ts';
export type { FramingOptions, SpectrumPadMode } from './spectrum/framing.ts';
export { type IstftOptions, istft } from './spectrum/istft.ts';
export { type MelFilterOptions, type MelScale, melFilters } from './spectrum/mel.ts';
export {
  type MelSpectrogramOptions,
  type MfccOptions,
  melSpectrogram,
  mfcc,
} from './spectrum/melSpectrogram.ts';
export { type SpectrogramOptions, type StftOptions, spectrogram, stft } from './spectrum/stft.ts';
export {
  bartlettWindow,
  blackmanWindow,
  type HammingWindowOptions,
  hammingWindow,
  hannWindow,
  type KaiserWindowOptions,
  kaiserWindow,
  type WindowName,
  type WindowOptions,
} from './spectrum/windows.ts';
export type { WavEncoding } from './wav/encodings.ts';
