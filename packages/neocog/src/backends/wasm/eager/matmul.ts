// Products of matrices.

import type { MatmulShape } from '../../backend.ts';
import { carryOut } from './routine.ts';

/** See `Backend.matmul`. */
export function matmul(shape: MatmulShape, a: Float32Array, b: Float32Array): Float32Array {
  const { batch, m, k, n, transposeA, transposeB } = shape;
  if (batch * m * k * n === 0) return new Float32Array(batch * m * n);
  const key = `matmul ${batch} ${m} ${k} ${n} ${transposeA} ${transposeB}`;
  const [result] = carryOut(key, [a, b], (inputs, value) => ({
    op: 'matmul',
    shape,
    inputs,
    outputs: [value(batch * m * n)],
    label: '',
  }));
  return result as Float32Array;
}
