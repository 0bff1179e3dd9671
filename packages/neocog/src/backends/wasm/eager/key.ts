// What an eager computation is remembered by.

import { formatConv, formatPool } from '../../../geometry/text.ts';
import type { FusedLoop, StridedView, Values, Work } from '../../work.ts';

/** States everything that the code of a computation depends on, if input i is `arrays[order[i]]`; each of its own unless stated. */
export function keyOf(work: Work, arrays: readonly Values[], order?: readonly number[]): string {
  // Of all others the geometry says how long arrays are.
  const ofLoop = 'loop' in work ? ` ${arrays.map(arrayKey)}` : '';
  return `${workKey(work)}${ofLoop}${order ? ` ${order}` : ''}`;
}

const arrayKey = (values: Values): string =>
  `${values instanceof Int32Array ? 'int32 ' : ''}${values.length}`;

function workKey(work: Work): string {
  switch (work.op) {
    case 'conv':
    case 'inputGrad': {
      const { formula, extras } = work.finish;
      const end = formula ? ` then f${formula.id} ${extras}` : '';
      return `${work.op}${work.bias ? ' bias' : ''} ${formatConv(work.geometry)}${end}`;
    }
    case 'weightGrad':
      return `${work.op} ${formatConv(work.geometry)}`;
    case 'maxPool':
    case 'sumPool':
    case 'sumPoolGrad':
      return `${work.op} ${formatPool(work.geometry)}`;
    case 'take':
      return `take ${work.planes}`;
    case 'scatterAdd':
      return `scatterAdd ${work.planes} ${work.size}`;
    case 'matmul': {
      const { batch, m, k, n, transposeA, transposeB } = work.shape;
      return `matmul ${batch} ${m} ${k} ${n} ${transposeA} ${transposeB}`;
    }
    case 'fused':
      return `fused f${work.loop.expr.id} ${loopKey(work.loop)}`;
    case 'fusedMany':
      return `fused ${work.exprs.map(({ id }) => `f${id}`)} ${loopKey(work.loop)}`;
    case 'copy':
      return `copy ${viewKey(work.view)}`;
    case 'copyAdd':
      return `copyAdd ${work.size} ${work.views.map(viewKey)}`;
    case 'truncate':
      return 'truncate';
    default:
      return work satisfies never;
  }
}

const loopKey = ({ shape, strides, reduced, combine }: FusedLoop): string =>
  `${combine} ${shape} ${strides.join(';')} ${reduced.map(Number)}`;

const viewKey = ({ shape, strides, offset }: StridedView): string =>
  `${shape}:${strides.map((step) => `(${step})`)}:${offset}`;
