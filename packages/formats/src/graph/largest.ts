// The largest or least values along an axis, and where they are: TopK. On the host.

import { FormatError } from 'neocog';
import { willMake, willWork } from '../budget.ts';
import { product } from '../shape.ts';
import { HostArray, int64s, toFloats, typeOf, type Value, type ValueKind } from './value.ts';

/** What `largestOf` gives; undefined for an axis that is not there. */
export function kindsOfLargest(x: Value, axis: number, k: number): ValueKind[] | undefined {
  if (!(axis >= 0 && axis < x.shape.length)) return undefined;
  const shape = x.shape.with(axis, k);
  return [
    { shape, type: typeOf(x) ?? 'int64' },
    { shape, type: 'int64' },
  ];
}

/** The k largest or least values along an axis, in order, and their places; equal ones in the order of their places. */
export function largestOf(x: HostArray, axis: number, k: number, largest: boolean): [Value, HostArray] {
  const inner = product(x.shape.slice(axis + 1));
  const length = x.shape[axis];
  if (!(Number.isInteger(k) && k >= 0 && k <= length)) {
    throw new FormatError(`it asks for the ${k} largest of ${length} values`);
  }
  const shape = x.shape.with(axis, k);
  const size = product(shape);
  willMake(size, 'it', 16);
  // Sorting compares each value about as often as its number has digits.
  willWork(32 * x.data.length * Math.ceil(Math.log2(length + 1)));
  const [values, places] = [new Float64Array(size), new Float64Array(size)];
  for (let row = 0; row < size / k; row++) {
    const [outer, offset] = [Math.floor(row / inner), row % inner];
    const own = rowOf(x.data, outer * length * inner + offset, { length, step: inner });
    const found = isFew(k, length) ? firstPlaces(own, k, largest) : sortedPlaces(own, largest);
    for (let i = 0; i < k; i++) {
      const to = (outer * k + i) * inner + offset;
      values[to] = own[found[i]];
      places[to] = found[i];
    }
  }
  const host = new HostArray(x.dtype, values, shape);
  return [x.dtype === 'float32' ? toFloats(host) : host, int64s(places, shape)];
}

function rowOf(
  data: Float64Array,
  start: number,
  { length, step }: { readonly length: number; readonly step: number },
): Float64Array {
  if (step === 1) return data.subarray(start, start + length);
  return Float64Array.from({ length }, (_, i) => data[start + i * step]);
}

/** Below 0 where a comes first in rising order; NaN is above all, as in PyTorch. Equal infinities have no difference. */
const compare = (a: number, b: number): number =>
  Number(Number.isNaN(a)) - Number(Number.isNaN(b)) || a - b || 0;

const orderOf = (largest: boolean) => (largest ? (a: number, b: number) => compare(b, a) : compare);

/** Sorting is stable. */
function sortedPlaces(row: Float64Array, largest: boolean): Uint32Array {
  const order = orderOf(largest);
  return Uint32Array.from(row.keys()).sort((i, j) => order(row[i], row[j]));
}

/** Whether few enough are wanted to be kept in order while the row is walked. */
const isFew = (k: number, length: number): boolean => k > 0 && k <= 256 && 4 * k <= length;

/** The first k places in order: most values are no better than the last of those so far. */
function firstPlaces(row: Float64Array, k: number, largest: boolean): Uint32Array {
  const order = orderOf(largest);
  const found = new Uint32Array(k);
  let count = 0;
  for (let i = 0; i < row.length; i++) {
    const last = row[found[k - 1]];
    if (count === k && (largest ? row[i] <= last : row[i] >= last)) continue;
    const at = placeFor(i, { row, found, count, order });
    if (at === k) continue;
    found.copyWithin(at + 1, at, k - 1);
    found[at] = i;
    count = Math.min(count + 1, k);
  }
  return found;
}

interface Kept {
  readonly row: Float64Array;
  readonly found: Uint32Array;
  readonly count: number;
  readonly order: (a: number, b: number) => number;
}

/** Behind all that come before the value, or are equal to it. */
function placeFor(i: number, { row, found, count, order }: Kept): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(row[found[middle]], row[i]) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
