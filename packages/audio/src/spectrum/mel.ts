// The mel scale, on which equal steps sound equally far apart, and triangular filters along it. Two formulas are in use: that
// of the HTK toolkit, and that of Slaney's Auditory Toolbox, linear below 1 kHz. Values are those of torchaudio.
// Source: D. O'Shaughnessy, "Speech communication" (1987); M. Slaney, "Auditory toolbox" (1998).

import { ShapeError, Tensor } from 'neocog';
import { atLeast, count, type Fields, needOptions, oneOf, orNull, whole } from 'neocog/arguments';

/** Which formula turns Hz into mel. */
export type MelScale = 'htk' | 'slaney';

/** Options of `melFilters`. */
export interface MelFilterOptions {
  /** Samples a second, in Hz. Default 16000. */
  sampleRate?: number | undefined;
  /** Samples of a frame; there are `nFft / 2 + 1` bins. Default 400. */
  nFft?: number | undefined;
  /** How many filters. Default 128; those narrower than a bin are 0 throughout. */
  nMels?: number | undefined;
  /** Where the lowest filter begins, in Hz. Default 0. */
  fMin?: number | undefined;
  /** Where the highest filter ends, in Hz. Default half the rate. */
  fMax?: number | undefined;
  /** 'slaney' gives each filter the same area, null (default) the same height 1. */
  norm?: 'slaney' | null | undefined;
  /** 'htk' (default) or 'slaney'. */
  melScale?: MelScale | undefined;
}

export const melFields: Fields<MelFilterOptions> = {
  sampleRate: count,
  nFft: count,
  nMels: whole(1, 4096),
  fMin: atLeast(0),
  fMax: atLeast(0),
  norm: orNull(oneOf('slaney')),
  melScale: oneOf('htk', 'slaney'),
};

/** A scale and its inverse. */
interface Scale {
  readonly toMel: (hertz: number) => number;
  readonly toHertz: (mel: number) => number;
}

/** Slaney's scale: 3 mel for 200 Hz up to 1 kHz, from there 27 mel for each factor of 6.4. */
const [bend, hertzPerMel, step] = [1000, 200 / 3, Math.log(6.4) / 27];
const melAtBend = bend / hertzPerMel;

const scales: Readonly<Record<MelScale, Scale>> = {
  htk: {
    toMel: (hertz) => 2595 * Math.log10(1 + hertz / 700),
    toHertz: (mel) => 700 * (10 ** (mel / 2595) - 1),
  },
  slaney: {
    toMel: (hertz) => (hertz < bend ? hertz / hertzPerMel : melAtBend + Math.log(hertz / bend) / step),
    toHertz: (mel) => (mel < melAtBend ? mel * hertzPerMel : bend * Math.exp(step * (mel - melAtBend))),
  },
};

/** `count` numbers from `first` to `last`, both included. */
const evenly = (first: number, last: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (count === 1 ? first : first + ((last - first) * i) / (count - 1)));

/** For options that were checked: float32 `[nMels, bins]`. */
export function melFiltersOf(fn: string, options: MelFilterOptions): Tensor<[number, number]> {
  const { sampleRate = 16_000, nFft = 400, nMels = 128, fMin = 0 } = options;
  const { fMax = Math.floor(sampleRate / 2), norm = null, melScale = 'htk' } = options;
  if (fMin >= fMax)
    throw new ShapeError(
      `${fn}: fMin ${fMin} is not below fMax ${fMax}, of a sampleRate ${sampleRate}; give less`,
    );
  const bins = Math.floor(nFft / 2) + 1;
  const { toMel, toHertz } = scales[melScale];
  const edges = evenly(toMel(fMin), toMel(fMax), nMels + 2).map(toHertz);
  const hertz = evenly(0, Math.floor(sampleRate / 2), bins);
  const values = new Float32Array(nMels * bins);
  for (let m = 0; m < nMels; m++) {
    const [low, middle, high] = edges.slice(m, m + 3);
    const height = norm === 'slaney' ? 2 / (high - low) : 1;
    hertz.forEach((f, k) => {
      const slope = Math.min((f - low) / (middle - low), (high - f) / (high - middle));
      values[m * bins + k] = height * Math.max(0, slope);
    });
  }
  return new Tensor(values, [nMels, bins]);
}

/**
 * Triangular filters along the mel scale, a row each: float32 `[nMels, bins]`, the transpose of torchaudio's
 * `melscale_fbanks`.
 *
 * @throws ShapeError for limits that are not in order, or unknown options.
 * @example melFilters({ sampleRate: 16000, nFft: 512, nMels: 40 }).shape // [40, 257]
 */
export function melFilters(options: MelFilterOptions = {}): Tensor<[number, number]> {
  needOptions('melFilters', options, melFields);
  return melFiltersOf('melFilters', options);
}
