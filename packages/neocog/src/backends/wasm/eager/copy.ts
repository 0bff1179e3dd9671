// Copies of grids of places, and their adjoint. Plain loops on the JavaScript heap: to copy values into WebAssembly
// memory and out again would move them twice more than the copy itself.

import { assert } from '../../../errors.ts';
import type { Values } from '../../work.ts';
import type { StridedView } from '../../workParts.ts';

/** Places in the order of positions: for each of `outer`, `outer[i] + inner[j]` for j below `count`. */
interface Places {
  readonly outer: Int32Array;
  /** Null for a run, which is 0, 1, 2, … */
  readonly inner: Int32Array | null;
  readonly count: number;
}

/** A run of fewer values is copied faster one by one. */
const shortestRun = 8;
/** From this length on it pays to find out whether runs are apart. */
const longRun = 512;
/** A table of so many places stays in the first cache; splitting there keeps both tables small. */
const innerPlaces = 1024;

/** y[position] = x at its place; see `CopyWork`. */
export function copy<T extends Values>(view: StridedView, x: T): T {
  const { outer, inner, count: n } = placesOf(view, x.length);
  const y = valuesLike(x, outer.length * n);
  for (let i = 0, at = 0; i < outer.length; i++) {
    const from = outer[i];
    if (!inner) {
      y.set(x.subarray(from, from + n), at);
      at += n;
    } else for (let j = 0; j < n; j++) y[at++] = x[from + inner[j]];
  }
  return y;
}

/** x at each place += y[position]; see `CopyAddWork`. */
export function copyAdd<T extends Values>(
  views: readonly StridedView[],
  parts: readonly T[],
  size: number,
): T {
  const x = valuesLike(parts[0], size);
  const places = views.map((view) => placesOf(view, size));
  const put = areApart(places) ? setAt : addAt;
  parts.forEach((values, i) => put(places[i], values, x));
  return x;
}

/** Are all parts long runs, none of which touches another? Then copying is adding, and four times as fast. */
function areApart(places: readonly Places[]): boolean {
  if (!places.every(({ inner, count }) => !inner && count >= longRun)) return false;
  const runs = places.flatMap(({ outer, count }) =>
    Array.from(outer, (start) => ({ start, end: start + count })),
  );
  runs.sort((a, b) => a.start - b.start);
  return runs.every(({ start }, i) => i === 0 || runs[i - 1].end <= start);
}

function setAt({ outer, count }: Places, y: Values, x: Values): void {
  outer.forEach((to, i) => void x.set(y.subarray(i * count, (i + 1) * count), to));
}

function addAt({ outer, inner, count: n }: Places, y: Values, x: Values): void {
  for (let i = 0, at = 0; i < outer.length; i++) {
    const to = outer[i];
    if (!inner) for (let j = to; j < to + n; j++) x[j] += y[at++];
    else for (let j = 0; j < n; j++) x[to + inner[j]] += y[at++];
  }
}

/** Zeros of the same kind of array. */
const valuesLike = <T extends Values>(x: T, size: number): T =>
  // The kind is that of x.
  (x instanceof Int32Array ? new Int32Array(size) : new Float32Array(size)) as T;

function placesOf({ shape, strides, offset }: StridedView, size: number): Places {
  const dense = denseTail(shape, strides);
  const run = dense.size >= shortestRun;
  const split = run ? dense.start : smallTail(shape);
  const outer = sumsOf(offset, shape.slice(0, split), strides.slice(0, split));
  const inner = run ? null : sumsOf(0, shape.slice(split), strides.slice(split));
  const count = inner ? inner.length : dense.size;
  assertInside({ outer, inner, count }, size);
  return { outer, inner, count };
}

/** The last axes whose positions lie one after another. A table may move even an axis of one position. */
function denseTail(
  shape: readonly number[],
  strides: StridedView['strides'],
): { start: number; size: number } {
  let [start, size] = [shape.length, 1];
  const goesOn = (d: number): boolean =>
    strides[d] === size || (shape[d] === 1 && typeof strides[d] === 'number');
  while (start > 0 && goesOn(start - 1)) size *= shape[--start];
  return { start, size };
}

/** Where the last axes of at most `innerPlaces` positions start, and at least one axis. */
function smallTail(shape: readonly number[]): number {
  let start = Math.max(0, shape.length - 1);
  for (let n = shape[start] ?? 1; start > 0; start--) {
    n *= shape[start - 1];
    if (n > innerPlaces) break;
  }
  return start;
}

/** Each axis in turn adds its steps to all places so far. */
function sumsOf(offset: number, shape: readonly number[], strides: StridedView['strides']): Int32Array {
  let places = Int32Array.of(offset);
  shape.forEach((count, d) => {
    const stride = strides[d];
    const next = new Int32Array(places.length * count);
    let at = 0;
    for (const place of places) {
      for (let i = 0; i < count; i++)
        next[at++] = place + (typeof stride === 'number' ? i * stride : stride[i]);
    }
    places = next;
  });
  return places;
}

function assertInside({ outer, inner, count }: Places, size: number): void {
  if (outer.length * count === 0) return;
  const least = (places: Int32Array): number => places.reduce((a, b) => Math.min(a, b));
  const most = (places: Int32Array): number => places.reduce((a, b) => Math.max(a, b));
  const [from, to] = inner ? [least(inner), most(inner)] : [0, count - 1];
  assert(least(outer) + from >= 0 && most(outer) + to < size, 'a view stays inside its array');
}
