// Operators that read or replace single places or rows of a value.

import { cast, gather as gatherCells, indexSelect, scatter as scatterCells, type Tensor } from 'neocog';
import {
  blockPlaces,
  combinations,
  elementPlaces,
  gatherBlocks,
  pick,
  placesByAxis,
  placesOf,
  scatter,
} from '../../graph/places.ts';
import { int64s, isKnown, likeTensors, moveValues, toTensor, type Value } from '../../graph/value.ts';
import type { OnnxNode, Operator } from '../node.ts';
import { axisOf, settle, simple } from './common.ts';

/** Indices that a program computes. */
const wholes = (indices: Value): Tensor => cast(toTensor(indices), 'int32');

const gather = simple('Gather', (node) => {
  const axis = node.int('axis', 0);
  return (inputs) => {
    const [x, indices] = settle(inputs);
    const d = axisOf(node, axis, x.shape.length);
    if (!isKnown(indices)) return indexSelect(toTensor(x), wholes(indices), { axis: d });
    const cells = toTensor(node.read(indices));
    return moveValues([x], ([t]) => indexSelect(t, cast(cells, 'int32'), { axis: d }));
  };
});

const gatherElements = simple('GatherElements', (node) => {
  const axis = node.int('axis', 0);
  return (inputs) => {
    const [x, indices] = settle(inputs);
    const d = axisOf(node, axis, x.shape.length);
    if (!isKnown(indices)) return gatherCells(toTensor(x), wholes(indices), { axis: d });
    const cells = node.read(indices);
    return pick(x, cells.shape, elementPlaces(`${node}`, x.shape, d, cells));
  };
});

const gatherND = simple(
  'GatherND',
  (node) => {
    const batch = node.int('batch_dims', 0);
    return (inputs) => {
      const [x, indices] = settle(inputs);
      return gatherBlocks(`${node}`, x, indices, batch);
    };
  },
  'computed indices with batch_dims on the host',
);

const combinationOf = (node: OnnxNode) => node.choice('reduction', 'none', combinations);

/** Before opset 11 its name was Scatter. */
const scatterElements = (name: string): Operator =>
  simple(
    name,
    (node) => {
      const [axis, combine] = [node.int('axis', 0), combinationOf(node)];
      const reduction = node.text('reduction', 'none');
      return (inputs) => {
        const [x, given, updates] = settle(inputs);
        const d = axisOf(node, axis, x.shape.length);
        if (!isKnown(given) && (reduction === 'none' || reduction === 'add')) {
          const [t, values] = likeTensors([x, updates]);
          return scatterCells(t, wholes(given), values, { axis: d, reduction });
        }
        const places = elementPlaces(`${node}`, x.shape, d, node.read(given));
        return scatter(x, { places, values: updates }, combine);
      };
    },
    'computed indices with a reduction other than add on the host',
  );

const scatterND = simple(
  'ScatterND',
  (node) => {
    const combine = combinationOf(node);
    return (inputs) => {
      const [x, given, updates] = settle(inputs);
      const places = blockPlaces(`${node}`, x.shape, 0, node.read(given));
      return scatter(x, { places, values: updates }, combine);
    };
  },
  'computed indices on the host',
);

const compress = simple(
  'Compress',
  (node) => (inputs) => {
    const [x, condition] = settle(inputs);
    const kept = placesOf(node.read(condition).data);
    if (!node.has('axis')) return pick(x, [kept.length], kept);
    const axis = axisOf(node, node.int('axis', 0), x.shape.length);
    return moveValues([x], ([t]) => indexSelect(t, kept, { axis }));
  },
  'a computed condition on the host',
);

/** A row for each axis, a column for each value that is not zero. */
const nonZero = simple(
  'NonZero',
  (node) => (inputs) => {
    const { count, columns } = placesByAxis(node.read(settle(inputs)[0]));
    return int64s(columns.flat(), [columns.length, count]);
  },
  'on the host',
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
