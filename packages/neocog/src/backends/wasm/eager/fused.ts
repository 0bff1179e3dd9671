// Fused loops.

import { assert } from '../../../errors.ts';
import type { FusedLoop, Values } from '../../backend.ts';
import { map, stepsOfMap } from './map.ts';
import { carryOut } from './routine.ts';

/** See `Backend.fused`. */
export function fused(loop: FusedLoop, inputs: readonly Values[]): Float32Array {
  const size = loop.shape.reduce((cells, n, d) => (loop.reduced[d] ? cells : cells * n), 1);
  if (loop.shape.includes(0)) {
    assert(size === 0 || loop.combine !== 'max', 'the largest of no values');
    return new Float32Array(size).fill(loop.combine === 'mean' ? Number.NaN : 0);
  }
  const steps = stepsOfMap(loop);
  if (steps) return map(loop.expr, size, steps, inputs);
  // An array that is given twice is copied once.
  const distinct = [...new Set(inputs)];
  const order = inputs.map((values) => distinct.indexOf(values));
  const key = `${loopKey(loop)} ${order} ${distinct.map(arrayKey)}`;
  const [result] = carryOut(key, distinct, (values, output) => ({
    op: 'fused',
    loop,
    inputs: order.map((i) => values[i]),
    outputs: [output(size)],
    label: '',
  }));
  return result as Float32Array;
}

const loopKey = ({ expr, shape, strides, reduced, combine }: FusedLoop): string =>
  `${combine} f${expr.id} ${shape} ${strides.join(';')} ${reduced.map(Number)}`;

const arrayKey = (values: Values): string =>
  `${values instanceof Int32Array ? 'int32 ' : ''}${values.length}`;
