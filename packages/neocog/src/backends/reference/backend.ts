// The reference backend: every kernel family in the plainest form there is. It defines what the others must
// compute, and judges them. Not meant to be fast; it runs wherever JavaScript runs.

import { formatConv } from '../../geometry/text.ts';
import type { ConvGeometry } from '../../geometry/types.ts';
import type { Backend, Explanation } from '../backend.ts';
import { truncate } from '../truncate.ts';
import { conv, convInputGrad, convWeightGrad } from './conv.ts';
import { fused } from './fused.ts';
import { matmul } from './matmul.ts';
import { copy, copyAdd, scatterAdd, take } from './move.ts';
import { maxPool, sumPool, sumPoolGrad } from './pool.ts';

export const referenceBackend: Backend = Object.freeze({
  name: 'reference',
  conv,
  convInputGrad,
  convWeightGrad,
  maxPool,
  sumPool,
  sumPoolGrad,
  take,
  scatterAdd,
  matmul,
  fused,
  truncate,
  copy,
  copyAdd,
  explainConv: (g: ConvGeometry): Explanation => ({
    geometry: formatConv(g),
    candidates: [{ name: 'plain loops', cost: null, refusal: null }],
    chosen: 'plain loops: float64 sums, rounded once to float32',
    listing: '',
  }),
});
