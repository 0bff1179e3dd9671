// The reference backend: every computation in the plainest form there is. It defines what the others must compute, and
// judges them. Not meant to be fast; it runs wherever JavaScript runs.

import { inputShape, outputShape } from '../../geometry/conv.ts';
import { formatConv } from '../../geometry/text.ts';
import type { Backend, Explanation } from '../backend.ts';
import { truncate } from '../truncate.ts';
import type { ConvWork, Values, Whole, Work } from '../work.ts';
import type { FusedLoop } from '../workParts.ts';
import { conv, convInputGrad, convWeightGrad } from './conv.ts';
import { fused } from './fused.ts';
import { matmul } from './matmul.ts';
import { copy, copyAdd, scatterAdd, take } from './move.ts';
import { maxPool, sumPool, sumPoolGrad } from './pool.ts';

export const referenceBackend: Backend = Object.freeze({
  name: 'reference',
  run,
  explain: ({ geometry }): Explanation => ({
    geometry: formatConv(geometry),
    candidates: [{ name: 'plain loops', cost: null, refusal: null }],
    chosen: 'plain loops: float64 sums, rounded once to float32',
    listing: '',
  }),
} satisfies Backend);

function run(work: Work, inputs: readonly Values[]): Values[] {
  const floats = inputs as readonly Float32Array[];
  const [a, b] = floats;
  switch (work.op) {
    case 'conv':
    case 'inputGrad':
      return [finishedConv(work, floats)];
    case 'weightGrad':
      return [convWeightGrad(work.geometry, a, b)];
    case 'maxPool': {
      const { output, indices } = maxPool(work.geometry, a);
      return [output, indices];
    }
    case 'sumPool':
      return [sumPool(work.geometry, a, b)];
    case 'sumPoolGrad':
      return [sumPoolGrad(work.geometry, a, b)];
    case 'take':
      return [take(work.planes, inputs[0], inputs[1] as Int32Array)];
    case 'scatterAdd':
      return [scatterAdd(work, a, inputs[1] as Int32Array)];
    case 'matmul':
      return [typed(matmul(work.shape, a, b), work.whole)];
    case 'fused':
      return [fused(work.loop, inputs)];
    case 'fusedMany':
      return work.exprs.map((expr) => fused({ ...work.loop, expr }, inputs));
    case 'truncate':
      return [truncate(a)];
    case 'copy':
      return [copy(work.view, inputs[0])];
    case 'copyAdd':
      return [copyAdd(work.views, inputs, work.size)];
    default:
      return work satisfies never;
  }
}

const typed = (sums: Float64Array, whole?: Whole): Values =>
  whole?.result === 'int32' ? new Int32Array(sums) : new Float32Array(sums);

/** The sums, and the formula that follows them as a loop of its own. */
function finishedConv(work: ConvWork, [a, w, ...more]: readonly Float32Array[]): Values {
  const kernel = work.op === 'conv' ? conv : convInputGrad;
  const sums = typed(kernel(work.geometry, a, w, work.bias ? more[0] : null), work.whole);
  const { formula, extras } = work.finish;
  if (!formula) return sums;
  const [n, c, ...space] = (work.op === 'conv' ? outputShape : inputShape)(work.geometry);
  const cells = space.reduce((size, axis) => size * axis, 1);
  const steps = { pixel: [c * cells, cells, 1], channel: [0, 1, 0] };
  const loop: FusedLoop = {
    expr: formula,
    shape: [n, c, cells],
    strides: [steps.pixel, ...extras.map((kind) => steps[kind])],
    reduced: [false, false, false],
    combine: 'sum',
  };
  return fused(loop, [sums, ...more.slice(work.bias ? 1 : 0)]);
}
