// A sound at another rate: one convolution whose output channels are the phases, side by side. So it compiles with a network,
// and gradients flow through. Where that kernel would be large, since the rates have little in common, values are summed one
// by one. Values are those of torchaudio's resample.

import { conv1d, isRecording, pad, permute, reshape, slice, Tensor, UnsupportedError } from 'neocog';
import { count, need, needOptions } from 'neocog/arguments';
import { rowsOf } from '../spectrum/rows.ts';
import {
  phaseWeights,
  type ResampleOptions,
  type Resampling,
  resampledLength,
  resampleFields,
  resamplingOf,
  tapsOf,
} from './sinc.ts';
import { resampledRows } from './stream.ts';

/** Weights of a kernel: 16 MiB. */
const mostWeights = 2 ** 22;

/**
 * A sound at another rate: `[…, samples]` → `[…, ceil(samples · to / from)]`, by a windowed sinc that leaves out what the
 * lower rate cannot hold.
 *
 * @param from Samples a second of the input, a whole number.
 * @param to Samples a second that are wanted; only the ratio of both counts.
 * @throws ShapeError for rates that are no whole numbers of at least 1, or unknown options.
 * @throws UnsupportedError for a gradient between rates with hardly a common divisor.
 * @example resample(zeros([1, 44100]), 44100, 16000).shape // [1, 16000]
 */
export function resample(x: Tensor, from: number, to: number, options: ResampleOptions = {}): Tensor {
  need('resample', 'from', from, count);
  need('resample', 'to', to, count);
  needOptions('resample', options, resampleFields);
  const rows = rowsOf('resample', x);
  if (from === to || x.size === 0) return x;
  const resampling = resamplingOf(from, to, options);
  const length = resampledLength(resampling, rows.shape[2]);
  const isSmall = resampling.to * tapsOf(resampling) <= mostWeights;
  if (!isSmall && x.requiresGrad && isRecording()) refuseGradient(from, to);
  if (!isSmall) return resampledRows(x, from, to, options);
  const result = byConvolution(rows, resampling);
  return reshape(slice(result, { axis: 1, end: length }), [...x.shape.slice(0, -1), length]);
}

function refuseGradient(from: number, to: number): never {
  throw new UnsupportedError(
    `resample: from ${from} to ${to} no gradient is computed, since the rates have no large common divisor; round one, or detach the input`,
  );
}

/** `[rows, 1, samples]` → `[rows, at least as many as are wanted]`. */
function byConvolution(rows: Tensor, resampling: Resampling): Tensor {
  const { from, to, width } = resampling;
  const taps = tapsOf(resampling);
  const values = new Float32Array(to * taps);
  for (let phase = 0; phase < to; phase++) values.set(phaseWeights(resampling, phase), phase * taps);
  const padded = pad(rows, [
    [0, 0],
    [0, 0],
    [width, width + from],
  ]);
  const phases = conv1d(padded, new Tensor(values, [to, 1, taps]), { stride: from });
  return reshape(permute(phases, [0, 2, 1]), [rows.shape[0], -1]);
}
