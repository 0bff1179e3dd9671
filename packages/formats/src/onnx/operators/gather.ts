// Operators that read or replace single places or rows of a value.

import { add, cast, concat, indexSelect, maximum, minimum, mul, reshape, ShapeError } from 'neocog';
import { type HostArray, int64s, isKnown, moveValues, toTensor, type Value } from '../../graph/value.ts';
import type { OnnxNode, Operator } from '../node.ts';
import { axisOf, type Binary, elementwise, product, settle, simple } from './common.ts';

const gather = simple('Gather', (node) => {
  const axis = node.int('axis', 0);
  return (inputs) => {
    const [x, indices] = settle(inputs);
    const d = axisOf(node, axis, x.shape.length);
    if (!isKnown(indices)) return indexSelect(toTensor(x), cast(toTensor(indices), 'int32'), { axis: d });
    const cells = toTensor(node.read(indices));
    return moveValues([x], ([t]) => indexSelect(t, cast(cells, 'int32'), { axis: d }));
  };
});

/** Reads single places: `places[i]` in x for position i of a result. */
function pick(x: Value, shape: readonly number[], places: ArrayLike<number>): Value {
  const cells = Array.from(places);
  return moveValues([x], ([t]) => reshape(indexSelect(reshape(t, [t.size]), cells, { axis: 0 }), shape));
}

const stridesOf = (shape: readonly number[]): number[] => shape.map((_, d) => product(shape.slice(d + 1)));

/** A place along an axis, counted from its end where it is negative. */
function cellOf(node: OnnxNode, index: number, size: number): number {
  const cell = index < 0 ? index + size : index;
  if (cell >= 0 && cell < size) return cell;
  throw new ShapeError(`${node}: index ${index} is outside an axis of ${size}`);
}

/** For each index, its place in a value of this shape: as GatherElements and ScatterElements count. */
function elementPlaces(node: OnnxNode, shape: readonly number[], axis: number, indices: HostArray): number[] {
  const [from, to] = [stridesOf(indices.shape), stridesOf(shape)];
  return Array.from(indices.data, (index, i) =>
    shape.reduce((place, size, a) => {
      const own = Math.floor(i / from[a]) % indices.shape[a];
      return place + (a === axis ? cellOf(node, index, size) : own) * to[a];
    }, 0),
  );
}

/** For each row of indices, the places of the block that it names: as GatherND and ScatterND count. */
function blockPlaces(node: OnnxNode, shape: readonly number[], batch: number, indices: HostArray): number[] {
  const depth = indices.shape.at(-1)!;
  const strides = stridesOf(shape);
  const inner = product(shape.slice(batch + depth));
  const rowsPerBatch = product(indices.shape.slice(batch, -1));
  return Array.from({ length: product(indices.shape.slice(0, -1)) * inner }, (_, i) => {
    const row = Math.floor(i / inner);
    let place = (i % inner) + Math.floor(row / rowsPerBatch) * product(shape.slice(batch));
    for (let k = 0; k < depth; k++) {
      place += cellOf(node, indices.data[row * depth + k], shape[batch + k]) * strides[batch + k];
    }
    return place;
  });
}

const known = 'indices known on the host';

const gatherElements = simple(
  'GatherElements',
  (node) => {
    const axis = node.int('axis', 0);
    return (inputs) => {
      const [x, given] = settle(inputs);
      const indices = node.read(given);
      return pick(
        x,
        indices.shape,
        elementPlaces(node, x.shape, axisOf(node, axis, x.shape.length), indices),
      );
    };
  },
  known,
);

const gatherND = simple(
  'GatherND',
  (node) => {
    const batch = node.int('batch_dims', 0);
    return (inputs) => {
      const [x, given] = settle(inputs);
      const indices = node.read(given);
      const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(batch + indices.shape.at(-1)!)];
      return pick(x, shape, blockPlaces(node, x.shape, batch, indices));
    };
  },
  known,
);

type Combine = readonly [onTensors: Binary, onHost: (a: number, b: number) => number];

const reductions: Readonly<Record<string, Combine | null>> = {
  none: null,
  add: [add as Binary, (a, b) => a + b],
  mul: [mul as Binary, (a, b) => a * b],
  max: [maximum as Binary, Math.max],
  min: [minimum as Binary, Math.min],
};

function reductionOf(node: OnnxNode): Combine | null {
  const name = node.text('reduction', 'none');
  return Object.hasOwn(reductions, name) ? reductions[name] : node.refuse(`reduction is ${name}`);
}

/** x with updates at places. Where a place occurs again, it is combined in the next round; without `combine` the last one stays. */
function scatter(x: Value, places: readonly number[], updates: Value, combine: Combine | null): Value {
  const seen = new Map<number, number>();
  const rounds: number[][] = [];
  places.forEach((place, i) => {
    const round = combine ? (seen.get(place) ?? 0) : 0;
    seen.set(place, round + 1);
    rounds[round] ??= [];
    rounds[round].push(i);
  });
  const size = product(x.shape);
  return rounds.reduce((value, round) => {
    const cells = Int32Array.from({ length: size }, (_, i) => i);
    round.forEach((update, i) => {
      cells[places[update]] = size + i;
    });
    const fresh = pick(updates, [round.length], round);
    const old = pick(
      value,
      [round.length],
      round.map((i) => places[i]),
    );
    const changed = combine ? elementwise([old, fresh], ([a, b]) => combine[0](a, b), combine[1]) : fresh;
    const both = moveValues([value, changed], ([t, u]) => concat([reshape(t, [t.size]), u], { axis: 0 }));
    return pick(both, x.shape, cells);
  }, x);
}

/** Before opset 11 its name was Scatter. */
const scatterElements = (name: string): Operator =>
  simple(
    name,
    (node) => {
      const [axis, combine] = [node.int('axis', 0), reductionOf(node)];
      return (inputs) => {
        const [x, given, updates] = settle(inputs);
        const d = axisOf(node, axis, x.shape.length);
        return scatter(x, elementPlaces(node, x.shape, d, node.read(given)), updates, combine);
      };
    },
    known,
  );

const scatterND = simple(
  'ScatterND',
  (node) => {
    const combine = reductionOf(node);
    return (inputs) => {
      const [x, given, updates] = settle(inputs);
      return scatter(x, blockPlaces(node, x.shape, 0, node.read(given)), updates, combine);
    };
  },
  known,
);

const compress = simple(
  'Compress',
  (node) => (inputs) => {
    const [x, condition] = settle(inputs);
    const kept = [...node.read(condition).data.entries()].filter(([, v]) => v !== 0).map(([i]) => i);
    if (!node.has('axis')) return pick(x, [kept.length], kept);
    const axis = axisOf(node, node.int('axis', 0), x.shape.length);
    return moveValues([x], ([t]) => indexSelect(t, kept, { axis }));
  },
  'condition known on the host',
);

/** A row for each axis, a column for each value that is not zero. */
const nonZero = simple(
  'NonZero',
  (node) => (inputs) => {
    const { data, shape } = node.read(settle(inputs)[0]);
    const places = [...data.keys()].filter((i) => data[i] !== 0);
    const strides = stridesOf(shape);
    const rows = shape.map((size, d) => places.map((place) => Math.floor(place / strides[d]) % size));
    return int64s(rows.flat(), [shape.length, places.length]);
  },
  'on the host only',
);

export const gatherOperators: readonly Operator[] = [
  gather,
  gatherElements,
  gatherND,
  scatterElements('ScatterElements'),
  scatterElements('Scatter'),
  scatterND,
  compress,
  nonZero,
];
