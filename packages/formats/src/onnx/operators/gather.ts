// Operators that read or replace single places or rows of a value.

import { cast, indexSelect } from 'neocog';
import { willMake } from '../../budget.ts';
import {
  blockPlaces,
  combinations,
  elementPlaces,
  gatherBlocks,
  pick,
  scatter,
  stridesOf,
} from '../../graph/places.ts';
import { int64s, isKnown, moveValues, toTensor } from '../../graph/value.ts';
import type { OnnxNode, Operator } from '../node.ts';
import { axisOf, settle, simple } from './common.ts';

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
        elementPlaces(`${node}`, x.shape, axisOf(node, axis, x.shape.length), indices),
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
      const [x, indices] = settle(inputs);
      return gatherBlocks(`${node}`, x, indices, batch);
    };
  },
  'with batch_dims indices known on the host',
);

function combinationOf(node: OnnxNode): (typeof combinations)[string] {
  const name = node.text('reduction', 'none');
  return Object.hasOwn(combinations, name) ? combinations[name] : node.refuse(`reduction is ${name}`);
}

/** Before opset 11 its name was Scatter. */
const scatterElements = (name: string): Operator =>
  simple(
    name,
    (node) => {
      const [axis, combine] = [node.int('axis', 0), combinationOf(node)];
      return (inputs) => {
        const [x, given, updates] = settle(inputs);
        const d = axisOf(node, axis, x.shape.length);
        return scatter(x, elementPlaces(`${node}`, x.shape, d, node.read(given)), updates, combine);
      };
    },
    known,
  );

const scatterND = simple(
  'ScatterND',
  (node) => {
    const combine = combinationOf(node);
    return (inputs) => {
      const [x, given, updates] = settle(inputs);
      return scatter(x, blockPlaces(`${node}`, x.shape, 0, node.read(given)), updates, combine);
    };
  },
  known,
);

/** Where values are other than 0. */
function placesOf(data: Float64Array): number[] {
  willMake(data.length);
  const places: number[] = [];
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) places.push(i);
  return places;
}

const compress = simple(
  'Compress',
  (node) => (inputs) => {
    const [x, condition] = settle(inputs);
    const kept = placesOf(node.read(condition).data);
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
    const places = placesOf(data);
    const strides = stridesOf(shape);
    willMake(shape.length * places.length, String(node), 16);
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
