// Resampling of floats along one axis: sums in float64, stored as float32 after each axis. Nothing is cut to a range.

import type { AxisWeights } from 'neocog/pixels';

/** As `acrossBytes`. */
export function acrossFloats(
  from: {
    readonly data: Float32Array;
    readonly width: number;
    readonly rows: number;
    readonly channels: number;
  },
  along: AxisWeights,
): Float32Array {
  const { data, width, rows, channels } = from;
  const { starts, counts, taps, weights } = along;
  const output = starts.length;
  const result = new Float32Array(rows * output * channels);
  for (let row = 0, to = 0; row < rows; row++) {
    for (let o = 0; o < output; o++, to += channels) {
      const begin = (row * width + starts[o]) * channels;
      const first = o * taps;
      const last = first + counts[o];
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let w = first, at = begin + c; w < last; w++, at += channels) sum += data[at] * weights[w];
        result[to + c] = sum;
      }
    }
  }
  return result;
}

/** As `downBytes`. */
export function downFloats(
  data: Float32Array,
  size: { readonly length: number; readonly firstRow: number },
  along: AxisWeights,
): Float32Array {
  const { length, firstRow } = size;
  const { starts, counts, taps, weights } = along;
  const result = new Float32Array(starts.length * length);
  const sums = new Float64Array(length);
  for (let o = 0; o < starts.length; o++) {
    sums.fill(0);
    for (let i = 0; i < counts[o]; i++) {
      const weight = weights[o * taps + i];
      const row = (starts[o] + i - firstRow) * length;
      for (let k = 0; k < length; k++) sums[k] += data[row + k] * weight;
    }
    result.set(sums, o * length);
  }
  return result;
}
