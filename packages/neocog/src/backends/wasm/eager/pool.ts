// The pooling families.

import { formatPool } from '../../../geometry/text.ts';
import type { PoolGeometry } from '../../../geometry/types.ts';
import { product } from '../../../geometry/window.ts';
import { carryOut } from './routine.ts';

const sizeOf = (g: PoolGeometry, side: 'input' | 'output'): number =>
  g.batch * g.channels * product(g.axes.map((axis) => axis[side]));

/** See `Backend.maxPool`. */
export function maxPool(
  geometry: PoolGeometry,
  x: Float32Array,
): { output: Float32Array; indices: Int32Array } {
  const size = sizeOf(geometry, 'output');
  if (size === 0) return { output: new Float32Array(0), indices: new Int32Array(0) };
  const [output, indices] = carryOut(`maxPool ${formatPool(geometry)}`, [x], (inputs, value) => ({
    op: 'maxPool',
    geometry,
    inputs,
    outputs: [value(size), value(size, 'int32')],
    label: '',
  }));
  return { output: output as Float32Array, indices: indices as Int32Array };
}

const summing =
  (op: 'sumPool' | 'sumPoolGrad', side: 'input' | 'output') =>
  (geometry: PoolGeometry, values: Float32Array, scale: Float32Array): Float32Array => {
    const size = sizeOf(geometry, side);
    if (size === 0) return new Float32Array(0);
    const [result] = carryOut(`${op} ${formatPool(geometry)}`, [values, scale], (inputs, value) => ({
      op,
      geometry,
      inputs,
      outputs: [value(size)],
      label: '',
    }));
    return result as Float32Array;
  };

/** See `Backend.sumPool`. */
export const sumPool = summing('sumPool', 'output');

/** See `Backend.sumPoolGrad`. */
export const sumPoolGrad = summing('sumPoolGrad', 'input');
