// Moving values without computing: copies of a grid of places, gathers along indices, and the adjoints of both,
// which add.

import { assert } from '../../errors.ts';
import type { Values } from '../work.ts';
import type { StridedView } from '../workParts.ts';

const stepOf = (stride: number | Int32Array, i: number): number =>
  typeof stride === 'number' ? i * stride : stride[i];

/** The place of every position of a view, row-major: each axis in turn adds its steps to all places so far. */
export function stridedOffsets({ shape, strides, offset }: StridedView): Int32Array {
  return shape.reduce((outer, count, d) => {
    const places = new Int32Array(outer.length * count);
    for (let i = 0; i < places.length; i++) {
      places[i] = outer[Math.floor(i / count)] + stepOf(strides[d], i % count);
    }
    return places;
  }, Int32Array.of(offset));
}

/** y[position] = x[place of position] */
export function copy<T extends Values>(view: StridedView, x: T): T {
  const places = stridedOffsets(view);
  return likewise(
    x,
    Float64Array.from(places, (place) => x[checkPlace(place, x.length)]),
  );
}

/** Values in an array of the kind of `x`. */
const likewise = <T extends Values>(x: T, values: Float64Array): T =>
  (x instanceof Int32Array ? Int32Array.from(values) : Float32Array.from(values)) as T;

/** x[place of position] += y[position] for the positions of each part, from zeros */
export function copyAdd<T extends Values>(
  views: readonly StridedView[],
  parts: readonly T[],
  size: number,
): T {
  const x = new Float64Array(size);
  views.forEach((view, part) => {
    stridedOffsets(view).forEach((place, i) => {
      x[checkPlace(place, size)] += parts[part][i];
    });
  });
  return likewise(parts[0], x);
}

function checkPlace(place: number, size: number): number {
  assert(place >= 0 && place < size, 'a view stays inside its array');
  return place;
}

/** y[p, i] = x[p, indices[p, i]] */
export function take<T extends Values>(planes: number, x: T, indices: Int32Array): T {
  const [size, count] = [x.length / planes, indices.length / planes];
  const y = (
    x instanceof Int32Array ? new Int32Array(indices.length) : new Float32Array(indices.length)
  ) as T;
  for (let i = 0; i < y.length; i++) y[i] = x[Math.floor(i / count) * size + checkIndex(indices[i], size)];
  return y;
}

/** x[p, indices[p, i]] += y[p, i], from zeros */
export function scatterAdd(
  { planes, size }: { readonly planes: number; readonly size: number },
  y: Float32Array,
  indices: Int32Array,
): Float32Array {
  const count = indices.length / planes;
  const x = new Float64Array(planes * size);
  for (let i = 0; i < y.length; i++) x[Math.floor(i / count) * size + checkIndex(indices[i], size)] += y[i];
  return new Float32Array(x);
}

function checkIndex(index: number, size: number): number {
  assert(index >= 0 && index < size, 'an index lies in its plane');
  return index;
}
