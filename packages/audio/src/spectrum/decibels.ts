// Powers and amplitudes in decibels, as the ear hears differences, and with a floor below the loudest. Values are those of
// torchaudio's AmplitudeToDB.

import { add, clamp, log, max, maximum, mul, reshape, type Tensor } from 'neocog';
import { above, atLeast, type Fields, needOptions, oneOf, orNull } from 'neocog/arguments';
import { imagesOf } from './rows.ts';

/** Options of `amplitudeToDb`. */
export interface DecibelOptions {
  /** What the values are: 'power' (default), of which 10 log₁₀ is taken, or 'magnitude', of which 20. */
  stype?: 'power' | 'magnitude' | undefined;
  /**
   * Nothing is further below the loudest value, in decibels; null (default) for no limit. The loudest is sought in each
   * sample `[channels, bins, frames]` of a batch.
   */
  topDb?: number | null | undefined;
  /** Values below it count as it, so that silence is a number. Default 1e-10. */
  amin?: number | undefined;
}

export const decibelFields: Fields<DecibelOptions> = {
  stype: oneOf('power', 'magnitude'),
  topDb: orNull(atLeast(0)),
  amin: above(0),
};

/** For options that were checked. */
export function decibelsOf(
  x: Tensor,
  { stype = 'power', topDb = null, amin = 1e-10 }: DecibelOptions,
): Tensor {
  const factor = (stype === 'power' ? 10 : 20) / Math.LN10;
  const decibels = mul(log(clamp(x, { min: amin })), factor);
  return topDb === null ? decibels : floored(decibels, topDb);
}

function floored(x: Tensor, topDb: number): Tensor {
  const channels = x.rank > 2 ? x.shape[x.rank - 3] : 1;
  const [bins, frames] = x.shape.slice(-2);
  const samples = x.size / Math.max(1, channels * bins * frames);
  if (x.size === 0) return x;
  const each = reshape(x, [samples, channels, bins, frames]);
  const floor = add(max(each, { axis: [1, 2, 3], keepDims: true }), -topDb);
  return reshape(maximum(each, floor), x.shape);
}

/**
 * Powers as decibels, 10 log₁₀ x: `[…, bins, frames]` → the same shape.
 *
 * @throws ShapeError for fewer than two axes, or unknown options.
 * @example amplitudeToDb(spectrogram(sound), { topDb: 80 })
 */
export function amplitudeToDb(x: Tensor, options: DecibelOptions = {}): Tensor {
  needOptions('amplitudeToDb', options, decibelFields);
  imagesOf('amplitudeToDb', x);
  return decibelsOf(x, options);
}
