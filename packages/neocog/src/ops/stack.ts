// Tensors side by side along a new axis, and one tensor cut apart.

import { ShapeError } from '../errors.ts';
import { formatShape, resolveAxis, sameShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { needKnown, needTensor } from './check.ts';
import { concat, slice } from './move.ts';
import { unsqueeze } from './reshape.ts';

/**
 * Joins tensors of one shape along a new axis (default 0): two of `[2, 3]` → `[2, 2, 3]`.
 *
 * @throws ShapeError unless there is at least one tensor and all agree in shape and dtype.
 * @example stack([zeros([2, 3]), ones([2, 3])], { axis: -1 }).shape // [2, 3, 2]
 */
export function stack(tensors: readonly Tensor[], options: { axis?: number | undefined } = {}): Tensor {
  needKnown('stack', options, ['axis']);
  if (!(tensors as Partial<typeof tensors>)?.length)
    throw new ShapeError('stack: the first argument holds no tensors, an array of at least one is needed');
  tensors.forEach((t, i) => needTensor('stack', `tensor ${i}`, t));
  const [first] = tensors;
  const axis = resolveAxis('stack', options.axis ?? 0, first.rank + 1);
  const stray = tensors.findIndex((t) => !sameShape(t.shape, first.shape));
  if (stray >= 0) {
    throw new ShapeError(
      `stack: tensor 0 has shape ${formatShape(first.shape)} and tensor ${stray} ${formatShape(tensors[stray].shape)}, all must be equal; use concat to join along an axis they have`,
    );
  }
  return concat(
    tensors.map((t) => unsqueeze(t, axis)),
    { axis },
  );
}

/**
 * Cuts a tensor along an axis (default 0): into parts of the sizes given, or into so many parts, of which the last may be
 * smaller.
 *
 * @throws ShapeError unless the sizes add up to the axis, or for a count below 1 or so large that parts would be empty.
 * @example split(arange(5), [2, 3]) // [0, 1] and [2, 3, 4]
 * @example split(zeros([1, 6, 4]), 2, { axis: 1 })[0].shape // [1, 3, 4]
 */
export function split(
  x: Tensor,
  parts: number | readonly number[],
  options: { axis?: number | undefined } = {},
): Tensor[] {
  needTensor('split', 'input', x);
  needKnown('split', options, ['axis']);
  const axis = resolveAxis('split', options.axis ?? 0, x.rank);
  let start = 0;
  return sizesOf(x, parts, axis).map((size) => {
    const part = slice(x, { axis, start, end: start + size });
    start += size;
    return part;
  });
}

function sizesOf(x: Tensor, parts: number | readonly number[], axis: number): readonly number[] {
  const whole = x.shape[axis];
  const isSize = (n: number): boolean => Number.isInteger(n) && n >= 0;
  if (Array.isArray(parts) && parts.every(isSize) && parts.reduce((a, b) => a + b, 0) === whole) return parts;
  if (typeof parts === 'number' && Number.isInteger(parts) && parts >= 1) {
    const size = Math.ceil(whole / parts);
    const last = whole - size * (parts - 1);
    if (last > 0 || parts === 1) return [...new Array<number>(parts - 1).fill(size), last];
  }
  throw new ShapeError(
    `split: parts are ${JSON.stringify(parts)} for axis ${axis} of ${formatShape(x.shape)}, sizes that add up to ${whole} or a number of parts that are not empty is needed`,
  );
}
