// Layers that turn sounds into spectra: convolutions with fixed weights, which training leaves as they are and which no state
// dict holds, since they follow from the options. So a network takes samples, compiles whole, and gradients reach the sound.

import { nn, type Tensor } from 'neocog';
import { needOptions } from 'neocog/arguments';
import type { Framing } from '../spectrum/framing.ts';
import {
  applyMel,
  applyMfcc,
  type MelSpectrogramOptions,
  type MelTransform,
  type MfccOptions,
  type MfccTransform,
  melSpectrogramFields,
  melTransform,
  mfccFields,
  mfccTransform,
} from '../spectrum/melSpectrogram.ts';
import {
  applySpectrogram,
  applyStft,
  type PowerTransform,
  type SpectrogramOptions,
  type StftOptions,
  spectrogramFields,
  spectrogramTransform,
  stftTransform,
  type Transform,
} from '../spectrum/stft.ts';

const describeFraming = ({ nFft, winLength, hopLength }: Framing): string =>
  `nFft ${nFft}, ${winLength === nFft ? '' : `winLength ${winLength}, `}hopLength ${hopLength}`;

/** Short-time Fourier transform: `[…, samples]` → `[…, bins, frames, 2]`; see `stft`. */
export class Stft extends nn.Module {
  readonly #transform: Transform;

  /** @throws ShapeError for options that do not fit together. */
  constructor(options: StftOptions = {}) {
    super();
    this.#transform = stftTransform('Stft', options);
  }

  forward(x: Tensor): Tensor {
    return applyStft('Stft', x, this.#transform);
  }

  override describe(): string {
    return describeFraming(this.#transform.framing);
  }
}

/** Power over time in each bin: `[…, samples]` → `[…, bins, frames]`; see `spectrogram`. */
export class Spectrogram extends nn.Module {
  readonly #transform: PowerTransform;

  /** @throws ShapeError for options that do not fit together. */
  constructor(options: SpectrogramOptions = {}) {
    super();
    needOptions('Spectrogram', options, spectrogramFields);
    this.#transform = spectrogramTransform('Spectrogram', options);
  }

  forward(x: Tensor): Tensor {
    return applySpectrogram('Spectrogram', x, this.#transform);
  }

  override describe(): string {
    return describeFraming(this.#transform.framing);
  }
}

/** Power over time in each band of the mel scale: `[…, samples]` → `[…, nMels, frames]`; see `melSpectrogram`. */
export class MelSpectrogram extends nn.Module {
  readonly #transform: MelTransform;

  /** @throws ShapeError for options that do not fit together. */
  constructor(options: MelSpectrogramOptions = {}) {
    super();
    needOptions('MelSpectrogram', options, melSpectrogramFields);
    this.#transform = melTransform('MelSpectrogram', options);
  }

  forward(x: Tensor): Tensor {
    return applyMel('MelSpectrogram', x, this.#transform);
  }

  override describe(): string {
    const { spectrum, filters } = this.#transform;
    return `${filters.shape[0]} bands, ${describeFraming(spectrum.framing)}`;
  }
}

/** Mel-frequency cepstral coefficients: `[…, samples]` → `[…, nMfcc, frames]`; see `mfcc`. */
export class Mfcc extends nn.Module {
  readonly #transform: MfccTransform;

  /** @throws ShapeError for options that do not fit together. */
  constructor(options: MfccOptions = {}) {
    super();
    needOptions('Mfcc', options, mfccFields);
    this.#transform = mfccTransform('Mfcc', options);
  }

  forward(x: Tensor): Tensor {
    return applyMfcc('Mfcc', x, this.#transform);
  }

  override describe(): string {
    const { mel, cosines } = this.#transform;
    return `${cosines.shape[0]} of ${cosines.shape[1]} bands, ${describeFraming(mel.spectrum.framing)}`;
  }
}
