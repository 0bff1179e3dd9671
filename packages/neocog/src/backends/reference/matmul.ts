// Matrix products by the definition, row by row, in float64.

import { assert } from '../../errors.ts';
import type { MatmulShape } from '../workParts.ts';

/** c[i, j] = Σ over l of a[i, l] · b[l, j], for each pair of the batch. */
export function matmul(shape: MatmulShape, a: Float32Array, b: Float32Array): Float64Array {
  const { batch, m, k, n } = shape;
  assert(a.length === batch * m * k && b.length === batch * k * n, 'matrices have the sizes that are stated');
  const [aRow, aColumn] = shape.transposeA ? [1, m] : [k, 1];
  const [bRow, bColumn] = shape.transposeB ? [1, k] : [n, 1];
  const c = new Float64Array(batch * m * n);
  for (let p = 0; p < batch; p++) {
    for (let i = 0; i < m; i++) {
      const row = c.subarray((p * m + i) * n, (p * m + i + 1) * n);
      for (let l = 0; l < k; l++) {
        const left = a[p * m * k + i * aRow + l * aColumn];
        const start = p * k * n + l * bRow;
        for (let j = 0; j < n; j++) row[j] += left * b[start + j * bColumn];
      }
    }
  }
  return c;
}
