// Values by their places: single elements and blocks that indices name are read, replaced or sorted. Both readers of graphs
// have operators for it.

import {
  add,
  cast,
  concat,
  indexSelect,
  maximum,
  minimum,
  mul,
  reshape,
  ShapeError,
  sum,
  Tensor,
  UnsupportedError,
} from 'neocog';
import { floatBytes, willMake, willWork } from '../budget.ts';
import { fromStart, product, stridesOf } from '../shape.ts';
import {
  HostArray,
  isKnown,
  knownValues,
  likeTensors,
  mapHost,
  moveValues,
  toFloats,
  toTensor,
  type Value,
} from './value.ts';

/** Reads single places: `places[i]` in x for position i of a result. */
export function pick(x: Value, shape: readonly number[], places: ArrayLike<number>): Value {
  willMake(places.length);
  const cells = new Tensor(new Int32Array(places), [places.length]);
  return moveValues([x], ([t]) => reshape(indexSelect(reshape(t, [t.size]), cells, { axis: 0 }), shape));
}

/** A place along an axis, counted from its end where it is negative. */
function cellOf(what: string, index: number, size: number): number {
  const cell = fromStart(index, size);
  if (cell >= 0 && cell < size) return cell;
  throw new ShapeError(`${what}: index ${index} is outside an axis of ${size}`);
}

/** What one axis of one place takes. */
const axisSteps = 16;

/** For each index along `axis`, the place of its element in a value of this shape; its other axes follow those of `indices`. */
export function elementPlaces(
  what: string,
  shape: readonly number[],
  axis: number,
  indices: HostArray,
): number[] {
  const [from, to] = [stridesOf(indices.shape), stridesOf(shape)];
  willMake(indices.data.length, what);
  willWork(axisSteps * shape.length * indices.data.length, what);
  return Array.from(indices.data, (index, i) =>
    shape.reduce((place, size, a) => {
      const own = Math.floor(i / from[a]) % indices.shape[a];
      return place + (a === axis ? cellOf(what, index, size) : own) * to[a];
    }, 0),
  );
}

/** For each row of indices, the places of the block that it names after `batch` axes in common. */
export function blockPlaces(
  what: string,
  shape: readonly number[],
  batch: number,
  indices: HostArray,
): number[] {
  const depth = indices.shape.at(-1)!;
  const strides = stridesOf(shape);
  const inner = product(shape.slice(batch + depth));
  const rowsPerBatch = product(indices.shape.slice(batch, -1));
  const count = product(indices.shape.slice(0, -1)) * inner;
  willMake(count, what);
  willWork(axisSteps * depth * count, what);
  const batchSize = product(shape.slice(batch));
  return Array.from({ length: count }, (_, i) => {
    const row = Math.floor(i / inner);
    let place = (i % inner) + Math.floor(row / rowsPerBatch) * batchSize;
    for (let k = 0; k < depth; k++) {
      place += cellOf(what, indices.data[row * depth + k], shape[batch + k]) * strides[batch + k];
    }
    return place;
  });
}

/** Float32 counts to here without gaps. */
const mostCounted = 2 ** 24;

/**
 * The blocks of x that rows of indices name, after `batch` axes in common. Indices that a program computes must count from 0.
 *
 * @throws UnsupportedError for such with `batch`, or into more blocks than float32 counts.
 */
export function gatherBlocks(what: string, x: Value, indices: Value, batch = 0): Value {
  const depth = indices.shape.at(-1)!;
  const inner = x.shape.slice(batch + depth);
  const shape = [...indices.shape.slice(0, -1), ...inner];
  if (indices instanceof HostArray) return pick(x, shape, blockPlaces(what, x.shape, batch, indices));
  if (isKnown(indices)) {
    return gatherBlocks(what, x, new HostArray('int64', knownValues(indices), indices.shape), batch);
  }
  const blocks = product(x.shape.slice(0, depth));
  if (batch > 0 || blocks > mostCounted) {
    throw new UnsupportedError(
      `${what}: computed indices may have no batch axes, and name at most ${mostCounted} blocks`,
    );
  }
  const strides = stridesOf(x.shape.slice(0, depth));
  const numbers = sum(mul(toFloats(indices), new Tensor(Float32Array.from(strides), [depth])), { axis: -1 });
  const rows = reshape(cast(numbers, 'int32'), [product(shape.slice(0, shape.length - inner.length))]);
  return reshape(indexSelect(reshape(toTensor(x), [blocks, ...inner]), rows, { axis: 0 }), shape);
}

