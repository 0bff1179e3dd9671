// Resampling of 8-bit values along one axis, in whole numbers: weights of 22 bits behind the point, sums rounded and cut to 0 … 255
// after each axis. The bits are Pillow's.

import { type AxisWeights, toWhole, weightBits } from 'neocog/pixels';

type Bytes = Uint8Array | Uint8ClampedArray;

const half = 1 << (weightBits - 1);

interface Rows {
  readonly data: Bytes;
  readonly width: number;
  readonly rows: number;
  readonly channels: number;
}

/** Rows of `width` pixels to rows of as many as there are weights. `data` begins with the first row wanted. */
export function acrossBytes(from: Rows, along: AxisWeights): Uint8Array {
  const fixed = toWhole(along.weights);
  // Sums out of range are cut as they are stored.
  const result = new Uint8ClampedArray(from.rows * along.starts.length * from.channels);
  const pass = { ...from, ...along, fixed, result };
  if (from.channels === 3) across3(pass);
  else acrossAny(pass);
  return asBytes(result);
}

interface Pass extends Rows, AxisWeights {
  readonly fixed: Int32Array;
  readonly result: Bytes;
}

/** A weight is loaded once for three sums; most pictures have three channels. */
function across3({ data, width, rows, starts, counts, taps, fixed, result }: Pass): void {
  for (let row = 0, to = 0; row < rows; row++) {
    for (let o = 0; o < starts.length; o++, to += 3) {
      let at = (row * width + starts[o]) * 3;
      let [red, green, blue] = [half, half, half];
      for (let w = o * taps; w < o * taps + counts[o]; w++, at += 3) {
        const weight = fixed[w];
        red = (red + Math.imul(data[at], weight)) | 0;
        green = (green + Math.imul(data[at + 1], weight)) | 0;
        blue = (blue + Math.imul(data[at + 2], weight)) | 0;
      }
      result[to] = red >> weightBits;
      result[to + 1] = green >> weightBits;
      result[to + 2] = blue >> weightBits;
    }
  }
}

function acrossAny(pass: Pass): void {
  const { data, width, rows, channels, starts, counts, taps, fixed, result } = pass;
  for (let row = 0, to = 0; row < rows; row++) {
    for (let o = 0; o < starts.length; o++) {
      const first = o * taps;
      const last = first + counts[o];
      for (let c = 0; c < channels; c++, to++) {
        let sum = half;
        for (let w = first, at = (row * width + starts[o]) * channels + c; w < last; w++, at += channels)
          sum = (sum + Math.imul(data[at], fixed[w])) | 0;
        result[to] = sum >> weightBits;
      }
    }
  }
}

/** Rows of `length` values to as many rows as there are weights. The first row of `data` is the one numbered `firstRow`. */
export function downBytes(
  data: Bytes,
  size: { readonly length: number; readonly firstRow: number },
  along: AxisWeights,
): Uint8Array {
  const { length, firstRow } = size;
  const { starts, counts, taps } = along;
  const fixed = toWhole(along.weights);
  const result = new Uint8ClampedArray(starts.length * length);
  const sums = new Int32Array(length);
  for (let o = 0; o < starts.length; o++) {
    sums.fill(half);
    for (let i = 0; i < counts[o]; i++) {
      const weight = fixed[o * taps + i];
      const row = (starts[o] + i - firstRow) * length;
      for (let k = 0; k < length; k++) sums[k] += Math.imul(data[row + k], weight);
    }
    const to = o * length;
    for (let k = 0; k < length; k++) result[to + k] = sums[k] >> weightBits;
  }
  return asBytes(result);
}

const asBytes = ({ buffer }: Uint8ClampedArray<ArrayBuffer>): Uint8Array => new Uint8Array(buffer);
