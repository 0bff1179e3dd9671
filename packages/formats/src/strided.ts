// Arrays whose values lie apart or in another order, as in files of PyTorch (views) and NumPy (Fortran order), brought
// into the order of their shape. Works on bytes, whatever their type.

import { product, stridesOf } from './shape.ts';

/** Where the values of an array lie in a storage, counted in values. */
export interface StridedView {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** How many values a storage must have for this view; 0 for an empty one. */
export function reach({ offset, shape, strides }: StridedView): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((last, size, axis) => last + (size - 1) * strides[axis], offset) + 1;
}

/** The values of a view, each of `width` bytes, one after the other. The storage must have `reach(view)` of them. */
export function gather(storage: Uint8Array, width: number, view: StridedView): ArrayBuffer {
  const { offset, shape, strides } = view;
  const length = product(shape) * width;
  const dense = stridesOf(shape).every((stride, axis) => stride === strides[axis] || shape[axis] === 1);
  // A copy by constructor: `slice` of Node's Buffer would share memory with the whole file.
  if (dense) return new Uint8Array(storage.subarray(offset * width, offset * width + length)).buffer;
  const values = new Uint8Array(length);
  const index = shape.map(() => 0);
  let from = offset;
  for (let to = 0; to < length; to += width) {
    for (let byte = 0; byte < width; byte++) values[to + byte] = storage[from * width + byte];
    from = advance(view, index, from);
  }
  return values.buffer;
}

/** Moves `index` one on in the order of the shape, and returns the place that belongs to it. */
function advance({ shape, strides }: StridedView, index: number[], from: number): number {
  let place = from;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place += strides[axis];
    index[axis]++;
    if (index[axis] < shape[axis]) break;
    place -= strides[axis] * shape[axis];
    index[axis] = 0;
  }
  return place;
}

/** Turns the bytes of every value around, in place. */
export function swapBytes(buffer: ArrayBuffer, width: number): ArrayBuffer {
  const bytes = new Uint8Array(buffer);
  for (let at = 0; at + width <= bytes.length; at += width) bytes.subarray(at, at + width).reverse();
  return buffer;
}
