// Sums of products of whole numbers, as quantised networks have them: exact. Tensors are float32 and hold whole numbers of 16 bits,
// and whoever calls knows how large their sums become. No gradient flows.

import { compute } from '../backends/current.ts';
import { convWork, type Values, type Whole } from '../backends/work.ts';
import { UnsupportedError } from '../errors.ts';
import { convGeometry, outputShape } from '../geometry/conv.ts';
import type { ConvOptions } from '../geometry/options.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type DType, Tensor } from '../tensor/tensor.ts';

/** How large sums of whole numbers may become, and what is made of them. */
export interface WholeSums {
  /** The largest magnitude of any sum of some of the products, with the bias: of `n` products of bytes, 255²·n. Below 2³¹. */
  most: number;
  /** The sums themselves are 'int32'. Default 'float32', rounded once. */
  dtype?: DType | undefined;
}

const mostSum = 2 ** 31;

function readSums({ most, dtype = 'float32' }: WholeSums): Whole {
  if (most < mostSum) return { most, result: dtype };
  throw new UnsupportedError(
    `sums of whole numbers may reach ${most}, but 32 bits hold less than ${mostSum}`,
  );
}

/**
 * The largest magnitude of any sum of products of weights `[out, …]`, of which each of the first axis has a sum of its own, and of inputs of
 * at most `most`.
 */
export function mostSumOf({ data, shape }: Tensor, most: number): number {
  const each = sizeOf(shape.slice(1));
  let largest = 0;
  for (let first = 0; first < data.length; first += each) {
    let sum = 0;
    for (let i = first; i < first + each; i++) sum += Math.abs(data[i]);
    largest = Math.max(largest, sum);
  }
  return largest * most;
}

/** Of a group: sums of fewer terms are no faster. */
const leastChannels = 8;

/**
 * Whether a convolution of these weights `[out, in/groups, …kernel]` is faster in whole numbers: of longer kernels with stride 1, and of volumes,
 * floats have algorithms of fewer products.
 */
export function paysOff(
  [, channels, ...kernel]: readonly number[],
  { stride = 1 }: Pick<ConvOptions, 'stride'>,
): boolean {
  if (channels < leastChannels) return false;
  const least = kernel.every((n) => n === 1) || [stride].flat().some((s) => s > 1);
  return least || (kernel.length < 3 && kernel.every((n) => n === 1 || n === 3));
}

/** Options of `convWhole`. */
export interface WholeConvOptions extends Omit<ConvOptions, 'layout'>, WholeSums {
  /** Whole numbers of at most 2²⁴ in magnitude, `[outChannels]`. Default null, none. */
  bias?: Tensor | null | undefined;
}

/**
 * As conv1d, conv2d or conv3d, of whole numbers: x `[n, in, …spatial]`, w `[out, in/groups, …kernel]` → `[n, out, …spatial]`.
 *
 * @throws ShapeError if shapes and options do not fit together. @throws UnsupportedError for sums beyond 32 bits.
 */
export function convWhole(x: Tensor, w: Tensor, { bias, most, dtype, ...options }: WholeConvOptions): Tensor {
  const rank = (x.rank - 2) as 1 | 2 | 3;
  const g = convGeometry({ fn: `conv${rank}d`, rank }, { input: x.shape, weight: w.shape }, options);
  const work = { ...convWork('conv', g, Boolean(bias)), whole: readSums({ most, dtype }) };
  const operands = bias ? [x, w, bias] : [x, w];
  const arrays = operands.map((t) => t.data);
  return new Tensor(compute<Values>(work, arrays), outputShape(g));
}

/**
 * x·wᵀ of whole numbers: x `[…, in]`, w `[out, in]` → `[…, out]`.
 *
 * @throws UnsupportedError for sums beyond 32 bits.
 */
export function linearWhole(x: Tensor, w: Tensor, sums: WholeSums): Tensor {
  const [[n, k], lead] = [w.shape, x.shape.slice(0, -1)];
  const shape = { batch: 1, m: sizeOf(lead), k, n, transposeA: false, transposeB: true };
  return new Tensor(compute<Values>({ op: 'matmul', shape, whole: readSums(sums) }, [x.data, w.data]), [
    ...lead,
    n,
  ]);
}

/**
 * a·b of whole numbers: a `[…, m, k]` and b `[…, k, n]` with equal leading axes → `[…, m, n]`.
 *
 * @throws UnsupportedError for sums beyond 32 bits.
 */
export function matmulWhole(a: Tensor, b: Tensor, sums: WholeSums): Tensor {
  const lead = a.shape.slice(0, -2);
  const [m, k] = a.shape.slice(-2);
  const n = b.shape[b.rank - 1];
  const shape = { batch: sizeOf(lead), m, k, n, transposeA: false, transposeB: false };
  return new Tensor(compute<Values>({ op: 'matmul', shape, whole: readSums(sums) }, [a.data, b.data]), [
    ...lead,
    m,
    n,
  ]);
}
