// Tensors side by side along a new axis, and one tensor cut apart.

import { count, either, type Field, field, isListOf, isSize, need } from '../arguments/field.ts';
import { needOptions } from '../arguments/options.ts';
import { show } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import { type AxisOptions, axisFields, someTensors } from '../tensor/fields.ts';
import { formatShape, resolveAxis, sameShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { needTensor } from './check.ts';
import { concat, slice } from './move.ts';
import { unsqueeze } from './reshape.ts';

/**
 * Joins tensors of one shape along a new axis (default 0): two of `[2, 3]` → `[2, 2, 3]`.
 *
 * @throws ShapeError unless there is at least one tensor and all agree in shape and dtype.
 * @example stack([zeros([2, 3]), ones([2, 3])], { axis: -1 }).shape // [2, 3, 2]
 */
export function stack(tensors: readonly Tensor[], options: AxisOptions = {}): Tensor {
  need('stack', 'tensors', tensors, someTensors);
  needOptions('stack', options, axisFields);
  const [first] = tensors;
  const axis = resolveAxis('stack', options.axis ?? 0, first.rank + 1);
  const stray = tensors.findIndex((t) => !sameShape(t.shape, first.shape));
  if (stray >= 0) {
    throw new ShapeError(
      `stack: tensor 0 has shape ${formatShape(first.shape)} and tensor ${stray} ${formatShape(tensors[stray].shape)}; give equal shapes, or use concat to join along an axis that they have`,
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
export function split(x: Tensor, parts: number | readonly number[], options: AxisOptions = {}): Tensor[] {
  needTensor('split', 'input', x);
  needOptions('split', options, axisFields);
  const axis = resolveAxis('split', options.axis ?? 0, x.rank);
  let start = 0;
  return sizesOf(x, parts, axis).map((size) => {
    const part = slice(x, { axis, start, end: start + size });
    start += size;
    return part;
  });
}

const someParts: Field<number | readonly number[]> = either(
  count,
  field('a list of sizes', (v) => isListOf(v, (n) => isSize(n, 0))),
);

function sizesOf(x: Tensor, parts: number | readonly number[], axis: number): readonly number[] {
  const whole = x.shape[axis];
  need('split', 'parts', parts, someParts);
  if (typeof parts !== 'number' && parts.reduce((a, b) => a + b, 0) === whole) return parts;
  if (typeof parts === 'number' && parts <= Math.max(whole, 1)) {
    const size = Math.ceil(whole / parts);
    const last = whole - size * (parts - 1);
    if (last > 0 || parts === 1) return [...new Array<number>(parts - 1).fill(size), last];
  }
  throw new ShapeError(
    `split: parts are ${show(parts)} for axis ${axis} of ${formatShape(x.shape)}; give sizes that add up to ${whole}, or a number of parts that leaves none empty`,
  );
}
