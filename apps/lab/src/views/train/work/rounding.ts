// Weights in few bytes. Vectors (biases, statistics) keep all their digits; of other weights each row is whole numbers of 8 or 16
// bits, times a number of its own.

import { type nn, Tensor } from 'neocog';
import type { Taking } from './bytes.ts';

export type Bits = 8 | 16;

const isVector = ({ shape }: Tensor): boolean => shape.length < 2;

/** Whole numbers, and what each row of them is multiplied by. */
function rounded({ data, shape }: Tensor, bits: Bits): [scales: Float32Array, whole: Int8Array | Int16Array] {
  const rows = shape[0] ?? 1;
  const inner = data.length / rows;
  const values = Float32Array.from(data);
  const whole = bits === 8 ? new Int8Array(data.length) : new Int16Array(data.length);
  const scales = Float32Array.from({ length: rows }, (_, r) => {
    const row = values.subarray(r * inner, (r + 1) * inner);
    const scale =
      Math.fround(row.reduce((most, v) => Math.max(most, Math.abs(v)), 0) / (2 ** (bits - 1) - 1)) || 1;
    whole.set(
      Array.from(row, (value) => Math.round(value / scale)),
      r * inner,
    );
    return scale;
  });
  return [scales, whole];
}

/** The weights one after the other, in the order of the state dict. */
export const weightBytes = (weights: nn.StateDict, bits: Bits) =>
  Object.values(weights).flatMap((tensor) =>
    isVector(tensor) ? [Float32Array.from(tensor.data)] : rounded(tensor, bits),
  );

/** The weights of such bytes, in the shapes and the order of `like`. @throws RangeError for too few bytes */
export function weightsOf(bytes: Taking, like: nn.StateDict, bits: Bits): nn.StateDict {
  const read = (tensor: Tensor): Float32Array => {
    const { shape, data } = tensor;
    if (isVector(tensor)) return new Float32Array(bytes.take(4 * data.length));
    const scales = new Float32Array(bytes.take(4 * (shape[0] ?? 1)));
    const taken = bytes.take((data.length * bits) / 8);
    const whole = bits === 8 ? new Int8Array(taken) : new Int16Array(taken);
    const inner = data.length / scales.length;
    return Float32Array.from(whole, (value, i) => value * (scales[Math.floor(i / inner)] ?? 0));
  };
  const tensorOf = (tensor: Tensor): Tensor => {
    const values = read(tensor);
    return new Tensor(tensor.dtype === 'int32' ? Int32Array.from(values) : values, tensor.shape);
  };
  return Object.fromEntries(Object.entries(like).map(([key, tensor]) => [key, tensorOf(tensor)]));
}
