// Band-limited interpolation: a sample between samples is a sum of its neighbours, weighed by a sinc under a window. Rates
// are divided by what they have in common; the weights repeat after `to` outputs, one phase each.
// Source: J. O. Smith, "Digital audio resampling" (ccrma.stanford.edu/~jos/resample); the formula is torchaudio's.

import { above, between, type Field, type Fields, field, oneOf, whole } from 'neocog/arguments';
import { besselI0 } from '../spectrum/bessel.ts';
import { cosOfTurn, sinOfTurn } from '../spectrum/turn.ts';
import { mostBeta } from '../spectrum/windows.ts';

/** Options of `resample`. */
export interface ResampleOptions {
  /** Zero crossings of the sinc on each side: more are sharper, and slower. Default 6. */
  lowpassFilterWidth?: number | undefined;
  /** Where the filter begins to cut, as a part of half the lower rate. Default 0.99. */
  rolloff?: number | undefined;
  /** Over the sinc: 'hann' (default) or 'kaiser'. */
  window?: 'hann' | 'kaiser' | undefined;
  /** Of Kaiser's window. Default 14.769656459379492. */
  beta?: number | undefined;
}

const aRolloff: Field<number> = field(
  'a number above 0 and at most 1',
  (v) => above(0).ok(v) && between(0, 1).ok(v),
);

export const resampleFields: Fields<ResampleOptions> = {
  lowpassFilterWidth: whole(1, 1000),
  rolloff: aRolloff,
  window: oneOf('hann', 'kaiser'),
  beta: between(0, mostBeta),
};

/** A change of rate, by coprime numbers. */
export interface Resampling {
  readonly from: number;
  readonly to: number;
  /** Samples on each side that an output may hear. */
  readonly width: number;
  /** The weight of a sample for an output, of which it lies so many input samples away. */
  readonly weight: (distance: number) => number;
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** For rates and options that were checked. */
export function resamplingOf(fromRate: number, toRate: number, options: ResampleOptions): Resampling {
  const { lowpassFilterWidth: crossings = 6, rolloff = 0.99, window = 'hann' } = options;
  const { beta = 14.769656459379492 } = options;
  const common = divisor(fromRate, toRate);
  const [from, to] = [fromRate / common, toRate / common];
  // Zero crossings of the sinc in a sample of the input.
  const scale = (Math.min(from, to) * rolloff) / from;
  const highest = besselI0(beta);
  const windowed =
    window === 'hann'
      ? (t: number) => cosOfTurn(t / crossings / 4) ** 2
      : (t: number) => besselI0(beta * Math.sqrt(Math.max(0, 1 - (t / crossings) ** 2))) / highest;
  const weight = (distance: number): number => {
    const t = Math.max(-crossings, Math.min(crossings, distance * scale));
    return t === 0 ? scale : (scale * windowed(t) * sinOfTurn(t / 2)) / (Math.PI * t);
  };
  return { from, to, width: Math.ceil(crossings / scale), weight };
}

/** How many outputs come of so many inputs. */
export const resampledLength = ({ from, to }: Resampling, length: number): number =>
  Math.ceil((to * length) / from);

/** Weights of the outputs of one block of `from` inputs, which begin `width` before it: `[to][from + 2·width]`. */
export const tapsOf = ({ from, width }: Resampling): number => from + 2 * width;

/** The weights of one phase. */
export function phaseWeights(resampling: Resampling, phase: number): Float32Array {
  const { from, to, width, weight } = resampling;
  return Float32Array.from({ length: tapsOf(resampling) }, (_, i) => weight(i - width - (phase * from) / to));
}