type Combine = readonly [
  onTensors: (a: Tensor, b: Tensor) => Tensor,
  onHost: (a: number, b: number) => number,
];

/** How an update meets what is there; null puts it in its place. */
export const combinations: Readonly<Record<string, Combine | null>> = {
  none: null,
  add: [add, (a, b) => a + b],
  mul: [mul, (a, b) => a * b],
  max: [maximum, Math.max],
  min: [minimum, Math.min],
};

function combined(a: Value, b: Value, [onTensors, onHost]: Combine): Value {
  if (a instanceof HostArray && b instanceof HostArray) {
    return mapHost(a.dtype, [a, b], (x, y) => onHost(x, y));
  }
  const [s, t] = likeTensors([a, b]);
  return onTensors(s, t);
}

interface Updates {
  readonly places: readonly number[];
  /** One value for each place, in a row. */
  readonly values: Value;
}

const picked = (values: Value, positions: readonly number[]): Value =>
  pick(values, [positions.length], positions);

const joined = (values: readonly Value[]): Value =>
  moveValues(values, (tensors) =>
    concat(
      tensors.map((t) => reshape(t, [t.size])),
      { axis: 0 },
    ),
  );

/** One update for each place. Each round combines pairs, so that a place with n updates takes log₂ n rounds of half the size. */
function combineRepeated({ places, values }: Updates, combine: Combine): Updates {
  willWork(roundSteps * places.length);
  const single = new Map<number, number>();
  const [left, right]: [number[], number[]] = [[], []];
  places.forEach((place, i) => {
    const other = single.get(place);
    if (other === undefined) single.set(place, i);
    else {
      left.push(other);
      right.push(i);
      single.delete(place);
    }
  });
  if (right.length === 0) return { places, values };
  const alone = [...single.values()];
  const both = combined(picked(values, left), picked(values, right), combine);
  const rest = {
    places: [...left, ...alone].map((i) => places[i]),
    values: joined([both, picked(values, alone)]),
  };
  return combineRepeated(rest, combine);
}

/** Looking up a place among others. */
const roundSteps = 200;

/** x with updates at places. Updates of one place are combined with each other and with x; without `combine` the last one stays. */
export function scatter(x: Value, updates: Updates, combine: Combine | null = null): Value {
  if (updates.places.length === 0) return x;
  const size = product(x.shape);
  willMake(size, 'it', floatBytes);
  const { places, values } = combine ? combineRepeated(updates, combine) : updates;
  const changed = combine ? combined(picked(x, places), picked(values, [...places.keys()]), combine) : values;
  const cells = new Int32Array(size);
  for (let i = 0; i < size; i++) cells[i] = i;
  places.forEach((place, i) => {
    cells[place] = size + i;
  });
  return pick(joined([x, changed]), x.shape, cells);
}

/** Where values are not zero, in their order. */
export function placesOf(data: Float64Array): number[] {
  willMake(data.length);
  const places: number[] = [];
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) places.push(i);
  return places;
}

/** For each axis, its index of every value that is not zero. */
export function placesByAxis({ data, shape }: HostArray): { count: number; columns: number[][] } {
  const places = placesOf(data);
  const strides = stridesOf(shape);
  willMake(shape.length * places.length, 'it', 16);
  const columns = shape.map((size, d) => places.map((place) => Math.floor(place / strides[d]) % size));
  return { count: places.length, columns };
}
