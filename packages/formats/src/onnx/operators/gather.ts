// Operators that read single places or rows of a value.

import { cast, indexSelect, reshape } from 'neocog';
import { isKnown, moveValues, toTensor, type Value } from '../../graph/value.ts';
import type { Operator } from '../node.ts';
import { axisOf, product, settle, simple } from './common.ts';

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

/** Reads single places: `place(position)` is a place in x for each position of a result. */
function pick(x: Value, shape: readonly number[], place: (position: number) => number): Value {
  const cells = Array.from({ length: product(shape) }, (_, i) => place(i));
  return moveValues([x], ([t]) => reshape(indexSelect(reshape(t, [t.size]), cells, { axis: 0 }), shape));
}

const stridesOf = (shape: readonly number[]): number[] => shape.map((_, d) => product(shape.slice(d + 1)));

const gatherElements = simple(
  'GatherElements',
  (node) => {
    const axis = node.int('axis', 0);
    return (inputs) => {
      const [x, given] = settle(inputs);
      const indices = node.read(given);
      const d = axisOf(node, axis, x.shape.length);
      const [from, to] = [stridesOf(indices.shape), stridesOf(x.shape)];
      return pick(x, indices.shape, (i) =>
        x.shape.reduce((place, _, a) => {
          const own = Math.floor(i / from[a]) % indices.shape[a];
          const cell = a !== d ? own : indices.data[i] < 0 ? indices.data[i] + x.shape[d] : indices.data[i];
          return place + cell * to[a];
        }, 0),
      );
    };
  },
  'indices known on the host',
);

const gatherND = simple(
  'GatherND',
  (node) => {
    const batch = node.int('batch_dims', 0);
    return (inputs) => {
      const [x, given] = settle(inputs);
      const indices = node.read(given);
      const depth = indices.shape.at(-1)!;
      const strides = stridesOf(x.shape);
      const inner = product(x.shape.slice(batch + depth));
      const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(batch + depth)];
      const rowsPerBatch = product(indices.shape.slice(batch, -1));
      return pick(x, shape, (i) => {
        const row = Math.floor(i / inner);
        let place = (i % inner) + Math.floor(row / rowsPerBatch) * product(x.shape.slice(batch));
        for (let k = 0; k < depth; k++) {
          const cell = indices.data[row * depth + k];
          place += (cell < 0 ? cell + x.shape[batch + k] : cell) * strides[batch + k];
        }
        return place;
      });
    };
  },
  'indices known on the host',
);

export const gatherOperators: readonly Operator[] = [gather, gatherElements, gatherND];
